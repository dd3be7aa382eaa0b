import type { Writable } from 'node:stream';
import WebSocket from 'ws';
import { FrameReader } from '../../../src/tunnel/websocket/frame-reader';

/** Whose frames are read. */
export type Peer = 'client' | 'server';
/** What one end reads from the other one's bytes. */
export interface Reading {
  /** Content of the binary messages. */
  bytes: Buffer;
  /** Texts, pings, pongs and the close, in their order among the bytes: each with how many bytes came before it. */
  events: string[];
  /** The close code for a violation. */
  violation: number | undefined;
}

/** Of one message, text or binary. */
export const MESSAGE_BYTES = 20_000;

/** Read by Platen: from copies, because it overwrites what it reads. */
export function readByPlaten(chunks: Iterable<Buffer>, peer: Peer): Reading {
  const parts: Buffer[] = [];
  const reading: Reading = { bytes: Buffer.alloc(0), events: [], violation: undefined };
  let count = 0;
  const event = (text: string) => void reading.events.push(`${count} ${text}`);
  const reader = new FrameReader(
    {
      onBytes: (chunk, start, end) => {
        count += end - start;
        parts.push(chunk.subarray(start, end));
        // They belong to the listener: they may be overwritten with a header.
        if (start >= 4) chunk.fill(0xee, start - 4, start);
      },
      onText: (text) => event(`text ${text?.toString('latin1')}`),
      onPing: (payload) => event(`ping ${payload.toString('latin1')}`),
      onPong: () => event('pong'),
      onClose: (code, reason) => event(`close ${code} ${reason.toString()}`),
    },
    { messageBytes: MESSAGE_BYTES, textBytes: MESSAGE_BYTES },
    peer,
  );
  for (const chunk of chunks) reading.violation = reader.read(Buffer.from(chunk));
  reading.bytes = Buffer.concat(parts);
  return reading;
}

type ReceiverOptions = Record<'isServer' | 'allowSynchronousEvents', boolean> & { maxPayload: number };
const { Receiver } = WebSocket as unknown as { Receiver: new (options: ReceiverOptions) => Writable };
const closeCode = (error: object): number => {
  const symbol = Object.getOwnPropertySymbols(error).find(({ description }) => description === 'status-code');
  return (error as Record<symbol, number>)[symbol!]!;
};

/** Read by `ws`, which delivers only complete messages. */
export function readByWs(chunks: Iterable<Buffer>, peer: Peer): Reading {
  const parts: Buffer[] = [];
  const reading: Reading = { bytes: Buffer.alloc(0), events: [], violation: undefined };
  let [count, isOver] = [0, false];
  const event = (text: string) => void reading.events.push(`${count} ${text}`);
  const receiver = new Receiver({
    isServer: peer === 'client',
    allowSynchronousEvents: true,
    maxPayload: MESSAGE_BYTES,
  });
  receiver.on('message', (data: Buffer, isBinary: boolean) => {
    if (!isBinary) return event(`text ${data.toString('latin1')}`);
    count += data.length;
    parts.push(data);
  });
  receiver.on('ping', (payload: Buffer) => event(`ping ${payload.toString('latin1')}`));
  receiver.on('pong', () => event('pong'));
  receiver.on('conclude', (code: number, reason: Buffer) => {
    isOver = true;
    event(`close ${code} ${reason.toString()}`);
  });
  for (const chunk of chunks) {
    if (isOver) break;
    // `_write` in place of `write`: its errors come at once.
    receiver._write(Buffer.from(chunk), 'buffer' as BufferEncoding, (error) => {
      if (!error) return;
      isOver = true;
      reading.violation = closeCode(error);
    });
  }
  reading.bytes = Buffer.concat(parts);
  return reading;
}

/** Pieces of the given lengths, which are repeated; the last one is what is left. */
export function cut(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = Math.max(1, lengths[pieces.length % lengths.length]!);
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  return pieces;
}
