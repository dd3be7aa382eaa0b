import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { ClientRequest } from 'node:http';
import { type Socket, connect } from 'node:net';
import { type Writable, addAbortSignal } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { LIMITS } from '../../protocol/limits';
import type { FirmwareAddress, HttpAddress } from '../configuration/device-address';
import { DeviceRefused, DeviceUnreachable } from './device-access';
import { checkLogin, deviceError, openRequest, readAnswer, responseTo } from './device-connection';
import type { HttpLogin } from './http-login';

/** Sends a file as the body of a `PUT` (RFC 9110 9.3.4). @throws DeviceUnreachable, DeviceRefused */
export async function sendHttp(
  address: HttpAddress,
  file: string,
  onSent: (bytes: number) => void,
  signal?: AbortSignal,
  options: { readonly login?: HttpLogin; readonly stallMs?: number } = {},
): Promise<void> {
  const { login, stallMs } = options;
  const { size } = await stat(file);
  const type = { 'content-type': 'application/octet-stream', 'content-length': size };
  const send = async (authorization?: string): Promise<void> => {
    // A device that asks for the login need not receive the file twice (RFC 9110 10.1.1).
    const expects = login !== undefined && authorization === undefined;
    const more = { ...(expects && { expect: '100-continue' }), ...(authorization !== undefined && { authorization }) };
    const request = await openRequest(address, { method: 'PUT', headers: { ...type, ...more } }, signal);
    request.on('socket', (socket) => giveUpStalled(socket, stallMs));
    try {
      const answered = responseTo(request);
      // A device may refuse before it has read the whole file.
      const write = async () => {
        if (!expects || (await mayContinue(request, answered))) await writeFile(file, request, onSent);
        return answered;
      };
      const response = await Promise.race([answered, write()]);
      checkLogin(response);
      const { statusCode = 0 } = response;
      if (statusCode < 200 || statusCode > 299) throw new DeviceRefused(`the device answered with HTTP ${statusCode}`);
      await readAnswer(response);
    } finally {
      request.destroy();
    }
  };
  try {
    await (login ? login.authenticate({ address, method: 'PUT' }, send) : send());
  } catch (error) {
    throw deviceError(error, signal);
  }
}

/** Whether the file is to be sent: the device asks for it, or does not answer the expectation. */
async function mayContinue(request: ClientRequest, answered: Promise<unknown>): Promise<boolean> {
  const done = new AbortController();
  const { signal } = done;
  request.flushHeaders();
  try {
    return await Promise.race([
      once(request, 'continue', { signal }).then(() => true),
      answered.then(() => false),
      delay(CONTINUE_MS, true, { signal }),
    ]);
  } finally {
    done.abort();
  }
}

/** Many devices ignore the expectation. */
const CONTINUE_MS = 2_000;
const CLOSED = ['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'];

/**
 * Sends a file unchanged to a raw port, then ends this side. A device sends no answer there; when it ends its side, it
 * has read everything.
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
      throw new DeviceRefused('the device closed the connection before it had read the whole file', { cause: error });
    });
    // Devices that restart immediately, or never end their side, have received the file all the same.
    await ended.catch(() => signal?.throwIfAborted());
  } catch (error) {
    throw deviceError(error, signal);
  } finally {
    socket.destroy();
  }
}

/** Writes the whole file with back-pressure and ends the stream. */
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

/** Destroys a connection without traffic in either direction for `stallMs`. */
export function giveUpStalled(socket: Socket, stallMs: number = LIMITS.FIRMWARE_STALL_MS): void {
  const why = `the device has read nothing for ${stallMs} ms`;
  socket.setTimeout(stallMs, () => socket.destroy(new DeviceUnreachable(why)));
}
