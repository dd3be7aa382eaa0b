import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { z } from 'zod';
import { LIMITS } from '../protocol/limits';
import type { establish } from '../protocol/relay-messages';
import { readPeerMessage } from './peer-socket';

/** Frame headers, pings and the like that may come with the first message. */
const OVERHEAD_BYTES = 256;

export type FirstMessage =
  | { kind: 'establish'; message: z.infer<typeof establish> }
  | { kind: 'refused'; code: 'bad-message' | 'establish-timeout'; detail: string }
  | { kind: 'closed' };

/**
 * Waits for the first message of a peer that nobody knows yet: LIMITS.RELAY_ESTABLISH_MS and _BYTES.
 * The bytes are counted on the raw stream, because a frame that is not complete yet takes memory too.
 */
export function readFirstMessage(ws: WebSocket, stream: Duplex): Promise<FirstMessage> {
  return new Promise((resolve) => {
    let bytes = 0;
    const settle = (result: FirstMessage) => {
      clearTimeout(deadline);
      stream.off('data', onData);
      ws.off('message', onMessage);
      ws.off('close', onClose);
      // Nothing more is read from a refused peer, whatever it goes on sending.
      if (result.kind === 'refused') ws.pause();
      resolve(result);
    };
    const refuse = (code: 'bad-message' | 'establish-timeout', detail: string) =>
      settle({ kind: 'refused', code, detail });
    const onData = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > LIMITS.RELAY_ESTABLISH_BYTES + OVERHEAD_BYTES)
        refuse('bad-message', 'the first message is too large');
    };
    const onMessage = (data: Buffer, isBinary: boolean) => {
      const message = isBinary ? undefined : readPeerMessage(data, LIMITS.RELAY_ESTABLISH_BYTES);
      if (message?.type === 'establish') settle({ kind: 'establish', message });
      else refuse('bad-message', 'the first message must be `establish`');
    };
    const onClose = () => settle({ kind: 'closed' });
    const deadline = setTimeout(() => refuse('establish-timeout', ''), LIMITS.RELAY_ESTABLISH_MS);
    stream.on('data', onData);
    ws.on('message', onMessage);
    ws.on('close', onClose);
  });
}
