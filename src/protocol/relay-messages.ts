import { z } from 'zod';
import { instant, secret } from './names';
import { endReason, ending } from './remote-session';
import { shownText } from './shown-text';

/**
 * The relay's WebSocket (`platen.relay.v1`): `/cloud-hub` for the device, `/web-agent` for the terminal.
 * Text frames are control messages in JSON. Binary frames carry the tunnel's byte stream, forwarded verbatim; their
 * boundaries have no meaning.
 *
 *   peer  -> relay   establish {sessionId, token}          first message, within LIMITS.RELAY_ESTABLISH_MS   S172 S204
 *   relay -> peer    established | refused + close         S180 S214
 *   relay -> peer    joined                                both halves are established: the tunnel may start
 *   relay -> peer    interrupted                           the device's connection carries nothing
 *   relay -> peer    restored                              it carries again
 *   peer  -> relay   terminate                             S262 S292
 *   relay -> peer    terminated + close 4000               S272 S299 S337
 *   relay -> peer    draining {returnAfterSeconds}         a deployment is imminent; end when convenient
 *   relay -> peer    resumed                               after draining: it was aborted, the session continues
 */
export const establish = z.object({
  type: z.literal('establish'),
  sessionId: secret,
  token: secret,
  /** Only a terminal that sets it receives `interrupted` and `restored`. */
  reportInterruptions: z.boolean().optional(),
});
export const terminateRequest = z.object({ type: z.literal('terminate') });
export const peerMessage = z.discriminatedUnion('type', [establish, terminateRequest]);
export type PeerMessage = z.infer<typeof peerMessage>;

/** Why the relay refuses a peer: stable code -> WebSocket close code (RFC 6455 7.4.2, private use) and its meaning. */
export const REFUSALS = {
  'bad-message': { close: 4400, meaning: 'the message is malformed, too large, or not expected here' },
  'unknown-session': { close: 4404, meaning: 'the session ID is unknown or no longer valid' },
  'wrong-side': { close: 4403, meaning: 'the session ID or the token belongs to the other half of the session' },
  'token-refused': { close: 4401, meaning: 'the token does not belong to this session' },
  'token-used': { close: 4409, meaning: 'the token has already been used; each token is for one connection' },
  'token-expired': { close: 4410, meaning: 'the permitted time is up' },
  'establish-timeout': { close: 4408, meaning: 'no establish message arrived in time' },
  'control-plane-unavailable': { close: 4503, meaning: 'the control plane is unavailable at the moment; try again' },
  draining: { close: 4504, meaning: 'the relay is about to be replaced; return after the time given' },
  'too-many-pings': { close: 4429, meaning: 'the peer sent more pings than are permitted' },
  overloaded: { close: 4529, meaning: 'the relay has reached its maximum number of connections' },
} as const;
export type Refusal = keyof typeof REFUSALS;
export const refusal = z.enum(Object.keys(REFUSALS) as [Refusal, ...Refusal[]]);

/** Close code after `terminated`: the half ended in order. */
export const CLOSE_TERMINATED = 4000;

export const relayMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('established'), remoteSessionId: z.uuid(), validUntil: instant }),
  z.object({ type: z.literal('refused'), code: refusal, detail: z.string().overwrite(shownText) }),
  z.object({ type: z.literal('joined') }),
  z.object({ type: z.literal('interrupted') }),
  z.object({ type: z.literal('restored') }),
  z.object({
    type: z.literal('terminated'),
    /** Why this half was ended. */
    reason: endReason,
    /** Why the session ended, if the control plane has reported it. */
    ending: ending.optional(),
    /** Tunnel bytes received from and sent to this peer. */
    bytesReceived: z.int().nonnegative(),
    bytesSent: z.int().nonnegative(),
  }),
  z.object({ type: z.literal('draining'), returnAfterSeconds: z.int().nonnegative() }),
  z.object({ type: z.literal('resumed') }),
]);
export type RelayMessage = z.infer<typeof relayMessage>;

export const RELAY_PATHS = { device: '/cloud-hub', terminal: '/web-agent' } as const;
