import { z } from 'zod';
import { instant, secret } from '../protocol/names';
import { CONTROL_PLANE_METHODS, halfLog, relayedSession } from '../protocol/relay-rpc';
import { endReason, ending, half } from '../protocol/remote-session';
import { STEPS, type Step } from '../protocol/steps';
import type { RpcPeer } from '../tunnel/json-rpc';

/**
 * JSON-RPC 2.0 between a Master and each of its pairs, over the IPC channel of Node's child processes. Both belong to
 * the same release. It carries control only: the bytes of a session stay within its pair.
 */
const linkId = z.uuid();
const nothing = z.object({});
const method = <P, R>(m: { params: z.ZodType<P>; result: z.ZodType<R> }) => m;
const address = z.object({ host: z.string(), port: z.int() });
export type PairAddress = z.infer<typeof address>;
const step = z.enum(Object.keys(STEPS) as [Step, ...Step[]]);

/** A link that is assigned to a pair; session IDs as hashes. */
export const placedLink = z.object({
  linkId,
  remoteSessionId: z.uuid(),
  connectBefore: instant,
  sessionIdHashes: z.object({ device: secret, terminal: secret }),
  /** Accepted while draining, too. */
  trial: z.boolean(),
});
export type PlacedLink = z.infer<typeof placedLink>;

/** Requests of a pair to its Master. */
export const MASTER_METHODS = {
  /** First request: the pair listens for trials on this loopback port. */
  ready: method({ params: z.object({ trialPort: z.int() }), result: nothing }),
  authenticate: CONTROL_PLANE_METHODS.authenticate,
  'request-termination': CONTROL_PLANE_METHODS['request-termination'],
  'report-bytes': CONTROL_PLANE_METHODS['report-bytes'],
  /** `stored: false`: the half already has another log of this kind, which is kept. May be repeated. */
  store: method({ params: halfLog, result: z.object({ stored: z.boolean() }) }),
  /**
   * Reports a stored log. Answered when it is acknowledged, or when the control plane is disconnected; the Master then
   * retries. May be repeated. `step`: the step to log when the report is first sent.
   */
  report: method({
    params: z.object({ log: halfLog, remoteSessionId: z.uuid(), step: step.optional() }),
    result: z.object({ acknowledged: z.boolean() }),
  }),
  /** Both halves have ended. */
  over: method({ params: z.object({ linkId }), result: nothing }),
} as const;
export type MasterMethods = typeof MASTER_METHODS;

/** Requests of a Master to its pair. */
export const PAIR_METHODS = {
  take: method({ params: placedLink, result: nothing }),
  /** A link that could not be stored; its session IDs are not known to anyone. */
  forget: method({ params: z.object({ linkId }), result: nothing }),
  'end-half': method({ params: z.object({ linkId, half, ending }), result: z.object({ known: z.boolean() }) }),
  list: method({ params: nothing, result: z.object({ sessions: z.array(relayedSession) }) }),
  health: method({
    params: nothing,
    result: z.object({ residentBytes: z.int().nonnegative(), cpuMicros: z.number().nonnegative() }),
  }),
  drain: method({
    params: z.object({ draining: z.boolean(), returnAfterSeconds: z.int().nonnegative() }),
    result: nothing,
  }),
  /** Listens for peers, too. */
  serve: method({ params: nothing, result: address }),
  /** Refuses new connections and ends every half. Answered when all have ended and their connections are closed. */
  stop: method({ params: z.object({ reason: endReason }), result: nothing }),
} as const;
export type PairMethods = typeof PAIR_METHODS;

/** The pair's connection to its Master. */
export type MasterPeer = RpcPeer<PairMethods, MasterMethods>;
/** The Master's connection to a pair. */
export type PairPeer = RpcPeer<MasterMethods, PairMethods>;

/** When all halves of a full pair end together, each may wait for an answer. */
export const PAIR_RPC = { openRequests: 10_000 };
