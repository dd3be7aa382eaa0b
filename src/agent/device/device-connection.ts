import { once } from 'node:events';
import { Agent, request, type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect, type TLSSocket } from 'node:tls';
import { LIMITS } from '../../protocol/limits';
import { spkiPinOf } from '../../tunnel/pinned-tls';
import { withTimeLimit } from '../../tunnel/time-limit';
import type { HttpAddress } from '../configuration/device-address';
import { tlsOptions } from '../configuration/weak-tls';
import { DeviceRefused, DeviceUnreachable, LoginRequired, OperationUnsupported } from './device-access';

/** One persistent connection to a device (RFC 9112 9.3), which is closed when it is idle for `DEVICE_IDLE_MS`. */
export class DeviceConnection extends Agent {
  constructor(private readonly address: HttpAddress) {
    super({ keepAlive: true, maxSockets: 1, timeout: LIMITS.DEVICE_IDLE_MS });
  }

  /** Whether a request to this address may use the connection. */
  isTo({ host, port, tls }: HttpAddress): boolean {
    return this.address.host === host && this.address.port === port && this.address.tls === tls;
  }

  override createConnection(
    options: object,
    created?: (error: Error | null, stream: Duplex) => void,
  ): Duplex | null | undefined {
    if (!this.address.tls) return super.createConnection(options, created);
    const failed = created as (error: unknown) => void;
    secureSocket(this.address).then((socket) => created?.(null, socket), failed);
    return undefined;
  }
}

/**
 * Opens a request to the device; nothing is sent yet.
 * @param connection carries it; without it, the request has a connection of its own
 * @throws DeviceUnreachable, DeviceRefused
 */
export async function openRequest(
  address: HttpAddress,
  options: Pick<RequestOptions, 'method' | 'headers'>,
  signal?: AbortSignal,
  connection?: DeviceConnection,
): Promise<ClientRequest> {
  const { host, port, path } = address;
  signal?.throwIfAborted(); // an aborted request emits its error before a listener can be attached
  if (connection) return request({ host, port, path, signal, ...options, agent: connection });
  const socket = address.tls ? await secureSocket(address, signal) : undefined;
  signal?.throwIfAborted(); // an aborted request emits its error before a listener can be attached
  return request({
    host,
    port,
    path,
    signal,
    ...options,
    // Node uses createConnection only if no agent is given.
    ...(socket ? { createConnection: () => socket } : { agent: false }),
  });
}

/** Resolves with the header of the answer. @throws DeviceRefused, or Node's error if the connection ends first */
export function responseTo(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.on('response', resolve);
    request.on('error', reject);
    request.on('upgrade', (_response, socket) => {
      socket.destroy();
      reject(new DeviceRefused('the device switched to another protocol', { problem: 'invalid-answer' }));
    });
    request.on('close', () => reject(new DeviceUnreachable('the device closed the connection')));
  });
}

/** @throws LoginRequired if the device asks for a login (RFC 9110 15.5.2) */
export function checkLogin({ statusCode, headers }: IncomingMessage): void {
  if (statusCode !== 401) return;
  const words = 'the device requires a login (HTTP 401): add "login" to the device in the configuration of the agent';
  throw new LoginRequired(words, headers['www-authenticate']);
}

/** Reads the body of the answer. @throws DeviceRefused if it is too large */
export async function readAnswer(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LIMITS.DEVICE_ANSWER_BYTES)
      throw new DeviceRefused(`the device answered with more than ${LIMITS.DEVICE_ANSWER_BYTES} bytes`, {
        problem: 'invalid-answer',
        mayAnswerLess: true,
      });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Converts an error to one of DeviceAccess; if the caller aborted, returns the reason of the abort. */
export function deviceError(error: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return signal.reason;
  const named = [DeviceRefused, DeviceUnreachable, OperationUnsupported];
  if (named.some((kind) => error instanceof kind)) return error;
  const { name, code = '', message } = error as NodeJS.ErrnoException;
  if (name === 'AbortError' || name === 'TimeoutError')
    return new DeviceUnreachable(`the device did not answer within ${LIMITS.DEVICE_ANSWER_MS} ms`, { cause: error });
  if (code.startsWith('HPE_')) return notHttp(error as NodeJS.ErrnoException & { rawPacket?: Buffer });
  return new DeviceUnreachable(`the device cannot be reached (${code || message})`, { cause: error });
}

/** First byte of a TLS alert (RFC 8446 5.1), with which a device answers HTTP where it takes TLS only. */
const TLS_ALERT = 0x15;

function notHttp(error: NodeJS.ErrnoException & { rawPacket?: Buffer }): DeviceRefused {
  if (error.rawPacket?.[0] === TLS_ALERT)
    return new DeviceRefused('the device takes TLS only at this port: use ipps or https', {
      problem: 'tls-failed',
      cause: error,
    });
  const message = `the device's answer is not HTTP (${error.code})`;
  return new DeviceRefused(message, { problem: 'invalid-answer', cause: error });
}

/** Verifies the key before anything is sent to the device. @throws DeviceRefused, or Node's error */
async function secureSocket(
  { host, port, certificate, weakTls }: HttpAddress,
  signal?: AbortSignal,
): Promise<TLSSocket> {
  const socket = connect({
    host,
    port,
    servername: isIP(host) ? '' : host,
    rejectUnauthorized: false,
    ...tlsOptions(weakTls),
  });
  socket.on('error', () => undefined); // destroyed while it was connecting
  try {
    await withTimeLimit(LIMITS.DEVICE_ANSWER_MS, signal, (until) => once(socket, 'secureConnect', { signal: until }));
    const presented = socket.getPeerX509Certificate();
    const pin = presented ? spkiPinOf(presented) : 'none';
    const right = certificate === undefined ? socket.authorized : certificate === 'any' || certificate === pin;
    if (right) return socket;
    throw new DeviceRefused(
      certificate === undefined
        ? `no trusted authority has signed the device's certificate; if the key ${pin} is right, pin it in the configuration`
        : `the device's key does not match the pin: ${pin}`,
      { problem: 'tls-failed' },
    );
  } catch (error) {
    socket.destroy();
    const { code = '', message } = error as NodeJS.ErrnoException;
    if (code !== 'EPROTO' && !code.startsWith('ERR_SSL_')) throw error;
    const reason = /([^:]+):[^:]*$/.exec(code === 'EPROTO' ? message : '')?.[1] ?? code;
    throw new DeviceRefused(`the device and the agent cannot agree on TLS (${reason.trim()})`, {
      problem: 'tls-failed',
      cause: error,
    });
  }
}
