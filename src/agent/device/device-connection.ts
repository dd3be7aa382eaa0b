import { once } from 'node:events';
import { request, type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { LIMITS } from '../../protocol/limits';
import { spkiPinOf } from '../../tunnel/pinned-tls';
import type { HttpAddress } from '../configuration/device-address';
import { DeviceRefused, DeviceUnreachable, OperationUnsupported } from './device-access';

/** A request to the device, of which nothing has been sent yet. @throws DeviceUnreachable, DeviceRefused */
export async function openRequest(
  address: HttpAddress,
  options: Pick<RequestOptions, 'method' | 'headers'>,
  signal?: AbortSignal,
): Promise<ClientRequest> {
  const { host, port, path } = address;
  const socket = address.tls ? await secureSocket(address, signal) : undefined;
  signal?.throwIfAborted(); // a request that is born dead tells its error before anybody can listen
  return request({
    host,
    port,
    path,
    signal,
    ...options,
    // Node asks createConnection only where no agent is named.
    ...(socket ? { createConnection: () => socket } : { agent: false }),
  });
}

/** The head of the answer. @throws DeviceRefused, or node's error where the connection ends before it */
export function responseTo(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.on('response', resolve);
    request.on('error', reject);
    request.on('upgrade', (_response, socket) => {
      socket.destroy();
      reject(new DeviceRefused('the device changes to another protocol'));
    });
    request.on('close', () => reject(new DeviceUnreachable('the device closes the connection')));
  });
}

/** The body of the answer. @throws DeviceRefused when it is too large */
export async function readAnswer(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LIMITS.DEVICE_ANSWER_BYTES)
      throw new DeviceRefused(`the device answers with more than ${LIMITS.DEVICE_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** What went wrong, as one of the errors of DeviceAccess; the reason of a caller who no longer waits stays as it is. */
export function deviceError(error: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return signal.reason;
  const named = [DeviceRefused, DeviceUnreachable, OperationUnsupported];
  if (named.some((kind) => error instanceof kind)) return error;
  const { name, code = '', message } = error as NodeJS.ErrnoException;
  if (name === 'AbortError' || name === 'TimeoutError')
    return new DeviceUnreachable(`the device does not answer within ${LIMITS.DEVICE_ANSWER_MS} ms`, { cause: error });
  if (code.startsWith('HPE_'))
    return new DeviceRefused(`the device answers with something that is no HTTP (${code})`, { cause: error });
  return new DeviceUnreachable(`the device cannot be reached (${code || message})`, { cause: error });
}

/** Nothing is sent to a device whose key is not the right one. */
async function secureSocket({ host, port, certificate }: HttpAddress, signal?: AbortSignal): Promise<TLSSocket> {
  const socket = connect({ host, port, servername: isIP(host) ? '' : host, rejectUnauthorized: false });
  socket.on('error', () => undefined); // destroyed while it was connecting
  try {
    const inTime = AbortSignal.timeout(LIMITS.DEVICE_ANSWER_MS);
    await once(socket, 'secureConnect', { signal: signal ? AbortSignal.any([signal, inTime]) : inTime });
    const shown = socket.getPeerX509Certificate();
    const pin = shown ? spkiPinOf(shown) : 'none';
    const right = certificate === undefined ? socket.authorized : certificate === 'any' || certificate === pin;
    if (right) return socket;
    throw new DeviceRefused(
      certificate === undefined
        ? `no trusted authority has signed the device's certificate; if the key ${pin} is right, pin it as "certificate"`
        : `the device shows another key than the pinned one: ${pin}`,
    );
  } catch (error) {
    socket.destroy();
    throw error;
  }
}
