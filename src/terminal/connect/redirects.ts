import type { Duplex } from 'node:stream';
import { isLoopback } from '../../protocol/loopback';

/** A longer header is not read to its end. */
const HEAD_CHARACTERS = 16 * 1024;
const START = Buffer.from('HTTP/');
const REDIRECTION = /^HTTP\/1\.\d 30[12378](?!\d)/;
const LOCATION = /^location[ \t]*:[ \t]*(.*?)[ \t]*\r?$/im;

/**
 * Reads where a device redirects its client to, without changing the bytes of the connection. Clients send no request before
 * the response to the last one is complete, so that a response begins a part of the stream.
 */
export function onRedirect(stream: Duplex, redirected: (location: string) => void): void {
  /** The header that is being read; undefined: content. */
  let head: string | undefined = '';
  stream.on('data', (part: Buffer) => {
    if (head === undefined && !part.subarray(0, START.length).equals(START)) return;
    head = (head ?? '') + part.toString('latin1', 0, HEAD_CHARACTERS);
    const isHttp = head.startsWith('HTTP/'.slice(0, head.length));
    const end = head.search(/\n\r?\n/);
    if (isHttp && end === -1 && head.length < HEAD_CHARACTERS) return;
    const fields = isHttp && end !== -1 ? head.slice(0, end) : '';
    const location = REDIRECTION.test(fields) ? LOCATION.exec(fields)?.[1] : undefined;
    head = undefined;
    if (location !== undefined) redirected(location);
  });
}

/** The names of a device's application: the port on this computer, and its origins at the device. */
export interface LocalNames {
  readonly port: number;
  /** The application's own origin first. */
  readonly origins: readonly string[];
}

/**
 * The origin at which a client that follows the redirect leaves the local port, and whether the owner permits it; undefined
 * if it stays. A device that repeats the client's `Host` means itself with 127.0.0.1.
 */
export function leavingOrigin(
  location: string,
  { port, origins }: LocalNames,
): { origin: string; permitted: boolean } | undefined {
  const local = `http://127.0.0.1:${port}`;
  const [own] = origins;
  if (own === undefined || !URL.canParse(location, local)) return undefined;
  const url = new URL(location, local);
  const isHere = isLoopback(url.hostname);
  if (!/^https?:$/.test(url.protocol) || (isHere && url.protocol === 'http:' && url.port === String(port)))
    return undefined;
  if (isHere) {
    url.hostname = new URL(own).hostname;
    if (url.port === String(port)) url.port = '';
  }
  return { origin: url.origin, permitted: origins.includes(url.origin) };
}
