import { createHash, X509Certificate } from 'node:crypto';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';

/** The server showed another key than the pinned one. Nothing was sent to it. */
export class CertificateMismatch extends Error {
  override readonly name = 'CertificateMismatch';
  readonly code = 'certificate-mismatch';

  constructor(
    readonly expected: string,
    readonly found: string,
  ) {
    super(`the server's key is ${found}, but ${expected} is pinned`);
  }
}

/**
 * TLS to a server whose key is pinned or, without `pin`, verified the usual way (chain and name).
 * A pin replaces chain, name and dates: it names the key itself (RFC 7469 2.4, SPKI SHA-256 in base64url).
 * On another key the socket is destroyed with CertificateMismatch before any byte of the application is sent.
 */
export function connectPinned(options: ConnectionOptions, pin?: string): TLSSocket {
  const base: ConnectionOptions = { minVersion: 'TLSv1.2', ...options };
  if (pin === undefined) return connect(base);
  // No session is resumed: a resumed one would not show the certificate again.
  const socket = connect({
    ...base,
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
    session: undefined,
  });
  // Bytes written before the handshake are flushed after this event; a destroyed socket never sends them.
  socket.prependOnceListener('secureConnect', () => {
    const found = pinOf(socket.getPeerX509Certificate());
    if (found !== pin) socket.destroy(new CertificateMismatch(pin, found));
  });
  return socket;
}

/** Pin of a certificate: base64url SHA-256 over its SubjectPublicKeyInfo. @throws on text that is no certificate. */
export function spkiPinOf(certificate: string | X509Certificate): string {
  const x509 = typeof certificate === 'string' ? new X509Certificate(certificate) : certificate;
  return createHash('sha256')
    .update(x509.publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64url');
}

const pinOf = (certificate: X509Certificate | undefined): string => (certificate ? spkiPinOf(certificate) : 'no key');
