import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { enrolment, enrolmentCode, type Enrolment, type EnrolmentRequest } from '../../protocol/control-channel';
import { LIMITS } from '../../protocol/limits';
import { isLoopback } from '../../protocol/loopback';
import { parseJson } from '../../protocol/parse-json';
import { problem } from '../../protocol/problems';
import { NO_PROXY, type OutboundProxy } from '../../tunnel/outbound-proxy';
import { CertificateMismatch, clockHint, INTERCEPTED, isCertificateError, type Trust } from '../../tunnel/pinned-tls';
import { EnrolmentRefused, ServerNotTrusted, ServerUnreachable } from './enrolment.errors';
import { serverSocket } from '../secure-socket';

/**
 * Exchanges an enrolment code (`<secret>.<pin>`) for this agent's account: `POST <server>/api/enrolment`.
 * The secret is sent only to a server with the pinned key or a trusted certificate, and without TLS only over loopback.
 * The answer must contain the code's pin, because the control channel will accept that key.
 * @returns the account, with the origin of the server and what its certificate is verified with
 * @param offered what the account is tied to
 * @param authority a trust anchor (PEM) instead of the default ones
 * @throws ZodError (code), ServerNotTrusted, ServerUnreachable, EnrolmentRefused
 */
export async function enrol(
  presented: string,
  server: string,
  offered: Omit<EnrolmentRequest, 'code'>,
  authority?: string,
  outbound: OutboundProxy = NO_PROXY,
): Promise<Enrolment & { server: string; authority?: string }> {
  const { code, pin } = enrolmentCode.parse(presented.trim());
  const url = serverUrl(server);
  const socket = url.protocol === 'https:' ? await trustedSocket(url, { pin, authority }, outbound) : undefined;
  const { status, body } = await post(url, JSON.stringify({ code, ...offered }), socket);
  if (status !== 200 && status !== 201) throw refusalOf(status, body);
  const account = enrolment.safeParse(body);
  if (!account.success) throw new ServerUnreachable('the address is not that of a Platen server');
  if (account.data.pin !== pin)
    throw new ServerNotTrusted('the key in the answer does not match the enrolment code; create a new enrolment code');
  return { ...account.data, server: url.origin, authority };
}

function serverUrl(server: string): URL {
  if (!URL.canParse(server)) throw new ServerUnreachable('the server must look like https://host[:port]');
  const url = new URL('/api/enrolment', server);
  if (url.protocol === 'https:') return url;
  if (url.protocol !== 'http:') throw new ServerUnreachable('the server must look like https://host[:port]');
  if (!isLoopback(url.hostname)) throw new ServerNotTrusted('http is only allowed for this computer; use https');
  return url;
}

/** @throws ServerNotTrusted, ServerUnreachable */
async function trustedSocket(url: URL, trust: Trust, outbound: OutboundProxy): Promise<TLSSocket> {
  try {
    return await serverSocket(url, trust, outbound);
  } catch (error) {
    if (error instanceof CertificateMismatch && error.interceptor !== undefined)
      throw new ServerNotTrusted(
        `the key of the server is not that of the enrolment code; its certificate was signed by "${error.interceptor}". ` +
          `Nothing was sent. If this is the private authority of the server, add --authority. Otherwise, ${INTERCEPTED}`,
      );
    const { code = '', message } = error as NodeJS.ErrnoException;
    if (!isCertificateError(code)) throw unreachable(error);
    throw new ServerNotTrusted(
      `the server's key does not match the enrolment code, and its certificate is not trusted (${code || message})${clockHint(code)}`,
    );
  }
}

async function post(url: URL, body: string, socket?: TLSSocket): Promise<{ status: number; body: unknown }> {
  const request = httpRequest(url.href.replace(/^https:/, 'http:'), {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), host: url.host },
    signal: AbortSignal.timeout(LIMITS.DIAL_TIMEOUT_MS),
    // Node uses createConnection only if no agent is given.
    ...(socket ? { createConnection: () => socket } : { agent: false }),
  });
  request.end(body);
  try {
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    return { status: response.statusCode ?? 0, body: await readJson(response) };
  } catch (error) {
    throw unreachable(error);
  } finally {
    request.destroy();
  }
}

async function readJson(response: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LIMITS.API_BODY_BYTES) throw new ServerUnreachable('the answer is too large');
    chunks.push(chunk);
  }
  return parseJson(Buffer.concat(chunks).toString());
}

function refusalOf(status: number, body: unknown): Error {
  const parsed = problem.safeParse(body);
  if (!parsed.success) return new ServerUnreachable(`the server answered with status ${status}`);
  return new EnrolmentRefused(parsed.data.code, `${parsed.data.title}. ${parsed.data.remedy}`);
}

function unreachable(error: unknown): Error {
  if (error instanceof ServerUnreachable) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  return new ServerUnreachable(`the server cannot be reached (${code ?? message})`, { cause: error });
}
