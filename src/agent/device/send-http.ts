import { stat } from 'node:fs/promises';
import { DeviceRefused } from './device-access';
import type { HttpAddress } from '../configuration/device-address';
import { deviceError, openRequest, readAnswer, responseTo } from './device-connection';
import { giveUpStalled, writeFile } from './firmware-stream';

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
