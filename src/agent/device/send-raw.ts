import { once } from 'node:events';
import { connect } from 'node:net';
import { addAbortSignal } from 'node:stream';
import { LIMITS } from '../../protocol/limits';
import { DeviceRefused } from './device-access';
import type { FirmwareAddress } from '../configuration/device-address';
import { deviceError } from './device-connection';
import { giveUpStalled, writeFile } from './firmware-stream';

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
