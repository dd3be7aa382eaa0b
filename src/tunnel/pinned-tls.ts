import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { connect, rootCertificates, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { toInstant } from '../protocol/names';
import { sha256 } from './sha256';

/** The server presented a key other than the pinned one. No data was sent to it. */
export class CertificateMismatch extends Error {
  override readonly name = 'CertificateMismatch';
  readonly code = 'certificate-mismatch';

  constructor(
    readonly expected: string,
    readonly found: string,
    /**
     * The authority that signed the certificate, if it is valid for the server's name but no trust anchor signed it: what
     * a proxy presents that intercepts TLS, and an attacker can present, too.
     */
    readonly interceptor?: string,
  ) {
    const keys = `expected ${expected}, found ${found}`;
    super(
      interceptor === undefined
        ? `the server's key does not match the pin: ${keys}`
        : `the connection was intercepted: the certificate was signed by "${interceptor}", and its key is not that of the server: ${keys}`,
    );
  }
}

/** Whether a code of an error means that a certificate cannot be verified. */
export const isCertificateError = (code: string): boolean =>
  /^(CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_(GET|VERIFY)|ERR_TLS_CERT)/.test(code);

/**
 * What else may be wrong if a certificate is expired or not valid yet: computers start with a clock of 1970 or of their last
 * shutdown. Empty for any other code.
 */
export const clockHint = (code: string): string =>
  ['CERT_NOT_YET_VALID', 'CERT_HAS_EXPIRED'].includes(code)
    ? `; the clock of this computer says ${toInstant(Date.now())}: set it if that is wrong`
    : '';

/** What to do about an intercepted connection. */
export const INTERCEPTED =
  'ask the administrator of this network whether it is the authority of their TLS-intercepting proxy: if so, have the ' +
  'server exempted from interception, or allow it with the certificate of that authority; if not, somebody is attacking the connection';

/** What identifies a TLS server. Nothing: a certificate that chains to a trust anchor of this computer. */
export interface Trust {
  /** Of the server's key. */
  readonly pin?: string;
  /** Of the key that the server has announced as its next one, and may have by now. */
  readonly nextPin?: string;
  /** PEM; replaces the trust anchors of this computer. */
  readonly authority?: string;
}

/** Node 20 gives the certificate of a server only once. */
const presentedPins = new WeakMap<TLSSocket, string>();
/** The pin of the key that a server with a pinned key has presented on this socket. */
export const presentedPin = (socket: TLSSocket): string | undefined => presentedPins.get(socket);

/**
 * TLS to a server with a pinned key. Without `pin`, the certificate's chain and name are verified as usual.
 * A pin replaces the checks of chain, name and dates, because it identifies the key itself (RFC 7469 2.4). If the key
 * differs, the socket is destroyed with CertificateMismatch before any application data is sent.
 * @param interceptor PEM of an authority; a certificate for the server's name that it signed is accepted, too
 */
export function connectPinned(
  options: ConnectionOptions,
  { pin, nextPin, authority }: Trust = {},
  interceptor?: string,
): TLSSocket {
  const base: ConnectionOptions = { minVersion: 'TLSv1.2', ...options };
  if (pin === undefined) {
    const anchors = authority === undefined ? rootCertificates : [authority];
    return connect({ ...base, ca: interceptor === undefined ? authority : [...anchors, interceptor] });
  }
  // TLS sessions are not resumed: the server would not present its certificate again.
  const socket = connect({ ...base, ca: interceptor, rejectUnauthorized: false, session: undefined });
  // Data written before the handshake is flushed after this event, so a destroyed socket never sends it.
  socket.prependOnceListener('secureConnect', () => {
    const certificate = socket.getPeerX509Certificate();
    const found = pinOf(certificate);
    presentedPins.set(socket, found);
    if (found === pin || found === nextPin || (interceptor !== undefined && socket.authorized)) return;
    const foreign = socket.authorized ? undefined : foreignAuthority(certificate, options.servername || options.host);
    socket.destroy(new CertificateMismatch(pin, found, foreign));
  });
  return socket;
}

/** The name of the authority that signed a certificate for this host, as text that can be shown. */
export function foreignAuthority(certificate: X509Certificate | undefined, host = ''): string | undefined {
  if (!certificate || certificate.issuer === certificate.subject) return undefined;
  const isForHost = isIP(host) ? certificate.checkIP(host) : certificate.checkHost(host);
  if (isForHost === undefined) return undefined;
  const name = ['CN', 'O', 'OU'].map((field) => certificate.issuer.match(new RegExp(`^${field}=(.*)$`, 'm'))?.[1]);
  // Somebody else's text.
  const shown = (name.find((each) => each) ?? 'an authority without a name').replace(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, '');
  return shown.slice(0, 100);
}

/** TLS to the server of a URL. @param over the connection to it, if there is one; it is dialled otherwise */
export function connectTls(
  url: URL,
  trust?: Trust,
  {
    interceptor,
    ...over
  }: Pick<ConnectionOptions, 'socket' | 'ALPNProtocols' | 'rejectUnauthorized'> & { interceptor?: string } = {},
): TLSSocket {
  const { host, port } = endpointOf(url);
  return connectPinned({ host, port, servername: isIP(host) ? '' : host, ...over }, trust, interceptor);
}

export function endpointOf(url: URL): { host: string; port: number } {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return { host, port: Number(url.port) || (['https:', 'wss:'].includes(url.protocol) ? 443 : 80) };
}

/** Pin of a certificate: base64url SHA-256 over its SubjectPublicKeyInfo. @throws if the text is not a certificate */
export function spkiPinOf(certificate: string | X509Certificate): string {
  const x509 = typeof certificate === 'string' ? new X509Certificate(certificate) : certificate;
  return sha256(x509.publicKey.export({ type: 'spki', format: 'der' })).toString('base64url');
}

const pinOf = (certificate: X509Certificate | undefined): string => (certificate ? spkiPinOf(certificate) : 'no key');
