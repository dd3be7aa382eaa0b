import { z } from 'zod';
import { instant, secret } from '../protocol/names';
import { CONTROL_PLANE_METHODS, halfLog, relayedSession } from '../protocol/relay-rpc';
import { endReason, ending, half } from '../protocol/remote-session';
import { STEPS, type Step } from '../protocol/steps';
import type { RpcPeer } from '../tunnel/json-rpc';

/**
 * JSON-RPC 2.0 between a Master and each of its pairs, over the IPC channel of Node's child processes. Both come from
 * one release. Only control crosses it: the bytes of a session stay within the pair that serves it.
 */
const linkId = z.uuid();
const nothing = z.object({});
const method = <P, R>(m: { params: z.ZodType<P>; result: z.ZodType<R> }) => m;
const address = z.object({ host: z.string(), port: z.int() });
export type PairAddress = z.infer<typeof address>;
const step = z.enum(Object.keys(STEPS) as [Step, ...Step[]]);

/** A link that a pair is to serve; session IDs only as hashes. */
export const placedLink = z.object({
  linkId,
  remoteSessionId: z.uuid(),
  connectBefore: instant,
  sessionIdHashes: z.object({ device: secret, terminal: secret }),
  /** Served while draining, too. */
  trial: z.boolean(),
});
export type PlacedLink = z.infer<typeof placedLink>;

/** The pair asks, its Master answers. */
export const MASTER_METHODS = {
  /** First call: the pair listens on loopback, at this port, for trials. */
  ready: method({ params: z.object({ trialPort: z.int() }), result: nothing }),
  authenticate: CONTROL_PLANE_METHODS.authenticate,
  'request-termination': CONTROL_PLANE_METHODS['request-termination'],
  /** `stored: false`: the half has another such log already, which stands. Otherwise it is on disk. May be repeated. */
  store: method({ params: halfLog, result: z.object({ stored: z.boolean() }) }),
  /**
   * Reports a stored log. Answered when it is acknowledged, or as soon as the control plane is away: the Master
   * retries. May be repeated. `step` is the figure's name for the report, logged when it is first sent.
   */
  report: method({
    params: z.object({ log: halfLog, remoteSessionId: z.uuid(), step: step.optional() }),
    result: z.object({ acknowledged: z.boolean() }),
  }),
  /** Both halves have ended. */
  over: method({ params: z.object({ linkId }), result: nothing }),
} as const;
export type MasterMethods = typeof MASTER_METHODS;

/** The Master asks, its pair answers. */
export const PAIR_METHODS = {
  take: method({ params: placedLink, result: nothing }),
  'end-half': method({ params: z.object({ linkId, half, ending }), result: z.object({ known: z.boolean() }) }),
  list: method({ params: nothing, result: z.object({ sessions: z.array(relayedSession) }) }),
  health: method({ params: nothing, result: z.object({ residentBytes: z.int().nonnegative() }) }),
  drain: method({
    params: z.object({ draining: z.boolean(), returnAfterSeconds: z.int().nonnegative() }),
    result: nothing,
  }),
  /** Listens where peers dial, too. */
  serve: method({ params: nothing, result: address }),
  /** Takes nothing new, ends every half; answered when all have ended and their connections have closed. */
  stop: method({ params: z.object({ reason: endReason }), result: nothing }),
} as const;
export type PairMethods = typeof PAIR_METHODS;

/** The Master as its pair has it. */
export type MasterPeer = RpcPeer<PairMethods, MasterMethods>;
/** A pair as its Master has it. */
export type PairPeer = RpcPeer<MasterMethods, PairMethods>;

/** Each half of a full pair may wait for an answer when all end at a time. */
export const PAIR_RPC = { openRequests: 10_000 };
