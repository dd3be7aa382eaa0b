import { z } from 'zod';
import { accessCondition, boxName, denial, newAccessCondition } from './access-conditions';
import { asker } from './asker';
import { LIMITS } from './limits';
import { applicationId, deviceId, instant } from './names';
import { grant } from './remote-session';

/**
 * Display interface: how an agent uses the display of a device for approval (Fig. 11) and access conditions. The device's
 * application serves it over HTTP to its agent alone, and the agent is the client. Both know a shared secret, sent as
 * `Authorization: Bearer`; outside loopback it is TLS. Version 1.
 *
 *   PUT  <base>/state             the agent sends the whole state; the display shows it
 *   GET  <base>/inputs?after=<n>  long poll: the inputs of the person at the device with a greater number, oldest first
 *
 * `after` acknowledges all inputs up to `n`. Numbers continue for as long as the device keeps unacknowledged inputs;
 * `run` changes when they start again from 1. What the person set or pressed has taken effect when the next state says so.
 */
export const displayState = z.object({
  deviceId,
  /** Name of the vendor's server that asks, as the agent knows it. */
  server: z.string().max(200),
  online: z.boolean(),
  /** Approval requests, oldest first. */
  asking: z.array(
    z.object({
      remoteSessionId: z.uuid(),
      asker,
      reason: z.string().max(LIMITS.REASON_CHARACTERS),
      applicationTitle: z.string().max(100),
      minutes: z.int().positive(),
      /** The application supports the grant `view`. */
      viewable: z.boolean(),
      /** Counted from receipt. */
      answerWithinSeconds: z.int().nonnegative(),
    }),
  ),
  live: z.array(
    z.object({ remoteSessionId: z.uuid(), asker, applicationTitle: z.string().max(100), grant: grant.nullable() }),
  ),
  conditions: z.array(accessCondition),
  /** What a condition can name. */
  applications: z.array(z.object({ id: applicationId, title: z.string().max(100) })),
  boxes: z.array(boxName),
  /** Everybody who has asked for this device lately, for the choice in a new condition. */
  askers: z.array(asker),
  /** Latest first. */
  denials: z.array(z.object({ at: instant, asker, what: z.string().max(200), reason: denial })),
  /** The last input that had no effect, and why. */
  refused: z.object({ input: z.int().positive(), text: z.string().max(200) }).nullable(),
});
export type DisplayState = z.infer<typeof displayState>;

export const displayInput = z.discriminatedUnion('do', [
  z.strictObject({
    do: z.literal('approve'),
    remoteSessionId: z.uuid(),
    grant,
    /** YES to further requests of the same asker for the same application during this time. */
    alsoForMinutes: z.int().positive().max(LIMITS.SESSION_MINUTES).optional(),
  }),
  z.strictObject({ do: z.literal('decline'), remoteSessionId: z.uuid() }),
  z.strictObject({ do: z.literal('end'), remoteSessionId: z.uuid() }),
  z.strictObject({ do: z.literal('set-condition'), condition: newAccessCondition }),
  z.strictObject({ do: z.literal('revoke-condition'), id: z.uuid() }),
]);
export type DisplayInput = z.infer<typeof displayInput>;

export const displayInputs = z.object({
  run: z.uuid(),
  inputs: z.array(z.object({ number: z.int().positive(), input: displayInput })).max(LIMITS.DISPLAY_INPUTS),
});
export type DisplayInputs = z.infer<typeof displayInputs>;
