import { randomUUID } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Journal } from '../journal/journal';
import { LIMITS } from '../protocol/limits';
import { RELAY_PATHS } from '../protocol/relay-messages';
import type { Params, RelayMethods, RelayedSession as RelayedSessionWire, Result } from '../protocol/relay-rpc';
import { HALVES, type EndReason, type Half } from '../protocol/remote-session';
import { RpcRefused } from '../tunnel/json-rpc.errors';
import type { EndCause } from './half-ending';
import type { Pair } from './pair';
import { PeerSocket } from './peer-socket';
import { RelayedSession } from './relayed-session';
import { hashOf, type SessionIds } from './session-ids';
import type { SessionLog } from './session-log';

/** JSON-RPC error code of a `connection-info` that is refused because the relay is about to be replaced. */
const DRAINING = -32050;

/** A link, the pair that serves it, and the hashes of its session IDs. */
interface Entry {
  readonly session: RelayedSession;
  readonly pair: Pair;
  readonly hashes: Record<Half, string>;
}

/** S63: makes the links, decides which pair serves each, and routes WebSockets to it by their session IDs. */
export class Master {
  readonly #pairs: readonly Pair[];
  readonly #entries = new Map<string, Entry>();
  /** By the hash of a session ID: nothing that could be used to connect stays in memory. */
  readonly #places = new Map<string, { entry: Entry; half: Half }>();
  #draining: { returnAfterSeconds: number } | undefined;
  /** Peers that have not said yet who they are. */
  readonly #newcomers = new Set<PeerSocket>();
  #connections = 0;

  constructor(
    private readonly sessionIds: SessionIds,
    private readonly sessionLog: SessionLog,
    makePair: (onOver: (session: RelayedSession) => void) => Pair,
    pairs: number,
    private readonly publicUrl: () => string,
    private readonly journal: Journal,
  ) {
    this.#pairs = Array.from({ length: pairs }, () => makePair((session) => this.#forget(session.linkId)));
  }

  get pairs(): number {
    return this.#pairs.length;
  }

  get links(): number {
    return this.#entries.size;
  }

  /** S145-S147. */
  async connectionInfo({
    remoteSessionId,
    connectBefore,
  }: Params<RelayMethods, 'connection-info'>): Promise<Result<RelayMethods, 'connection-info'>> {
    if (this.#draining) throw new RpcRefused(DRAINING, 'the relay is draining');
    const linkId = randomUUID();
    const ids = { device: this.sessionIds.next(), terminal: this.sessionIds.next() };
    const hashes = { device: hashOf(ids.device), terminal: hashOf(ids.terminal) };
    this.journal.step('S146', remoteSessionId);
    await this.sessionLog.addLink({ linkId, remoteSessionId, connectBefore, sessionIdHashes: hashes });
    const session = new RelayedSession(linkId, remoteSessionId, new Date(connectBefore), this.journal);
    const pair = this.#pairs.reduce((least, each) => (each.size < least.size ? each : least));
    const entry: Entry = { session, pair, hashes };
    this.#entries.set(linkId, entry);
    for (const half of HALVES) this.#places.set(hashes[half], { entry, half });
    pair.take(session);
    this.journal.step('S147', remoteSessionId);
    const at = (half: Half) => ({ sessionId: ids[half], url: this.publicUrl() + RELAY_PATHS[half] });
    return { linkId, device: at('device'), terminal: at('terminal') };
  }

  /** A WebSocket that has just been opened; `stream` is the raw stream below it. Never rejects. */
  async accept(side: Half, ws: WebSocket, stream: Duplex, address: string): Promise<void> {
    this.#connections++;
    ws.once('close', () => this.#connections--);
    const peer = new PeerSocket(ws, stream, address);
    if (this.#connections > LIMITS.RELAY_CONNECTIONS) return peer.refuse('overloaded');
    this.#newcomers.add(peer);
    const request = await peer.establishRequest();
    this.#newcomers.delete(peer);
    if (!request) return;
    const place = this.#places.get(hashOf(request.sessionId));
    if (!place) return peer.refuse('unknown-session');
    if (place.half !== side) return peer.refuse('wrong-side', `this is the ${side}'s path`);
    if (this.#draining) return peer.refuse('draining', `come back after ${this.#draining.returnAfterSeconds} seconds`);
    try {
      await place.entry.pair.serve(place.entry.session, side, peer, request.token);
    } catch (error) {
      const incident = this.journal.unforeseen(error, 'serving a peer');
      peer.refuse('overloaded', `internal error ${incident}`);
    }
  }

  /** S331. @returns whether there is such a half that has not ended */
  endHalf(linkId: string, half: Half, cause: EndCause): boolean {
    const entry = this.#entries.get(linkId);
    if (!entry || entry.session.halves[half].state === 'ended') return false;
    entry.pair.end(entry.session, half, cause);
    return true;
  }

  /** S312. */
  listSessions(): RelayedSessionWire[] {
    return [...this.#entries.values()].map(({ session }) => session.describe());
  }

  drain(draining: boolean, returnAfterSeconds: number): void {
    this.#draining = draining ? { returnAfterSeconds } : undefined;
    this.journal.info(draining ? 'draining' : 'not draining any more', { links: this.links });
    if (!draining) return;
    for (const { session } of this.#entries.values())
      for (const half of HALVES) session.halves[half].peer?.send({ type: 'draining', returnAfterSeconds });
  }

  /** Takes nothing new and ends every half in order. */
  async endAll(reason: EndReason): Promise<void> {
    this.#draining ??= { returnAfterSeconds: 0 };
    for (const peer of this.#newcomers) peer.refuse('draining');
    await Promise.all(this.#pairs.map((pair) => pair.endAll(reason)));
  }

  #forget(linkId: string): void {
    const entry = this.#entries.get(linkId);
    this.#entries.delete(linkId);
    for (const half of HALVES) if (entry) this.#places.delete(entry.hashes[half]);
  }
}
