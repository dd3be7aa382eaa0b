import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { TLSSocket } from 'node:tls';
import { isLoopback } from '../protocol/loopback';
import { spkiPin } from '../protocol/names';
import { AUTHORITY_RULE, authorityOf } from '../tunnel/authority';
import { dialThrough, ProxyRefused, proxyTo, type OutboundProxy } from '../tunnel/outbound-proxy';
import { connectTls, endpointOf, foreignAuthority, INTERCEPTED, spkiPinOf } from '../tunnel/pinned-tls';
import { ask } from './ask';
import type { ServerAddress } from './http-exchange';
import { CertificateNotTrusted, ProxyFailed, ServerUnreachable, UsageError } from './terminal.errors';
import type { TerminalIo } from './terminal-io';
import { TERMINAL_LIMITS } from './terminal-limits';

/**
 * Establishes trust in the server of a URL: by its certificate, by the file of a private authority, or by a pin
 * that the user passed or confirmed.
 * @throws UsageError, CertificateNotTrusted, ServerUnreachable
 */
export async function trustServer(
  io: TerminalIo,
  text: string,
  options: { fingerprint?: string; authority?: string; outbound: OutboundProxy },
): Promise<ServerAddress> {
  const { fingerprint, outbound } = options;
  const url = serverUrl(text);
  const server = url.origin;
  if (url.protocol === 'http:') {
    if (isLoopback(url.hostname)) return { server, outbound };
    throw new UsageError('http is only allowed for this computer.', 'Use the https address of the server.');
  }
  if (fingerprint !== undefined) {
    if (spkiPin.safeParse(fingerprint).success) return { server, pin: fingerprint, outbound };
    throw new UsageError(
      'The fingerprint is not valid: it must have 43 characters (SHA-256 in base64url).',
      'On the server, platen server fingerprint prints it.',
    );
  }
  const authority = options.authority === undefined ? undefined : await authorityIn(options.authority, '--authority');
  const { trusted, pin, why, signer } = await probeCertificate(url, outbound, authority);
  if (trusted) return { server, authority, outbound };
  if (signer !== undefined)
    io.report(
      `The certificate was signed by "${signer}". If this is a private authority of the server, name its file with --authority. ` +
        `Otherwise, ${INTERCEPTED} (--proxy-authority).`,
    );
  const message = `The certificate of ${server} cannot be verified: ${why}. The fingerprint of its key is ${pin}`;
  if (!io.interactive)
    throw new CertificateNotTrusted(
      `${message}.`,
      'If platen server fingerprint prints the same on the server, log in with --fingerprint.',
    );
  io.report(`${message}.`);
  io.report('On the server, platen server fingerprint prints the right one. Ask the administrator for it.');
  const answer = await ask(io, 'Are the two the same? (yes/no) ');
  if (answer.toLowerCase() === 'yes') return { server, pin, outbound };
  throw new CertificateNotTrusted(
    'The key was not accepted.',
    'Ask the administrator for the output of platen server fingerprint.',
  );
}

export async function authorityIn(file: string, option: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`The file ${file} cannot be read (${error.code ?? error.message}).`, `Check ${option}.`);
  });
  const pem = authorityOf(text);
  if (pem !== undefined) return pem;
  throw new UsageError(
    `The file ${file} ${AUTHORITY_RULE}.`,
    'Ask the administrator for the certificate of the authority.',
  );
}

function serverUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const usable = url && (url.protocol === 'http:' || url.protocol === 'https:') && url.pathname === '/' && !url.search;
  if (!usable || url.username || url.password)
    throw new UsageError(
      `"${text}" is not the address of a server.`,
      'Use an address such as https://platen.example.com',
    );
  return url;
}

/** TLS handshake only; nothing is sent to the server. `signer`: an authority that is not trusted. */
async function probeCertificate(
  url: URL,
  outbound: OutboundProxy,
  authority?: string,
): Promise<{ trusted: boolean; pin: string; why: string; signer?: string }> {
  const { host, port } = endpointOf(url);
  const { interceptor } = outbound;
  let socket: TLSSocket | undefined;
  try {
    const proxy = proxyTo(outbound, host, port);
    const through = proxy && (await dialThrough(proxy, host, port));
    socket = connectTls(url, { authority }, { interceptor, socket: through, rejectUnauthorized: false });
    await once(socket, 'secureConnect', { signal: AbortSignal.timeout(TERMINAL_LIMITS.REQUEST_MS) });
    const certificate = socket.getPeerX509Certificate();
    if (!certificate) throw new ServerUnreachable(url.origin, 'it presented no certificate');
    const why = socket.authorizationError as Error | string | undefined;
    return {
      trusted: socket.authorized,
      pin: spkiPinOf(certificate),
      why: why instanceof Error ? why.message : String(why),
      signer: foreignAuthority(certificate, host),
    };
  } catch (error) {
    if (error instanceof ProxyRefused) throw new ProxyFailed(url.origin, error);
    if (error instanceof ServerUnreachable) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw new ServerUnreachable(url.origin, code ?? message, { cause: error });
  } finally {
    socket?.on('error', () => undefined);
    socket?.destroy();
  }
}
