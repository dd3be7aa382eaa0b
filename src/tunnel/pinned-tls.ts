import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { sha256 } from './sha256';

/** The server presented a key other than the pinned one. No data was sent to it. */
export class CertificateMismatch extends Error {
  override readonly name = 'CertificateMismatch';
  readonly code = 'certificate-mismatch';

  constructor(
    readonly expected: string,
    readonly found: string,
  ) {
    super(`the server's key does not match the pin: expected ${expected}, found ${found}`);
  }
}

/** What identifies a TLS server. Nothing: a certificate that chains to a trust anchor of this computer. */
export interface Trust {
  /** Of the server's key. */
  readonly pin?: string;
  /** PEM; replaces the trust anchors of this computer. */
  readonly authority?: string;
}

/**
 * TLS to a server with a pinned key. Without `pin`, the certificate's chain and name are verified as usual.
 * A pin replaces the checks of chain, name and dates, because it identifies the key itself (RFC 7469 2.4). If the key
 * differs, the socket is destroyed with CertificateMismatch before any application data is sent.
 */
export function connectPinned(options: ConnectionOptions, { pin, authority }: Trust = {}): TLSSocket {
  const base: ConnectionOptions = { minVersion: 'TLSv1.2', ...options, ca: authority };
  if (pin === undefined) return connect(base);
  // TLS sessions are not resumed: the server would not present its certificate again.
  const socket = connect({
    ...base,
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
    session: undefined,
  });
  // Data written before the handshake is flushed after this event, so a destroyed socket never sends it.
  socket.prependOnceListener('secureConnect', () => {
    const found = pinOf(socket.getPeerX509Certificate());
    if (found !== pin) socket.destroy(new CertificateMismatch(pin, found));
  });
  return socket;
}

/** The same to the server of a URL. */
export function connectTls(url: URL, trust?: Trust): TLSSocket {
  const { host, port } = endpointOf(url);
  return connectPinned({ host, port, ...(isIP(host) ? {} : { servername: host }) }, trust);
}

export function endpointOf(url: URL): { host: string; port: number } {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return { host, port: Number(url.port) || (url.protocol === 'https:' ? 443 : 80) };
}

/** Pin of a certificate: base64url SHA-256 over its SubjectPublicKeyInfo. @throws if the text is not a certificate */
export function spkiPinOf(certificate: string | X509Certificate): string {
  const x509 = typeof certificate === 'string' ? new X509Certificate(certificate) : certificate;
  return sha256(x509.publicKey.export({ type: 'spki', format: 'der' })).toString('base64url');
}

const pinOf = (certificate: X509Certificate | undefined): string => (certificate ? spkiPinOf(certificate) : 'no key');
