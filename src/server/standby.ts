import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { once } from 'node:events';
import type { Settings } from './config/config.module';
import { LIMITS } from '../protocol/limits';
import { sha256Hex } from '../tunnel/sha256';
import { DatabaseLock } from './database/database-lock';

/** Hexadecimal digits of a fingerprint. */
const DIGITS = 16;

/**
 * Waits until this server may use its database. A standby meanwhile answers `/healthz`, and everything else with 503, so
 * that a load balancer sends requests to the active server.
 * @returns undefined for SQLite, which is in the data folder and locked with it
 * @throws DatabaseInUse, StandbyUnusable; the error of `listen` when the port is in use; an error of the database
 */
export async function lockDatabase(settings: Settings): Promise<DatabaseLock | undefined> {
  const { config, journal } = settings;
  if (config.database.type !== 'postgres') return undefined;
  const { url } = config.database;
  const answering = config.standby ? await answerOnStandby(settings) : undefined;
  try {
    return await DatabaseLock.take({ url, fingerprint: fingerprintOf(settings), standby: config.standby, journal });
  } finally {
    await answering?.();
  }
}

/** Of what the standby must have in common with the active server. */
function fingerprintOf({ secrets, certificate }: Settings): string {
  const { cookieSecret, encryptionKey, localRelaySecret } = secrets;
  const common = [cookieSecret, encryptionKey.toString('base64url'), localRelaySecret, certificate.controlChannel.pin];
  return sha256Hex(common.join()).slice(0, DIGITS);
}

/** @returns stops answering, so that the server can listen on the port */
async function answerOnStandby({ config, certificate }: Settings): Promise<() => Promise<void>> {
  const { host, port, tls } = config.http;
  const server = tls
    ? createSecureServer({ cert: certificate.certificate, key: certificate.key }, answer)
    : createServer(answer);
  server.maxConnections = LIMITS.STANDBY_CONNECTIONS;
  server.headersTimeout = LIMITS.HTTP_HEADERS_MS;
  server.requestTimeout = LIMITS.HTTP_HEADERS_MS;
  server.listen(port, host);
  await once(server, 'listening');
  return async () => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
}

const answer: RequestListener = (request, response) => {
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('Connection', 'close');
  if (request.url === '/healthz') return void response.end('{"status":"ok"}');
  response.writeHead(503, { 'Content-Type': 'text/plain; charset=utf-8', 'Retry-After': '2' });
  response.end('This server is on standby: another one is active.\n');
};
