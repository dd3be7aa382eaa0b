import { z } from 'zod';
import { authority, deviceId, instant, secret, spkiPin } from './names';
import { region } from './relay-choice';
import { endReason, ending, half, halfState } from './remote-session';
import { shownLine } from './shown-text';

/**
 * JSON-RPC 2.0 between a relay and the control plane, in both directions over one WebSocket that the relay dials:
 * `GET /internal/relay` with `Authorization: Bearer <relay ID>.<secret>`.
 *
 * A *link* is the relay's record of one remote session: two session IDs and their two halves.
 */
const linkId = z.uuid();
/** SHA-256 of a token, base64url: identifies the token without revealing it. */
export const tokenHash = secret;

/** One line of the relay's session log: the start or end of one half. The `id` makes repeated reports idempotent. */
export const halfLog = z.object({
  id: z.uuid(),
  linkId,
  half,
  at: instant,
  event: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('start'), peerAddress: shownLine(64) }),
    z.object({
      kind: z.literal('end'),
      reason: endReason,
      bytesReceived: z.int().nonnegative(),
      bytesSent: z.int().nonnegative(),
    }),
  ]),
  /** null if the half never presented its token. */
  tokenHash: tokenHash.nullable(),
});
export type HalfLog = z.infer<typeof halfLog>;

/** Tunnel bytes of one link so far. */
export const byteCounts = z.object({
  linkId,
  bytesFromDevice: z.int().nonnegative(),
  bytesFromTerminal: z.int().nonnegative(),
});
export type ByteCounts = z.infer<typeof byteCounts>;

export const relayStanding = z.enum(['candidate', 'serving']);
export type RelayStanding = z.infer<typeof relayStanding>;

/** What a relay reports about its load. The control plane does not rely on it: see `choose-relay.ts`. */
export const relayLoad = z.object({
  sessions: z.int().nonnegative().max(100_000),
  /** The most sessions that it takes. */
  limit: z.int().positive().max(100_000),
  /** Pairs that are running. */
  pairs: z.int().nonnegative().max(64),
  /** Tunnel bytes in both directions, since the last report. */
  bytesPerSecond: z.number().nonnegative().max(1e12),
  /** Of all processors of its machine, used by its processes since the last report. */
  cpuShare: z.number().min(0).max(1),
  /** Of all its processes. */
  residentBytes: z.int().nonnegative(),
});
export type RelayLoad = z.infer<typeof relayLoad>;

const method = <P, R>(m: { params: z.ZodType<P>; result: z.ZodType<R> }) => m;
const nothing = z.object({});

/** Requests of the relay to the control plane. */
export const CONTROL_PLANE_METHODS = {
  /** First request on every connection; identifies the relay. Repeated when a candidate starts to serve. */
  announce: method({
    params: z.object({
      version: shownLine(64),
      protocol: z.int(),
      pairs: z.int().positive(),
      /** Identifies the run: during a deployment, two runs share one relay ID. */
      instance: z.uuid(),
      /** A `candidate` accepts trials only, until it announces that it is `serving`. */
      standing: relayStanding,
      /** Pin of a self-signed certificate of the relay: peers need it. */
      pin: spkiPin.optional(),
      /** Set if a private authority signed its certificate, or that of its reverse proxy. */
      authority: authority.optional(),
      /** Where the relay is, if its settings say so. Missing in earlier releases. */
      region: region.optional(),
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
    /** `known: false`: the control plane has no such session, or another token. The log is acknowledged all the same. */
    result: z.object({ known: z.boolean() }),
  }),
  /** S264-S266, S293-S294. */
  'request-termination': method({ params: z.object({ linkId, half }), result: nothing }),
  /** The byte counts that have changed, so that they are known if the relay is killed. Missing in earlier releases. */
  'report-bytes': method({ params: z.object({ counts: z.array(byteCounts) }), result: nothing }),
  /** Every RELAY_LOAD_MS. Missing in earlier releases, which are counted by the control plane alone. */
  'report-load': method({ params: relayLoad, result: nothing }),
} as const;

/** One remote session, as the relay reports it. */
export const relayedSession = z.object({
  linkId,
  remoteSessionId: z.uuid(),
  /** Missing for a trial, and from relays of earlier releases. */
  deviceId: deviceId.optional(),
  device: halfState,
  terminal: halfState,
  bytesFromDevice: z.int().nonnegative(),
  bytesFromTerminal: z.int().nonnegative(),
  /** Time of the last byte in either direction. */
  lastActiveAt: instant,
});
export type RelayedSession = z.infer<typeof relayedSession>;

/** Requests of the control plane to the relay. */
export const RELAY_METHODS = {
  /** S145-S147: a new link with two new session IDs. A half that has not connected by `connectBefore` is ended. */
  'connection-info': method({
    params: z.object({
      remoteSessionId: z.uuid(),
      /** Missing for a trial. */
      deviceId: deviceId.optional(),
      connectBefore: instant,
      /**
       * A synthetic session that tests the relay; candidates and draining relays accept it, too. `local`: with loopback
       * addresses; `public`: with the addresses that peers dial.
       */
      trial: z.enum(['local', 'public']).optional(),
    }),
    result: z.object({
      linkId,
      device: z.object({ sessionId: secret, url: z.url() }),
      terminal: z.object({ sessionId: secret, url: z.url() }),
    }),
  }),
  /** S311-S312: the devices in session. */
  'list-sessions': method({
    params: z.object({
      /** The deployment whose device list is made; missing when the control plane only compares its records. */
      deploymentId: z.uuid().optional(),
    }),
    result: z.object({
      sessions: z.array(relayedSession),
      /** The pairs that did not answer in time: their sessions are as last reported. */
      silentPairs: z.array(z.int().positive()).optional(),
    }),
  }),
  /** S331: ends one half in order; `known: false`: the relay has no such open half. */
  'end-session': method({
    params: z.object({ linkId, half, ending }),
    result: z.object({ known: z.boolean() }),
  }),
  /** Refuses new links, or accepts them again, and notifies the peers. */
  drain: method({
    params: z.object({ draining: z.boolean(), returnAfterSeconds: z.int().nonnegative() }),
    result: nothing,
  }),
  health: method({
    params: nothing,
    result: z.object({
      version: shownLine(64),
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
