import { z } from 'zod';
import { LIMITS } from './limits';
import { shownLine } from './shown-text';

/** A free label of where a relay is, such as `eu-west`. Two regions are the same if their labels are. */
export const region = shownLine(LIMITS.REGION_CHARACTERS).min(1);

/** Which relay carries the sessions with a site, or with a customer. */
export const relayPreference = z.object({
  region,
  /** Without a relay of this region that accepts sessions, a session fails. Otherwise another region serves. */
  only: z.boolean(),
});
export type RelayPreference = z.infer<typeof relayPreference>;

/** Why a relay was not considered for a session. */
export const RELAY_OBSTACLES = {
  'not-connected': 'It is not connected to this server.',
  silent: 'It is connected, but does not answer.',
  drained: 'An administrator has drained it.',
  deployment: 'It is being deployed.',
  full: 'It carries as many sessions as it may.',
  region: 'It is in another region.',
  failed: 'It could not take the session.',
  'failed-lately': 'It has just failed for a session.',
} as const;
export type RelayObstacle = keyof typeof RELAY_OBSTACLES;
export const relayObstacle = z.enum(Object.keys(RELAY_OBSTACLES) as [RelayObstacle, ...RelayObstacle[]]);

const load = { relayId: z.string(), sessions: z.int(), limit: z.int() };

/** Which relay a session got, and why. */
export const relayChoice = z.object({
  ...load,
  /** Of the relay, at that time. */
  region: z.string().nullable(),
  /** The region that the site, or its customer, prefers. */
  preferred: relayPreference.nullable(),
  /** The other relay of the two that were compared; null if no other one could serve. */
  comparedWith: z.object(load).nullable(),
  /** At most RELAYS_PASSED_OVER of the others, and why they were not considered. */
  passedOver: z.array(z.object({ relayId: z.string(), because: relayObstacle })),
});
export type RelayChoice = z.infer<typeof relayChoice>;
