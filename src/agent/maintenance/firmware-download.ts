import { once } from 'node:events';
import { open, readdir, rm, type FileHandle } from 'node:fs/promises';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { addAbortSignal } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { FirmwareSource } from '../../protocol/ad-hoc-command';
import { LIMITS } from '../../protocol/limits';
import { isLoopback } from '../../protocol/loopback';
import { Backoff } from '../../tunnel/backoff';
import type { OutboundProxy } from '../../tunnel/outbound-proxy';
import { CertificateMismatch, type Trust } from '../../tunnel/pinned-tls';
import { sha256OfFile } from '../../tunnel/sha256';
import { serverSocket } from '../secure-socket';
import { JobFailed } from './maintenance.errors';

const PREFIX = 'firmware-';
/** Attempts without progress; an attempt that received bytes does not count. */
const ATTEMPTS = 5;
const TRANSIENT_STATUSES = [408, 429];

/** The server that this agent belongs to. */
export interface OwnServer {
  /** undefined: this agent was enrolled by a version that did not store it, and its configuration does not name it. */
  readonly origin: string | undefined;
  /** `pin` of its own key; `authority` for the reverse proxy in front of it. */
  readonly trust: Trust;
  readonly outbound: OutboundProxy;
}

/** A file at the agent's own server. */
export interface Download extends Pick<FirmwareSource, 'token' | 'bytes' | 'sha256'> {
  readonly url: string;
  readonly trust: Trust;
  readonly outbound: OutboundProxy;
}

/**
 * Where the file of a job is: at the agent's own server, whatever address the order names, so that a server in the
 * wrong hands cannot have the agent dial another one.
 * @throws JobFailed download-failed
 */
export function downloadOf(jobId: string, { token, bytes, sha256 }: FirmwareSource, server: OwnServer): Download {
  if (server.origin === undefined)
    throw new JobFailed(
      'download-failed',
      'this agent does not know the address of its server: enrol it again, or set "server" in its configuration',
    );
  const { trust, outbound } = server;
  return { url: `${server.origin}/api/agent/firmware/${jobId}`, trust, outbound, token, bytes, sha256 };
}

export interface DownloadOptions {
  readonly onBytes: (bytes: number) => void;
  readonly signal: AbortSignal;
  /** Time without a byte from the server after which the attempt fails. */
  readonly silentMs?: number;
  readonly retry?: { readonly firstMs?: number; readonly maxMs?: number };
}

/** The file in which the firmware of a job is stored until it has been sent. */
export const firmwareFile = (folder: string, jobId: string): string => join(folder, `${PREFIX}${jobId}.part`);

/** Removes orphaned files of a killed agent. */
export async function removeFirmwareFiles(folder: string): Promise<void> {
  const files = (await readdir(folder)).filter((name) => name.startsWith(PREFIX) && name.endsWith('.part'));
  for (const name of files) await rm(join(folder, name), { force: true });
}

/**
 * Downloads and verifies a firmware file. An interrupted transfer is resumed (RFC 9110 14.2).
 * @throws JobFailed download-failed, file-damaged; the reason of `signal`
 */
export async function downloadFirmware(source: Download, path: string, options: DownloadOptions): Promise<void> {
  const { protocol, hostname } = new URL(source.url);
  if (source.bytes > LIMITS.FIRMWARE_BYTES)
    throw new JobFailed('download-failed', 'the file is larger than the agent accepts');
  if (protocol !== 'https:' && !isLoopback(hostname))
    throw new JobFailed('download-failed', 'http is only allowed for this computer');
  const file = await open(path, 'w', 0o600).catch(diskError);
  try {
    await transfer(source, file, options);
    await file.sync().catch(diskError);
  } finally {
    await file.close();
  }
  if ((await sha256OfFile(path).catch(diskError)) !== source.sha256)
    throw new JobFailed('file-damaged', 'the SHA-256 of the file differs from the expected one');
}

async function transfer(source: Download, file: FileHandle, options: DownloadOptions): Promise<void> {
  const backoff = new Backoff(options.retry);
  let bytes = 0;
  let attempts = 0;
  for (;;) {
    const before = bytes;
    const problem = await part(source, file, bytes, options, (upTo) => options.onBytes((bytes = upTo)));
    options.signal.throwIfAborted();
    if (bytes === source.bytes) return;
    attempts = bytes > before ? 1 : attempts + 1;
    if (bytes > before) backoff.reset();
    if (attempts >= ATTEMPTS) throw new JobFailed('download-failed', problem);
    await delay(backoff.next(), undefined, { signal: options.signal }).catch(() => options.signal.throwIfAborted());
  }
}

/** Requests the missing bytes. @returns why the request ended @throws JobFailed if a retry cannot help */
async function part(
  source: Download,
  file: FileHandle,
  from: number,
  { signal, silentMs = LIMITS.DIAL_TIMEOUT_MS }: DownloadOptions,
  onBytes: (upTo: number) => void,
): Promise<string> {
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(), silentMs);
  // Not with a time limit that ends the wait at once: what has arrived is written first. Both sources stay referenced.
  // eslint-disable-next-line no-restricted-properties
  const either = AbortSignal.any([signal, silence.signal]);
  try {
    const response = addAbortSignal(either, await get(source, from, either));
    checkStatus(response, from);
    let at = from;
    // Not with `pipeline`, which may reject before the last chunk has been written and counted.
    for await (const chunk of response as AsyncIterable<Buffer>) {
      timer.refresh();
      if (at + chunk.length > source.bytes) throw new JobFailed('file-damaged', 'the file is longer than announced');
      await file.write(chunk, 0, chunk.length, at).catch(diskError);
      onBytes((at += chunk.length));
    }
    return 'the transfer was incomplete';
  } catch (error) {
    if (error instanceof JobFailed) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (error instanceof CertificateMismatch) return message;
    return silence.signal.aborted ? 'the server does not answer' : (code ?? message);
  } finally {
    clearTimeout(timer);
  }
}

async function get(
  { url, token, trust, outbound }: Download,
  from: number,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const { protocol, host, href } = new URL(url);
  const socket = protocol === 'https:' ? await serverSocket(new URL(url), trust, outbound) : undefined;
  const request = httpRequest(href.replace(/^https:/, 'http:'), {
    headers: { host, authorization: `Bearer ${token}`, ...(from > 0 && { range: `bytes=${from}-` }) },
    signal,
    // Node uses createConnection only if no agent is given.
    ...(socket ? { createConnection: () => socket } : { agent: false }),
  });
  request.end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return response;
}

/** @throws Error if a retry can help; JobFailed if it cannot */
function checkStatus(response: IncomingMessage, from: number): void {
  const { statusCode = 0, headers } = response;
  const range = headers['content-range'] ?? '';
  if (from === 0 ? statusCode === 200 : statusCode === 206 && range.startsWith(`bytes ${from}-`)) return;
  response.destroy();
  const detail = `the server answered with status ${statusCode}`;
  if (statusCode >= 500 || TRANSIENT_STATUSES.includes(statusCode)) throw new Error(detail);
  throw new JobFailed('download-failed', detail);
}

function diskError(error: NodeJS.ErrnoException): never {
  if (error.code === 'ENOSPC') throw new JobFailed('download-failed', 'the disk of the agent is full (ENOSPC)');
  throw new JobFailed('download-failed', `the agent cannot store the file (${error.code ?? error.message})`);
}
