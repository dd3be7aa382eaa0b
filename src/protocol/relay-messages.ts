import { z } from 'zod';
import { oneOf } from './later-names';
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
 *   peer  -> relay -> other peer   acknowledge {received}  the bytes up to this offset have arrived
 *   relay -> peer    interrupted                           the device's connection carries nothing
 *   relay -> peer    restored                              it carries again
 *   peer  -> relay   terminate                             S262 S292
 *   relay -> peer    terminated + close 4000               S272 S299 S337
 *   relay -> peer    draining {returnAfterSeconds}         a deployment is imminent; end when convenient
 *   relay -> peer    resumed                               after draining: it was aborted, the session continues
 *
 * A half whose WebSocket carries nothing resumes over another one:
 *
 *   peer  -> relay   resume {sessionId, secret, attempt}   first message
 *   relay -> peers   renewed {renewal} | refused + close   to both: the other WebSocket is the half's from now on
 *   peer  -> relay -> other peer   continue {renewal, received}   after it, bytes follow from the offset that the other
 *                                                          half has sent in its own `continue`
 */
export const establish = z.object({
  type: z.literal('establish'),
  sessionId: secret,
  token: secret,
  /** Only a terminal that sets it receives `interrupted` and `restored`. */
  reportInterruptions: z.boolean().optional(),
  /** Whether this half can resume, and keeps what the other one has not acknowledged. */
  resumable: z.boolean().optional(),
});
export const resume = z.object({
  type: z.literal('resume'),
  sessionId: secret,
  /** From `joined`. */
  secret,
  /** Higher than in any `resume` of this half before it, so that one that arrives late has no effect. */
  attempt: z.int().positive(),
});
export const terminateRequest = z.object({ type: z.literal('terminate') });
/** Bytes of the other half that have arrived, counted from the first of the session. */
const received = z.int().nonnegative();
/** The relay forwards these two to the other half, at their place between its bytes. */
export const endToEndMessages = [
  z.object({ type: z.literal('acknowledge'), received }),
  z.object({ type: z.literal('continue'), renewal: z.int().positive(), received }),
] as const;
export const peerMessage = z.discriminatedUnion('type', [establish, resume, terminateRequest, ...endToEndMessages]);
export type PeerMessage = z.infer<typeof peerMessage>;
export type EndToEndMessage = z.infer<(typeof endToEndMessages)[number]>;

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
  'resume-refused': { close: 4411, meaning: 'this half cannot be resumed, or not with this secret' },
  'too-many-pings': { close: 4429, meaning: 'the peer sent more pings than are permitted' },
  overloaded: { close: 4529, meaning: 'the relay has reached its maximum number of connections' },
} as const;
export type Refusal = keyof typeof REFUSALS;
export const refusal = z.enum(Object.keys(REFUSALS) as [Refusal, ...Refusal[]]);

/** Close code after `terminated`: the half ended in order. */
export const CLOSE_TERMINATED = 4000;

export const relayMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('established'), remoteSessionId: z.uuid(), validUntil: instant }),
  z.object({
    type: z.literal('refused'),
    code: oneOf(refusal, 'bad-message'),
    detail: z.string().overwrite(shownText),
  }),
  z.object({
    type: z.literal('joined'),
    /** Only if both halves are resumable. */
    resumeSecret: secret.optional(),
  }),
  ...endToEndMessages,
  z.object({
    type: z.literal('renewed'),
    /** How many times a half of this session has resumed. */
    renewal: z.int().positive(),
  }),
  z.object({ type: z.literal('interrupted') }),
  z.object({ type: z.literal('restored') }),
  z.object({
    type: z.literal('terminated'),
    /** Why this half was ended. */
    reason: oneOf(endReason, 'control-plane'),
    /** Why the session ended, if the control plane has reported it. */
    ending: ending.optional().catch(undefined),
    /** Tunnel bytes received from and sent to this peer. */
    bytesReceived: z.int().nonnegative(),
    bytesSent: z.int().nonnegative(),
  }),
  z.object({ type: z.literal('draining'), returnAfterSeconds: z.int().nonnegative() }),
  z.object({ type: z.literal('resumed') }),
]);
export type RelayMessage = z.infer<typeof relayMessage>;

export const RELAY_PATHS = { device: '/cloud-hub', terminal: '/web-agent' } as const;
