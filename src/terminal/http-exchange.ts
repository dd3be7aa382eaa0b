import {
  request as requestHttp,
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { request as requestHttps } from 'node:https';
import { Readable } from 'node:stream';
import { ProxyRefused, tlsDialler, type OutboundProxy } from '../tunnel/outbound-proxy';
import { CertificateMismatch, clockHint, INTERCEPTED, isCertificateError, type Trust } from '../tunnel/pinned-tls';
import { CertificateNotTrusted, ProxyFailed, ServerUnreachable, UnexpectedAnswer } from './terminal.errors';
import { TERMINAL_LIMITS } from './terminal-limits';

const CHUNK_BYTES = 64 * 1024;

export interface ServerAddress extends Trust {
  /** `https://host[:port]`, or `http:` to loopback. */
  readonly server: string;
  readonly outbound: OutboundProxy;
}
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly headers?: Record<string, string>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent unchanged, instead of `body`. */
  readonly file?: HttpFile;
}
export interface HttpFile {
  readonly content: Buffer;
  readonly mediaType: string;
  readonly timeoutMs: number;
  /** Receives the number of bytes sent. */
  readonly onProgress: (sent: number) => void;
}
export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/**
 * Sends one request and reads the whole answer, within limits of size and time.
 * @throws ServerUnreachable, CertificateNotTrusted, UnexpectedAnswer
 */
export function httpExchange(address: ServerAddress, asked: HttpRequest): Promise<HttpAnswer> {
  const url = new URL(asked.path, address.server);
  const { file } = asked;
  const body = file?.content ?? (asked.body === undefined ? undefined : Buffer.from(JSON.stringify(asked.body)));
  const options: RequestOptions = {
    method: asked.method,
    headers: {
      Accept: 'application/json',
      ...(body && { 'Content-Type': file?.mediaType ?? 'application/json', 'Content-Length': body.length }),
      // otherwise the server may answer and close the connection before it has read the whole file
      ...(file && { Connection: 'keep-alive' }),
      ...asked.headers,
    },
    signal: AbortSignal.timeout(file?.timeoutMs ?? TERMINAL_LIMITS.REQUEST_MS),
  };
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(translate(error, address.server));
    const onAnswer = (answer: IncomingMessage): void => void readAnswer(answer, address.server).then(resolve, fail);
    const dial = tlsDialler(url, address, address.outbound);
    const request =
      url.protocol === 'https:'
        ? requestHttps(url, { ...options, createConnection: dial }, onAnswer)
        : requestHttp(url, { ...options, agent: false }, onAnswer);
    request.on('error', fail);
    if (file) sendFile(request, file);
    else request.end(body);
  });
}

/** Sends chunks as fast as the server reads. The server may answer before it has read the whole file. */
function sendFile(request: ClientRequest, { content, onProgress }: HttpFile): void {
  Readable.from(chunksOf(content, onProgress)).pipe(request);
}

function* chunksOf(content: Buffer, onProgress: (sent: number) => void): Generator<Buffer> {
  for (let sent = 0; sent < content.length; sent += CHUNK_BYTES) {
    onProgress(sent);
    yield content.subarray(sent, sent + CHUNK_BYTES);
  }
  onProgress(content.length);
}

async function readAnswer(answer: IncomingMessage, server: string): Promise<HttpAnswer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > TERMINAL_LIMITS.ANSWER_BYTES) throw new UnexpectedAnswer(server, 'the answer is too large');
    chunks.push(chunk);
  }
  return { status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks).toString('utf8') };
}

function translate(error: Error, server: string): Error {
  if (error instanceof UnexpectedAnswer) return error;
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (error instanceof ProxyRefused) return new ProxyFailed(server, error);
  if (error instanceof CertificateMismatch && error.interceptor !== undefined)
    return new CertificateNotTrusted(
      `The connection to ${server} was intercepted: the certificate was signed by "${error.interceptor}", and its key is not the pinned one.`,
      `${INTERCEPTED.replace(/^a/, 'A')} (platen login --proxy-authority <file>).`,
      { cause: error },
    );
  if (error instanceof CertificateMismatch)
    return new CertificateNotTrusted(
      `The server ${server} presented an unexpected key: ${error.found} instead of the pinned ${error.expected}.`,
      'The connection may have been intercepted. If the key was replaced on purpose, log in again with the new --fingerprint.',
      { cause: error },
    );
  if (isCertificateError(code))
    return new CertificateNotTrusted(
      `The certificate of ${server} cannot be verified: ${error.message}${clockHint(code)}.`,
      'Log in again: with --authority, if a private authority signed it; with --proxy-authority, if a proxy of this network intercepts TLS; otherwise, compare its fingerprint with the output of platen server fingerprint.',
      { cause: error },
    );
  const timeout = error.name === 'AbortError' || error.name === 'TimeoutError';
  return new ServerUnreachable(server, timeout ? 'no answer in time' : code || error.message, { cause: error });
}
