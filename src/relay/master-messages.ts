import { z } from 'zod';

/**
 * Between the keeper and a Master that it has started, over the IPC channel of Node's child processes (file descriptor
 * 3). Inherited besides: one bound TCP socket per pair, descriptor `listeningDescriptor(k)` for pair k, on which
 * a relay may not listen before `serve`. Stop is SIGTERM, or the end of the channel: then the keeper is gone.
 *
 *     Master: ready                 its pairs are up and can be tried on loopback
 *     keeper: serve                 they listen on the inherited sockets too
 *     Master: serving               they do; so does an earlier relay, which the keeper now stops
 *     keeper: recover               the earlier relay has exited: announce `serving` to the control plane
 *
 * As long as two relays listen on one socket, either may get the peer of a session; so there is no new one until the
 * earlier relay has gone. What either side does not know is left alone: keeper and release may be of different versions.
 */
export const keeperMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('serve') }),
  /**
   * End the halves, and report the logs, that other runs of the relay have left in the session log; all but those of
   * the instances that are still `running` (candidates), which do so themselves. Comes again when one of these exits.
   */
  z.object({ type: z.literal('recover'), running: z.array(z.uuid()) }),
]);
export type KeeperMessage = z.infer<typeof keeperMessage>;

export const masterMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready'), version: z.string().max(64), protocol: z.int() }),
  z.object({ type: z.literal('serving') }),
  /** It has carried nothing and reached no control plane for LIMITS.RELAY_ORPHAN_MS. */
  z.object({ type: z.literal('orphaned') }),
  /** It cannot start, or cannot serve; it exits. */
  z.object({ type: z.literal('failed'), detail: z.string().max(2_000) }),
]);
export type MasterMessage = z.infer<typeof masterMessage>;

/** Descriptor of the listening socket of pair `k`, counted from 0. */
export const listeningDescriptor = (k: number): number => 4 + k;
