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
import { readFirstMessage } from './first-message';
import type { Pair } from './pair';
import { PeerSocket } from './peer-socket';
import { RelayedSession } from './relayed-session';
import { hashOf, type SessionIds } from './session-ids';
import type { SessionLog } from './session-log';

/** JSON-RPC error code of a `connection-info` that is refused because the relay is about to be replaced. */
const DRAINING = -32050;

interface Place {
  readonly session: RelayedSession;
  readonly half: Half;
}

/** S63: makes the links, decides which pair serves each, and routes WebSockets to it by their session IDs. */
export class Master {
  readonly #pairOf = new Map<RelayedSession, Pair>();
  readonly #byLinkId = new Map<string, RelayedSession>();
  /** By the hash of a session ID: nothing that could be used to connect stays in memory. */
  readonly #places = new Map<string, Place>();
  readonly #hashesOf = new Map<RelayedSession, Record<Half, string>>();
  #draining: { returnAfterSeconds: number } | undefined;
  #connections = 0;

  constructor(
    private readonly sessionIds: SessionIds,
    private readonly sessionLog: SessionLog,
    private readonly makePair: (onOver: (session: RelayedSession) => void) => Pair,
    pairs: number,
    private readonly publicUrl: () => string,
    private readonly journal: Journal,
  ) {
    this.pairs = Array.from({ length: pairs }, () => makePair((session) => this.#forget(session)));
  }
  readonly pairs: readonly Pair[];

  get links(): number {
    return this.#byLinkId.size;
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
    this.#byLinkId.set(linkId, session);
    this.#hashesOf.set(session, hashes);
    for (const half of HALVES) this.#places.set(hashes[half], { session, half });
    const pair = this.pairs.reduce((least, each) => (each.size < least.size ? each : least));
    this.#pairOf.set(session, pair);
    pair.take(session);
    this.journal.step('S147', remoteSessionId);
    const at = (half: Half) => ({ sessionId: ids[half], url: this.publicUrl() + RELAY_PATHS[half] });
    return { linkId, device: at('device'), terminal: at('terminal') };
  }

  /** A WebSocket that has just been opened; `stream` is the raw stream below it. Never rejects. */
  async accept(side: Half, ws: WebSocket, stream: Duplex, address: string): Promise<void> {
    this.#connections++;
    ws.once('close', () => this.#connections--);
    ws.on('error', () => undefined); // `close` follows
    const first = await this.#firstMessage(ws, stream);
    const peer = new PeerSocket(ws, address);
    if (first.kind === 'closed') return;
    if (first.kind === 'refused') return peer.refuse(first.code, first.detail);
    const place = this.#places.get(hashOf(first.message.sessionId));
    if (!place) return peer.refuse('unknown-session');
    if (place.half !== side) return peer.refuse('wrong-side', `this is the ${side}'s path`);
    if (this.#draining) return peer.refuse('draining', `come back after ${this.#draining.returnAfterSeconds} seconds`);
    try {
      await this.#pairOf.get(place.session)?.serve(place.session, side, peer, first.message.token);
    } catch (error) {
      const incident = this.journal.unforeseen(error, 'serving a peer');
      peer.refuse('overloaded', `internal error ${incident}`);
    }
  }

  /** S331. @returns whether there is such a half that has not ended */
  endHalf(linkId: string, half: Half, cause: EndCause): boolean {
    const session = this.#byLinkId.get(linkId);
    if (!session || session.halves[half].state === 'ended') return false;
    this.#pairOf.get(session)?.end(session, half, cause);
    return true;
  }

  /** S312. */
  listSessions(): RelayedSessionWire[] {
    return [...this.#byLinkId.values()].map((session) => session.describe());
  }

  drain(draining: boolean, returnAfterSeconds: number): void {
    this.#draining = draining ? { returnAfterSeconds } : undefined;
    this.journal.info(draining ? 'draining' : 'not draining any more', { links: this.links });
    if (!draining) return;
    for (const session of this.#byLinkId.values())
      for (const half of HALVES) session.halves[half].peer?.send({ type: 'draining', returnAfterSeconds });
  }

  /** Takes nothing new and ends every half in order. */
  async endAll(reason: EndReason): Promise<void> {
    this.#draining ??= { returnAfterSeconds: 0 };
    await Promise.all(this.pairs.map((pair) => pair.endAll(reason)));
  }

  async #firstMessage(ws: WebSocket, stream: Duplex) {
    if (this.#connections <= LIMITS.RELAY_CONNECTIONS) return readFirstMessage(ws, stream);
    ws.pause();
    return { kind: 'refused', code: 'overloaded', detail: '' } as const;
  }

  #forget(session: RelayedSession): void {
    this.#byLinkId.delete(session.linkId);
    this.#pairOf.delete(session);
    const hashes = this.#hashesOf.get(session);
    this.#hashesOf.delete(session);
    for (const half of HALVES) if (hashes) this.#places.delete(hashes[half]);
  }
}
