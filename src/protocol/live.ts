import { z } from 'zod';
import { device, session } from './api';
import { deployment } from './deployment';
import { job } from './maintenance';
import { notice } from './notice';
import { agentId, deviceId, instant } from './names';

/**
 * Live events: WebSocket `GET /api/live`, for the console. Permitted by the cookie of a login and an `Origin` of the
 * server itself. The server sends one event per text frame; the client sends nothing. What was missed while the
 * WebSocket was away is not sent again: the client asks the REST API afresh whenever it has connected.
 */
export const LIVE_PATH = '/api/live';

const presence = { online: z.boolean(), asleep: z.boolean(), lastSeenAt: instant };
export const liveEvent = z.discriminatedUnion('type', [
  /** Something about a session has changed; this is all of it. */
  z.object({ type: z.literal('session'), session }),
  z.object({ type: z.literal('device'), id: deviceId, ...presence }),
  /** An agent has announced its devices: some may be new, changed or gone. */
  z.object({ type: z.literal('devices'), agentId }),
  /** What is known of a device has changed: its condition, its information. */
  z.object({ type: z.literal('information'), id: deviceId, condition: device.shape.condition }),
  /** Something about a maintenance job has changed; this is all of it. */
  z.object({ type: z.literal('job'), job }),
  /** To the person it is for. */
  z.object({ type: z.literal('notice'), notice }),
  /** To administrators only: all of it. */
  z.object({ type: z.literal('deployment'), deployment }),
  /** To administrators only. */
  z.object({ type: z.literal('agent'), id: agentId, ...presence }),
]);
export type LiveEvent = z.infer<typeof liveEvent>;

/** Why the server closed the WebSocket (RFC 6455 7.4.2, private use). */
export const LIVE_CLOSES = {
  'logged-out': { close: 4401, meaning: 'the login has ended, or the user was deactivated' },
  'too-slow': { close: 4408, meaning: 'the client has not taken its events; connect again and ask afresh' },
  'not-expected': { close: 4400, meaning: 'the client has sent something' },
} as const;
export type LiveClose = keyof typeof LIVE_CLOSES;
