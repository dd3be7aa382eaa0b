import { LIMITS } from '../../protocol/limits';
import { HALVES, OTHER_HALF, type Half } from '../../protocol/remote-session';
import { FrameWatch } from './frame-watch';
import type { ServerWebSocket } from './websocket/server-web-socket';

export interface Counters {
  /** Tunnel bytes received from and sent to this peer. */
  received: number;
  sent: number;
}

/** Bytes for the other half: chunk[start, end). */
interface Held {
  readonly chunk: Buffer;
  readonly start: number;
  readonly end: number;
}

/** What a held chunk costs beside its bytes, so that many small ones are bounded, too. */
const CHUNK_BYTES = 512;

/** One direction of a link. */
class Direction {
  source: ServerWebSocket | undefined;
  /** Bytes from before both halves were attached. */
  held: Held[] = [];
  /** The other half's queue is full. */
  isHeldBack = false;
  /** The source is read nevertheless. */
  isReadAhead = false;
  /** The other half's queue when `readAhead` was called last, if it was full. */
  queued: number | undefined;
  /** Offset of the next bytes in the stream: after a renewal, some are sent again. */
  next = 0;
  /** Offset up to which the watch has seen it. */
  #watched = 0;

  constructor(public watch: FrameWatch | undefined) {}

  /** Counts these bytes. @returns those that the watch has not seen */
  unseen(chunk: Buffer, start: number, end: number): Buffer {
    const again = Math.max(0, this.#watched - this.next);
    this.next += end - start;
    this.#watched = Math.max(this.#watched, this.next);
    return chunk.subarray(Math.min(start + again, end), end);
  }
}

/**
 * The byte path of one link: forwards the bytes of two WebSockets to each other (S231-S243), with back-pressure in both
 * directions. Until both are attached, it holds up to LIMITS.RELAY_JOIN_BYTES. After one is detached, it discards the
 * bytes of the other, so that its control messages can still be read.
 */
export class Link {
  readonly counters: Record<Half, Counters> = {
    device: { received: 0, sent: 0 },
    terminal: { received: 0, sent: 0 },
  };
  /** Milliseconds since 1970. */
  lastActiveAt = Date.now();
  readonly #from: Record<Half, Direction> = {
    device: new Direction(FrameWatch.forResponse()),
    terminal: new Direction(FrameWatch.forRequest()),
  };
  #heldBytes = 0;
  #isJoined = false;
  #isBroken = false;

  /** @param onFirst called when the first request (`terminal`) or response (`device`) is forwarded */
  constructor(private readonly onFirst: (from: Half) => void = () => undefined) {}

  get joined(): boolean {
    return this.#isJoined && !this.#isBroken;
  }

  attach(half: Half, ws: ServerWebSocket): void {
    this.#listen(half, ws);
    if (this.#isBroken || !HALVES.every((each) => this.#from[each].source)) return;
    this.#isJoined = true;
    for (const from of HALVES) {
      const direction = this.#from[from];
      for (const { chunk, start, end } of direction.held.splice(0)) this.#forward(from, chunk, start, end);
      if (!direction.isHeldBack) resume(direction.source);
    }
  }

  /** The half continues over another WebSocket. What waits to be sent over the one before is lost. */
  replace(half: Half, ws: ServerWebSocket): void {
    const { source } = this.#from[half];
    for (const event of ['bytes', 'drain'] as const) source?.removeAllListeners(event);
    this.#listen(half, ws);
    this.#continue(OTHER_HALF[half]);
  }

  /** After a renewal: the next bytes from a half are those at this offset of what it has sent. */
  rewind(from: Half, offset: number): void {
    this.#from[from].next = offset;
  }

  /** The half has ended; it cannot be attached again. */
  detach(half: Half): void {
    this.#isBroken = true;
    for (const each of HALVES) this.#from[each].held.length = 0;
    this.#from[half].source = undefined;
    resume(this.#from[OTHER_HALF[half]].source);
  }

  /**
   * Called at intervals. If a half is held back and the other one has read nothing since the last call, up to
   * LIMITS.RELAY_READ_AHEAD_BYTES are read, because `terminate` may stand behind them.
   * @param most how many halves of this link may be read ahead
   * @returns how many are
   */
  readAhead(most: number): number {
    let count = 0;
    for (const from of HALVES) {
      const direction = this.#from[from];
      const queued = direction.isHeldBack ? this.#from[OTHER_HALF[from]].source?.bufferedAmount : undefined;
      if (!direction.isReadAhead && count < most && queued !== undefined && queued === direction.queued) {
        direction.isReadAhead = true;
        resume(direction.source);
      }
      direction.queued = queued;
      if (direction.isReadAhead) count++;
    }
    return count;
  }

  #listen(half: Half, ws: ServerWebSocket): void {
    this.#from[half].source = ws;
    ws.on('bytes', (chunk, start, end) => this.#take(half, chunk, start, end));
    ws.on('drain', () => this.#continue(OTHER_HALF[half]));
  }

  #take(half: Half, chunk: Buffer, start: number, end: number): void {
    this.counters[half].received += end - start;
    this.lastActiveAt = Date.now();
    if (this.#isBroken) return;
    if (this.#isJoined) return this.#forward(half, chunk, start, end);
    const direction = this.#from[half];
    direction.held.push({ chunk, start, end });
    this.#heldBytes += end - start + CHUNK_BYTES;
    if (this.#heldBytes > LIMITS.RELAY_JOIN_BYTES) direction.source?.pause();
  }

  #forward(from: Half, chunk: Buffer, start: number, end: number): void {
    const direction = this.#from[from];
    const target = this.#from[OTHER_HALF[from]].source;
    if (!direction.source || !target || target.readyState !== target.OPEN) return;
    if (direction.watch?.take(direction.unseen(chunk, start, end))) {
      direction.watch = undefined;
      this.onFirst(from);
    }
    this.counters[OTHER_HALF[from]].sent += end - start;
    if (target.forward(chunk, start, end)) return;
    direction.isHeldBack = true;
    const most = direction.isReadAhead ? LIMITS.RELAY_QUEUE_BYTES + LIMITS.RELAY_READ_AHEAD_BYTES : 0;
    if (target.bufferedAmount > most) direction.source.pause();
  }

  /** The other half's queue is empty. */
  #continue(from: Half): void {
    const direction = this.#from[from];
    direction.isHeldBack = direction.isReadAhead = false;
    resume(direction.source);
  }
}

function resume(ws: ServerWebSocket | undefined): void {
  if (ws?.isPaused) ws.resume();
}
