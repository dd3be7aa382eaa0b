import type { WebSocket } from 'ws';
import { LIMITS } from '../../protocol/limits';
import { HALVES, type Half } from '../../protocol/remote-session';
import { FrameWatch } from './frame-watch';

export interface Counters {
  /** Tunnel bytes received from and sent to this peer. */
  received: number;
  sent: number;
}

const OTHER = { device: 'terminal', terminal: 'device' } as const satisfies Record<Half, Half>;
const RESUME_BELOW_BYTES = LIMITS.RELAY_QUEUE_BYTES / 4;

/**
 * The byte path of one link: forwards binary frames verbatim between two WebSockets (S231-S243), with back-pressure in
 * both directions. Until both are attached, it holds up to LIMITS.RELAY_JOIN_BYTES. After one is detached, it discards
 * the bytes of the other, so that its control messages can still be read.
 */
export class Link {
  readonly counters: Record<Half, Counters> = {
    device: { received: 0, sent: 0 },
    terminal: { received: 0, sent: 0 },
  };
  lastActiveAt = new Date();
  readonly #sockets: Partial<Record<Half, WebSocket>> = {};
  readonly #held: Record<Half, Buffer[]> = { device: [], terminal: [] };
  readonly #watches: Partial<Record<Half, FrameWatch>> = {
    terminal: FrameWatch.forRequest(),
    device: FrameWatch.forResponse(),
  };
  #heldBytes = 0;
  #broken = false;

  /** @param onFirst called when the first request (`terminal`) or response (`device`) is forwarded */
  constructor(private readonly onFirst: (from: Half) => void = () => undefined) {}

  get joined(): boolean {
    return !this.#broken && HALVES.every((half) => this.#sockets[half]);
  }

  attach(half: Half, ws: WebSocket): void {
    this.#sockets[half] = ws;
    ws.on('message', (data: Buffer, isBinary: boolean) => isBinary && this.#take(half, data));
    if (!this.joined) return;
    for (const from of HALVES) {
      for (const data of this.#held[from].splice(0)) this.#forward(from, data);
      resume(this.#sockets[from]);
    }
  }

  /** The half has ended; it cannot be attached again. */
  detach(half: Half): void {
    this.#broken = true;
    for (const each of HALVES) this.#held[each].length = 0;
    delete this.#sockets[half];
    resume(this.#sockets[OTHER[half]]);
  }

  #take(half: Half, data: Buffer): void {
    this.counters[half].received += data.length;
    this.lastActiveAt = new Date();
    if (this.#broken) return;
    if (this.joined) return this.#forward(half, data);
    this.#held[half].push(data);
    this.#heldBytes += data.length;
    if (this.#heldBytes > LIMITS.RELAY_JOIN_BYTES) this.#sockets[half]?.pause();
  }

  #forward(from: Half, data: Buffer): void {
    const source = this.#sockets[from];
    const target = this.#sockets[OTHER[from]];
    if (!source || !target || target.readyState !== target.OPEN) return;
    if (this.#watches[from]?.take(data)) {
      delete this.#watches[from];
      this.onFirst(from);
    }
    const counters = this.counters[OTHER[from]];
    counters.sent += data.length;
    if (target.bufferedAmount <= LIMITS.RELAY_QUEUE_BYTES) return target.send(data);
    // `ws` has no drain event. Send callbacks are costly, so only frames above the high-water mark get one.
    source.pause();
    target.send(data, () => {
      if (target.bufferedAmount <= RESUME_BELOW_BYTES || target.readyState !== target.OPEN) resume(source);
    });
  }
}

function resume(ws: WebSocket | undefined): void {
  if (ws?.isPaused) ws.resume();
}
