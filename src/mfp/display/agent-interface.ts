import { timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Journal } from '../../journal/journal';
import { displayState } from '../../protocol/device-display';
import { LIMITS } from '../../protocol/limits';
import { secret } from '../../protocol/names';
import { parseJson } from '../../protocol/parse-json';
import { sha256 } from '../../tunnel/sha256';
import { MFP_LIMITS } from '../mfp-limits';
import { boundedBody } from '../web/request-body';
import { BadRequest } from '../web/web.errors';
import type { RemoteAccess } from './remote-access';

const HOST = '127.0.0.1';
const HASH = /^sha256:([0-9a-f]{64})$/;

/** The file with the secret of the agent is not usable; the message says why. */
export class BadSecretFile extends Error {
  override readonly name = 'BadSecretFile';
}

/**
 * The SHA-256 of the secret that the agent presents. The file has the secret, 32 bytes in base64url, or only its hash as
 * `sha256:<hex>`. @throws BadSecretFile
 */
export async function readSecretHash(file: string): Promise<Buffer> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new BadSecretFile(`${file} cannot be read (${error.code})`);
  });
  const hash = HASH.exec(text.trim())?.[1];
  if (hash !== undefined) return Buffer.from(hash, 'hex');
  if (!secret.safeParse(text.trim()).success)
    throw new BadSecretFile(`${file} must contain 32 bytes in base64url, or their SHA-256 as sha256:<hex>`);
  return sha256(text.trim());
}

/**
 * The display interface (protocol/device-display) for the agent of this device. It listens on loopback only, because it
 * has no TLS. `/state` and `/inputs`; errors are `application/problem+json` (RFC 9457).
 */
export class AgentInterface {
  private readonly server: Server;

  /** @param secretHash SHA-256 of the secret that the agent presents */
  constructor(
    private readonly access: RemoteAccess,
    private readonly secretHash: Buffer,
    journal: Journal,
  ) {
    this.server = createServer(
      {
        maxHeaderSize: MFP_LIMITS.HEADER_BYTES,
        headersTimeout: MFP_LIMITS.HEADERS_MS,
        requestTimeout: MFP_LIMITS.HEADERS_MS,
        keepAliveTimeout: MFP_LIMITS.KEEP_ALIVE_MS,
      },
      (request, response) => {
        this.answer(request, response).catch((error: unknown) => {
          if (response.destroyed || (request.destroyed && !request.complete)) return void response.destroy();
          if (error instanceof BadRequest) return sendProblem(response, error.status, error.message);
          journal.unexpected(error, 'answering the agent');
          sendProblem(response, 500, 'The device met an internal error.');
        });
      },
    );
    this.server.maxConnections = MFP_LIMITS.AGENT_CONNECTIONS;
  }

  /** Resolves with the port; rejects with Node's error if it is not available. */
  async listen(port: number): Promise<number> {
    await once(this.server.listen(port, HOST), 'listening');
    return (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    if (!this.server.listening) return;
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('Cache-Control', 'no-store');
    if (!this.isAgent(request)) {
      response.setHeader('WWW-Authenticate', 'Bearer');
      return sendProblem(response, 401, 'Only the agent of this device is admitted.');
    }
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://device');
    switch (`${request.method} ${pathname}`) {
      case 'PUT /state':
        return this.takeState(request, response);
      case 'GET /inputs':
        return this.sendInputs(searchParams, response);
    }
    const known = pathname === '/state' || pathname === '/inputs';
    sendProblem(response, known ? 405 : 404, 'Use PUT /state or GET /inputs.');
  }

  private isAgent({ headers }: IncomingMessage): boolean {
    const [, presented] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? [];
    return presented !== undefined && timingSafeEqual(sha256(presented), this.secretHash);
  }

  private async takeState(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of boundedBody(request, LIMITS.DISPLAY_STATE_BYTES)) chunks.push(chunk);
    const parsed = displayState.safeParse(parseJson(Buffer.concat(chunks).toString('utf8')));
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw new BadRequest(`The state is not valid: ${issue?.path.join('.') || 'the body'}: ${issue?.message}`);
    }
    this.access.update(parsed.data);
    response.writeHead(204).end();
  }

  private async sendInputs(query: URLSearchParams, response: ServerResponse): Promise<void> {
    const [run, after] = [query.get('run'), query.get('after')];
    if ((run === null) !== (after === null) || (after !== null && !/^\d{1,15}$/.test(after)))
      throw new BadRequest('The query must be run=<run>&after=<number>, or empty.');
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    const acknowledged = run === null ? undefined : { run, after: Number(after) };
    const inputs = await this.access.poll(acknowledged, gone.signal);
    if (response.destroyed) return;
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(inputs));
  }
}

function sendProblem(response: ServerResponse, status: number, detail: string): void {
  if (response.headersSent) return void response.destroy();
  // the rest of a refused body is not read
  response.writeHead(status, { 'Content-Type': 'application/problem+json', Connection: 'close' });
  response.end(JSON.stringify({ status, detail }));
}
