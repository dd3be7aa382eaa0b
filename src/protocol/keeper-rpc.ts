import { z } from 'zod';

/**
 * JSON-RPC 2.0 between the control plane and the keeper of a relay on the same host. The control plane dials a
 * WebSocket (subprotocol KEEPER_SUBPROTOCOL) over the Unix domain socket `<relay's data folder>/keeper.sock`.
 * The keeper holds the relay's ports and runs one relay on them. For a deployment it starts a second one, the
 * candidate.
 */
const pairs = z.int().min(1).max(64);
/** What to run: the script of a release and the number of pairs. */
export const relayRun = z.object({
  /** Absolute path of the release's script; null: the built-in release. */
  file: z.string().startsWith('/').max(4_096).nullable(),
  pairs,
});
export type RelayRun = z.infer<typeof relayRun>;

const running = relayRun.extend({
  instance: z.uuid(),
  /** Of the Master. */
  pid: z.int().positive(),
  /** `starting` until it has reported ready. */
  state: z.enum(['starting', 'ready', 'serving', 'stopping']),
  version: z.string().nullable(),
  /** Its PROTOCOL_VERSION; null until it has reported ready. */
  protocol: z.int().nullable(),
});
export const keeperStatus = z.object({
  /** null while the relay restarts. */
  serving: running.nullable(),
  /** The desired run: serving, or being restarted until it serves. */
  wanted: relayRun,
  candidate: running.nullable(),
  /** Restarts of the serving relay since it took over. */
  restarts: z.int().nonnegative(),
  /** How the last relay process exited, candidates included, and its last lines on standard error. */
  lastExit: z.object({ instance: z.uuid(), how: z.string(), lines: z.string() }).nullable(),
  /** Listening address of each pair, in order. */
  addresses: z.array(z.object({ host: z.string(), port: z.int() })),
});
export type KeeperStatus = z.infer<typeof keeperStatus>;

const method = <P, R>(m: { params: z.ZodType<P>; result: z.ZodType<R> }) => m;
const nothing = z.object({});

/** Requests of the control plane to the keeper. */
export const KEEPER_METHODS = {
  status: method({ params: nothing, result: keeperStatus }),
  /**
   * Starts a candidate (replacing an earlier one) and answers when its process runs; `status` reports its progress.
   * `port-in-use`: a port for an additional pair is not available.
   */
  try: method({
    params: relayRun,
    result: z.discriminatedUnion('outcome', [
      z.object({ outcome: z.literal('started'), instance: z.uuid() }),
      z.object({ outcome: z.literal('port-in-use'), detail: z.string() }),
    ]),
  }),
  /** Stops the candidate, even during its take-over while it does not serve yet. Answers before it has exited. */
  discard: method({ params: nothing, result: nothing }),
  /**
   * The candidate starts to listen, then the earlier relay stops in order. Answers immediately; `status` reports the
   * progress. The new desired run is stored first, so that a restarted keeper runs it. A candidate that does not serve
   * within LIMITS.DEPLOYMENT_TAKE_OVER_MS is stopped, and the earlier relay continues. `known: false`: no ready
   * candidate has this instance ID. A repeated request for the same instance is answered `known: true`.
   */
  'take-over': method({
    params: z.object({ instance: z.uuid() }),
    result: z.object({ known: z.boolean() }),
  }),
} as const;
export type KeeperMethods = typeof KEEPER_METHODS;

/** Keeper-specific JSON-RPC error codes. */
export const KEEPER_REFUSALS = {
  /** Of `take-over`: the desired run could not be stored; nothing was changed. */
  'not-stored': -32060,
} as const;
