import { z } from 'zod';

/**
 * Messages between the keeper and a Master that it has started, over the IPC channel of Node's child processes (file
 * descriptor 3). The Master also inherits one bound TCP socket per pair (descriptor `listeningDescriptor(k)` for pair
 * k); it must not listen on them before `serve`. SIGTERM stops the Master; so does the end of the channel, because then
 * the keeper has exited.
 *
 *     Master: ready                 its pairs are up and accept trials on loopback
 *     keeper: serve                 listen on the inherited sockets, too
 *     Master: serving               they listen; the keeper now stops the earlier relay
 *     keeper: recover               the earlier relay has exited: announce `serving` to the control plane
 *
 * While two relays listen on one socket, either may receive the peer of a session. Therefore new sessions wait until the
 * earlier relay has exited. Each side ignores unknown messages: keeper and release may have different versions.
 */
export const keeperMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('serve') }),
  /**
   * End the halves and report the logs that other runs of the relay left in the session log, except those of the
   * instances that are still `running` (candidates). Sent again when one of these exits.
   */
  z.object({ type: z.literal('recover'), running: z.array(z.uuid()) }),
]);
export type KeeperMessage = z.infer<typeof keeperMessage>;

export const masterMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready'), version: z.string().max(64), protocol: z.int() }),
  z.object({ type: z.literal('serving') }),
  /** It had no sessions and no control plane for LIMITS.RELAY_ORPHAN_MS. */
  z.object({ type: z.literal('orphaned') }),
  /** It cannot start, or cannot serve; it exits. */
  z.object({ type: z.literal('failed'), detail: z.string().max(2_000) }),
]);
export type MasterMessage = z.infer<typeof masterMessage>;

/** Descriptor of the listening socket of pair `k`, counted from 0. */
export const listeningDescriptor = (k: number): number => 4 + k;
