import { z } from 'zod';
import { instant, secret, spkiPin } from './names';
import { endReason, ending, half, halfState } from './remote-session';

/**
 * JSON-RPC 2.0 between a relay and the control plane, both ways over one WebSocket that the relay dials:
 * `GET /internal/relay` with `Authorization: Bearer <relay ID>.<secret>`.
 *
 * A *link* is the relay's name for one remote session: two session IDs, two halves, associated with each other.
 */
const linkId = z.uuid();
/** SHA-256 of a token, base64url: names the token without giving it away. */
export const tokenHash = secret;

/** One line of the relay's session log: start or end of one half. `id` makes a repeated report harmless. */
export const halfLog = z.object({
  id: z.uuid(),
  linkId,
  half,
  at: instant,
  event: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('start'), peerAddress: z.string().max(64) }),
    z.object({
      kind: z.literal('end'),
      reason: endReason,
      bytesReceived: z.int().nonnegative(),
      bytesSent: z.int().nonnegative(),
    }),
  ]),
  /** null where the half never showed its token. */
  tokenHash: tokenHash.nullable(),
});
export type HalfLog = z.infer<typeof halfLog>;

export const relayStanding = z.enum(['candidate', 'serving']);
export type RelayStanding = z.infer<typeof relayStanding>;

const method = <P, R>(m: { params: z.ZodType<P>; result: z.ZodType<R> }) => m;
const nothing = z.object({});

/** The relay asks, the control plane answers. */
export const CONTROL_PLANE_METHODS = {
  /** First call on every link: which relay this is. Called again when a candidate begins to serve. */
  announce: method({
    params: z.object({
      version: z.string().max(64),
      protocol: z.int(),
      pairs: z.int().positive(),
      /** Which run of the relay this is: during a deployment two of them have the same relay ID. */
      instance: z.uuid(),
      /** A `candidate` takes trials only, until it announces once more that it is `serving`. */
      standing: relayStanding,
      /** Pin of a self-signed certificate of the relay: peers need it. */
      pin: spkiPin.optional(),
    }),
    result: nothing,
  }),
  /** S173-S175, S206-S208. */
  authenticate: method({
    params: z.object({ linkId, half, token: secret }),
    result: z.discriminatedUnion('outcome', [
      z.object({ outcome: z.literal('permitted'), remoteSessionId: z.uuid(), validUntil: instant }),
      z.object({
        outcome: z.literal('refused'),
        code: z.enum(['unknown-session', 'wrong-side', 'token-refused', 'token-used', 'token-expired']),
      }),
    ]),
  }),
  /** S177-S179, S210-S212, S268-S270, S296-S298, S333-S335. Repeated until acknowledged. */
  'report-log': method({
    params: halfLog,
    /** `known: false`: the control plane has no such session; the log is taken all the same and need not come again. */
    result: z.object({ known: z.boolean() }),
  }),
  /** S264-S266, S293-S294. */
  'request-termination': method({ params: z.object({ linkId, half }), result: nothing }),
} as const;

/** One remote session as the relay sees it. */
export const relayedSession = z.object({
  linkId,
  remoteSessionId: z.uuid(),
  device: halfState,
  terminal: halfState,
  bytesFromDevice: z.int().nonnegative(),
  bytesFromTerminal: z.int().nonnegative(),
  /** Moment of the last byte either way. */
  lastActiveAt: instant,
});
export type RelayedSession = z.infer<typeof relayedSession>;

/** The control plane asks, the relay answers. */
export const RELAY_METHODS = {
  /** S145-S147: a new link with two fresh session IDs; a half that has not connected by then is ended. */
  'connection-info': method({
    params: z.object({
      remoteSessionId: z.uuid(),
      connectBefore: instant,
      /**
       * A synthetic session with which a relay proves itself, permitted to candidates and while draining. `local`: the
       * addresses are those of this machine's loopback, `public`: those that peers dial.
       */
      trial: z.enum(['local', 'public']).optional(),
    }),
    result: z.object({
      linkId,
      device: z.object({ sessionId: secret, url: z.url() }),
      terminal: z.object({ sessionId: secret, url: z.url() }),
    }),
  }),
  /** S311-S312. */
  'list-sessions': method({ params: nothing, result: z.object({ sessions: z.array(relayedSession) }) }),
  /** S331: end one half in order; `known: false` when the relay has no such open half. */
  'end-session': method({
    params: z.object({ linkId, half, ending }),
    result: z.object({ known: z.boolean() }),
  }),
  /** Take no new links (or take them again) and tell the peers. */
  drain: method({
    params: z.object({ draining: z.boolean(), returnAfterSeconds: z.int().nonnegative() }),
    result: nothing,
  }),
  health: method({
    params: nothing,
    result: z.object({
      version: z.string(),
      pairs: z.int(),
      links: z.int(),
      unacknowledgedLogs: z.int(),
      uptimeSeconds: z.number(),
      residentBytes: z.int(),
    }),
  }),
} as const;

type Methods = Record<string, { params: z.ZodType; result: z.ZodType }>;
export type Params<M extends Methods, K extends keyof M> = z.infer<M[K]['params']>;
export type Result<M extends Methods, K extends keyof M> = z.infer<M[K]['result']>;
export type ControlPlaneMethods = typeof CONTROL_PLANE_METHODS;
export type RelayMethods = typeof RELAY_METHODS;
