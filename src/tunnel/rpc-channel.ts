import type { ChildProcess } from 'node:child_process';
import type WebSocket from 'ws';
import type { Journal } from '../journal/journal';
import { LIMITS } from '../protocol/limits';
import { parseJson } from '../protocol/parse-json';
import { watchHeartbeat } from './heartbeat';

/** Carries the messages of an RpcPeer: JSON values, in order, in both directions, until it closes. */
export interface RpcChannel {
  readonly isOpen: boolean;
  /** Never rejects. */
  readonly closed: Promise<void>;
  /** Call it once. The listener receives unvalidated values. */
  onMessage(listener: (message: unknown) => void): void;
  /** Drops the message if the channel has closed. */
  send(message: object): void;
  /** @param code WebSocket close code (RFC 6455 7.4.1); other channels ignore it */
  close(code: number, reason: string): void;
}

/** A peer with a longer send queue has stopped reading; it is disconnected. */
const QUEUED_BYTES = 16 * LIMITS.RELAY_RPC_BYTES;

/** Text frames, one message each. Pings detect half-open peers; binary and oversized frames close it. */
export class WebSocketChannel implements RpcChannel {
  readonly closed: Promise<void>;

  constructor(
    private readonly ws: WebSocket,
    private readonly journal: Journal,
  ) {
    this.closed = new Promise((resolve) => ws.once('close', () => resolve()));
    ws.on('error', (error) => journal.debug('the RPC connection failed', { detail: error.message }));
    watchHeartbeat(ws, LIMITS.RELAY_PING_INTERVAL_MS, () => ws.terminate());
  }

  get isOpen(): boolean {
    return this.ws.readyState === this.ws.OPEN;
  }

  onMessage(listener: (message: unknown) => void): void {
    this.ws.on('message', (data: Buffer, isBinary: boolean) => {
      if (isBinary) return this.close(1003, 'text frames only');
      if (data.length > LIMITS.RELAY_RPC_BYTES) return this.close(1009, 'message too large');
      listener(parseJson(data.toString()));
    });
  }

  send(message: object): void {
    if (!this.isOpen) return;
    if (this.ws.bufferedAmount > QUEUED_BYTES) return this.ws.terminate();
    this.ws.send(JSON.stringify(message));
  }

  /** With a closing handshake; cut after LIMITS.RELAY_CLOSE_MS. */
  close(code: number, reason: string): void {
    if (reason) this.journal.warn('the RPC connection is closed', { closeCode: code, detail: reason });
    this.ws.close(code, reason);
    const force = setTimeout(() => this.ws.terminate(), LIMITS.RELAY_CLOSE_MS);
    void this.closed.then(() => clearTimeout(force));
  }
}

/** Either end of the IPC channel between a Node process and its child. */
export class ProcessChannel implements RpcChannel {
  readonly closed: Promise<void>;

  constructor(private readonly end: ChildProcess | NodeJS.Process) {
    this.closed = new Promise((resolve) => (this.isOpen ? end.once('disconnect', resolve) : resolve()));
  }

  get isOpen(): boolean {
    return this.end.connected;
  }

  onMessage(listener: (message: unknown) => void): void {
    this.end.on('message', listener);
  }

  send(message: object): void {
    if (this.isOpen) this.end.send!(message, undefined, undefined, () => undefined);
  }

  close(): void {
    if (this.isOpen) this.end.disconnect();
  }
}
