import type { Duplex } from 'node:stream';
import type { Journal } from '../../journal/journal';
import { LIMITS } from '../../protocol/limits';
import type { RelayMessage } from '../../protocol/relay-messages';
import { HALVES, type Half } from '../../protocol/remote-session';
import { secretHash } from '../../tunnel/sha256';
import type { ResumeRequest } from './half-resumption';
import type { Pair, Place } from './pair';
import { PeerSocket } from './peer-socket';
import type { ServerWebSocket } from './websocket/server-web-socket';

/** Assigns new WebSockets to their sessions by session ID. */
export class PendingConnections {
  /** Peers that have not sent `establish` yet. */
  readonly #unestablished = new Set<PeerSocket>();
  #connections = 0;
  #draining: { returnAfterSeconds: number } | undefined;
  #stopped = false;

  constructor(
    private readonly pair: Pair,
    private readonly journal: Journal,
  ) {}

  /** @param stream the raw stream below the WebSocket. Never rejects. */
  async accept(side: Half, ws: ServerWebSocket, stream: Duplex, address: string): Promise<void> {
    this.#connections++;
    ws.on('close', () => this.#connections--);
    const peer = new PeerSocket(ws, stream, address);
    if (this.#stopped) return peer.refuse('draining');
    if (this.#connections > LIMITS.RELAY_CONNECTIONS) return peer.refuse('overloaded');
    this.#unestablished.add(peer);
    const request = await peer.firstMessage();
    this.#unestablished.delete(peer);
    if (!request) return;
    const place = this.pair.placeOf(secretHash(request.sessionId));
    if (!place) return peer.refuse('unknown-session');
    if (place.half !== side) return peer.refuse('wrong-side', `this is the ${side}'s path`);
    if (request.type === 'resume') return this.#resume(place, peer, request);
    if (this.#draining && !place.session.trial)
      return peer.refuse('draining', `return after ${this.#draining.returnAfterSeconds} seconds`);
    try {
      await this.pair.serve(place.session, side, peer, request.token);
    } catch (error) {
      const incident = this.journal.unexpected(error, 'serving a peer');
      peer.refuse('overloaded', `internal error ${incident}`);
    }
  }

  /** Also while the relay is draining: the session stands. */
  #resume({ session, half }: Place, peer: PeerSocket, request: ResumeRequest): void {
    const refusal = this.pair.resume(session, half, peer, request);
    if (refusal) return peer.refuse(refusal.code, refusal.detail);
    // What was sent over the WebSocket before may be lost.
    peer.send(this.#draining ? { type: 'draining', ...this.#draining } : { type: 'resumed' });
  }

  drain(draining: boolean, returnAfterSeconds: number): void {
    const wasDraining = this.#draining !== undefined;
    this.#draining = draining ? { returnAfterSeconds } : undefined;
    if (draining) this.#notifyPeers({ type: 'draining', returnAfterSeconds });
    else if (wasDraining) this.#notifyPeers({ type: 'resumed' });
  }

  /** Refuses every peer from now on. */
  stop(): void {
    this.#stopped = true;
    for (const peer of this.#unestablished) peer.refuse('draining');
  }

  #notifyPeers(message: RelayMessage): void {
    for (const { halves } of this.pair.sessions) for (const half of HALVES) halves[half].peer?.send(message);
  }
}
