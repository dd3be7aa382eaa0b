import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { type Socket, connect } from 'node:net';
import { type Writable, addAbortSignal } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { LIMITS } from '../../protocol/limits';
import type { FirmwareAddress, HttpAddress } from '../configuration/device-address';
import { DeviceRefused, DeviceUnreachable } from './device-access';
import { deviceError, openRequest, readAnswer, responseTo } from './device-connection';

/** A file as the body of a `PUT` (RFC 9110 9.3.4). @throws DeviceUnreachable, DeviceRefused */
export async function sendHttp(
  address: HttpAddress,
  file: string,
  onSent: (bytes: number) => void,
  signal?: AbortSignal,
  stallMs?: number,
): Promise<void> {
  const { size } = await stat(file);
  const headers = { 'content-type': 'application/octet-stream', 'content-length': size };
  try {
    const request = await openRequest(address, { method: 'PUT', headers }, signal);
    request.on('socket', (socket) => giveUpStalled(socket, stallMs));
    try {
      const answered = responseTo(request);
      // A device that refuses may say so before it has read all.
      const response = await Promise.race([answered, writeFile(file, request, onSent).then(() => answered)]);
      const { statusCode = 0 } = response;
      if (statusCode < 200 || statusCode > 299) throw new DeviceRefused(`the device answers with HTTP ${statusCode}`);
      await readAnswer(response);
    } finally {
      request.destroy();
    }
  } catch (error) {
    throw deviceError(error, signal);
  }
}

const CLOSED = ['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'];

/**
 * A file to a raw port: as it is, then the end of this side. A device answers nothing there; that it ends its own side is
 * the sign that it has taken all.
 * @throws DeviceUnreachable, DeviceRefused
 */
export async function sendRaw(
  { host, port }: Extract<FirmwareAddress, { kind: 'raw' }>,
  file: string,
  onSent: (bytes: number) => void,
  signal?: AbortSignal,
  stallMs?: number,
): Promise<void> {
  const socket = connect({ host, port, allowHalfOpen: true });
  socket.on('error', () => undefined);
  if (signal) addAbortSignal(signal, socket);
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(LIMITS.DEVICE_ANSWER_MS) });
    giveUpStalled(socket, stallMs);
    const ended = once(socket.resume(), 'end');
    ended.catch(() => undefined);
    await writeFile(file, socket, onSent).catch((error: NodeJS.ErrnoException) => {
      if (!CLOSED.includes(error.code ?? '')) throw error;
      throw new DeviceRefused('the device closes the connection before it has all of the file', { cause: error });
    });
    // Devices that restart at once, or never end their side, have nevertheless taken what they were sent.
    await ended.catch(() => signal?.throwIfAborted());
  } catch (error) {
    throw deviceError(error, signal);
  } finally {
    socket.destroy();
  }
}

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
