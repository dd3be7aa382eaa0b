import { z } from 'zod';
import { alert } from './alert';
import { device, session } from './api';
import { campaignReason, campaignState } from './campaign';
import { deployment } from './deployment';
import { job } from './maintenance';
import { notice } from './notice';
import { agentId, deviceId, instant } from './names';

/**
 * Live events for the console: WebSocket `GET /api/live`. It requires a login cookie and the server's own `Origin`.
 * The server sends one event per text frame; the client sends nothing. Missed events are not resent: the client reads
 * the REST API each time it has connected.
 */
export const LIVE_PATH = '/api/live';

const presence = { online: z.boolean(), asleep: z.boolean(), lastSeenAt: instant };
export const liveEvent = z.discriminatedUnion('type', [
  /** A session has changed; the event carries the complete session. */
  z.object({ type: z.literal('session'), session }),
  z.object({ type: z.literal('device'), id: deviceId, ...presence }),
  /** An agent has announced its devices; some may be new, changed or removed. */
  z.object({ type: z.literal('devices'), agentId }),
  /** Sent to administrators only. The devices that an agent has found have changed; read them again. */
  z.object({ type: z.literal('found-devices'), agentId }),
  /** Stored device information has changed. */
  z.object({ type: z.literal('information'), id: deviceId, condition: device.shape.condition }),
  /** The access conditions of a device, or its denials, were reported; read them again. */
  z.object({ type: z.literal('conditions'), id: deviceId }),
  /** A maintenance job has changed; the event carries the complete job. */
  z.object({ type: z.literal('job'), job }),
  /** A campaign, or one of its devices, has changed; read it again. Numbers depend on what the user sees. */
  z.object({
    type: z.literal('campaign'),
    id: z.uuid(),
    name: z.string(),
    state: campaignState,
    reason: campaignReason.nullable(),
    /** Whose access its jobs are started with. */
    userId: z.uuid(),
  }),
  /** An alert was raised, acknowledged or resolved, or its facts have changed; the event carries the complete alert. */
  z.object({ type: z.literal('alert'), alert }),
  /** Sent to its recipient only. */
  z.object({ type: z.literal('notice'), notice }),
  /** Sent to administrators only; carries the complete deployment. */
  z.object({ type: z.literal('deployment'), deployment }),
  /** Sent to administrators only. */
  z.object({ type: z.literal('agent'), id: agentId, ...presence }),
]);
export type LiveEvent = z.infer<typeof liveEvent>;

/** Why the server closed the WebSocket (RFC 6455 7.4.2, private use). */
export const LIVE_CLOSES = {
  'logged-out': { close: 4401, meaning: 'the login has ended, or the user was deactivated' },
  'access-changed': { close: 4403, meaning: 'what the user may see has changed; reconnect and read the REST API' },
  'too-slow': { close: 4408, meaning: 'the client did not read its events; reconnect and read the REST API' },
  'too-many-pings': { close: 4429, meaning: 'the client sent more pings than are permitted' },
  'not-expected': { close: 4400, meaning: 'the client sent a message, but none is expected' },
} as const;
export type LiveClose = keyof typeof LIVE_CLOSES;
