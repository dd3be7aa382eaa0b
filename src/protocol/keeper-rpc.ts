import { z } from 'zod';

/**
 * JSON-RPC 2.0 between the control plane and the keeper of the relay on its own machine: a WebSocket (subprotocol
 * KEEPER_SUBPROTOCOL) over the Unix domain socket `<relay's data folder>/keeper.sock`, dialled by the control plane.
 * The keeper holds the relay's ports and runs one relay on them; for a deployment it starts a second one, the
 * candidate, beside it.
 */
const pairs = z.int().min(1).max(64);
/** What to run: the script of a release and the number of pairs. */
export const relayRun = z.object({
  /** Absolute path of the release's script; null: the one this keeper was installed with. */
  file: z.string().startsWith('/').max(4_096).nullable(),
  pairs,
});
export type RelayRun = z.infer<typeof relayRun>;

const running = relayRun.extend({
  instance: z.uuid(),
  /** Its Master's. */
  pid: z.int().positive(),
  /** `starting` until it has reported ready. */
  state: z.enum(['starting', 'ready', 'serving', 'stopping']),
  version: z.string().nullable(),
  /** PROTOCOL_VERSION it speaks, once it has reported ready. */
  protocol: z.int().nullable(),
});
export const keeperStatus = z.object({
  /** null while it is being started again. */
  serving: running.nullable(),
  /** What serves, or is started again and again because it should. */
  wanted: relayRun,
  candidate: running.nullable(),
  /** How often the relay that serves had to be started again since it took over. */
  restarts: z.int().nonnegative(),
  /** How the last of them, or the last candidate, exited (discarded or not); its last lines on standard error. */
  lastExit: z.object({ instance: z.uuid(), how: z.string(), lines: z.string() }).nullable(),
  /** Where each pair listens, in order. */
  addresses: z.array(z.object({ host: z.string(), port: z.int() })),
});
export type KeeperStatus = z.infer<typeof keeperStatus>;

const method = <P, R>(m: { params: z.ZodType<P>; result: z.ZodType<R> }) => m;
const nothing = z.object({});

/** The control plane asks, the keeper answers. */
export const KEEPER_METHODS = {
  status: method({ params: nothing, result: keeperStatus }),
  /**
   * Starts a candidate (in place of an earlier one); answers when its process runs. `status` tells how it gets on.
   * `port-in-use`: a port for another pair cannot be had.
   */
  try: method({
    params: relayRun,
    result: z.discriminatedUnion('outcome', [
      z.object({ outcome: z.literal('started'), instance: z.uuid() }),
      z.object({ outcome: z.literal('port-in-use'), detail: z.string() }),
    ]),
  }),
  /** Ends the candidate, also one that was instructed to take over and does not serve yet. Answers before it has exited. */
  discard: method({ params: nothing, result: nothing }),
  /**
   * The candidate begins to listen, then the earlier relay stops in order; answers at once, `status` tells how it gets
   * on. What is `wanted` afterwards is on disk first, so that a keeper started again runs the same. A candidate that
   * does not serve within LIMITS.DEPLOYMENT_TAKE_OVER_MS is ended, and nothing has changed. `known: false`: there is no
   * candidate of that instance, or it is not ready. Asked again for the same instance, it is known.
   */
  'take-over': method({
    params: z.object({ instance: z.uuid() }),
    result: z.object({ known: z.boolean() }),
  }),
} as const;
export type KeeperMethods = typeof KEEPER_METHODS;

/** JSON-RPC error codes of the keeper's own. */
export const KEEPER_REFUSALS = {
  /** To `take-over`: what is wanted could not be written to disk; nothing has changed. */
  'not-stored': -32060,
} as const;
