import { createReadStream } from 'node:fs';
import type { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { LIMITS } from '../../protocol/limits';
import { DeviceUnreachable } from './device-access';

/** Writes the whole file and ends; no faster than the device takes it. */
export async function writeFile(file: string, into: Writable, onSent: (bytes: number) => void): Promise<void> {
  let sent = 0;
  const counted = async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      yield chunk;
      onSent((sent += chunk.length));
    }
  };
  await pipeline(createReadStream(file), counted, into);
}

/** A device that has taken nothing for a while, nor said anything, is given up. */
export function giveUpStalled(socket: Socket, stallMs: number = LIMITS.FIRMWARE_STALL_MS): void {
  const why = `the device has taken nothing for ${stallMs} ms`;
  socket.setTimeout(stallMs, () => socket.destroy(new DeviceUnreachable(why)));
}
