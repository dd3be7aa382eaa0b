import { X509Certificate, createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { AUTHORITY_RULE, authorityOf, isPubliclySigned } from '../../tunnel/authority';
import { spkiPinOf } from '../../tunnel/pinned-tls';
import { selfSignedCertificate } from '../../tunnel/self-signed-certificate';
import type { Config } from './config';

/** The server's certificate for browsers, agents and relays. */
export interface Certificate {
  /** PEM, including the chain if there is one. */
  readonly certificate: string;
  /** PEM. */
  readonly key: string;
  /** Peers need its `pin`. */
  readonly selfSigned: boolean;
  /** SHA-256 of the SubjectPublicKeyInfo, base64url (RFC 7469 2.4). */
  readonly pin: string;
  /** PEM of the private authority that signed it, or that signed the reverse proxy's. */
  readonly authority: string | undefined;
}
/** Injection token: `@Inject(CERTIFICATE) certificate: Certificate`. */
export const CERTIFICATE = Symbol('Certificate');

export class CertificateUnusable extends Error {
  override readonly name = 'CertificateUnusable';
}

/**
 * The configured certificate, or a self-made one.
 * @throws CertificateUnusable if a configured file cannot be read, or does not contain what it should
 */
export async function loadCertificate(config: Config): Promise<Certificate> {
  const pair = config.tls
    ? configured(config.tls)
    : await selfSignedCertificate(join(config.data, 'tls'), hostNames(config));
  const authority = config.authority === undefined ? undefined : authorityIn(config.authority);
  const { issuer, subject } = new X509Certificate(pair.certificate);
  return Object.freeze({ ...pair, selfSigned: issuer === subject, pin: spkiPinOf(pair.certificate), authority });
}

function configured(files: { certificate: string; key: string }): { certificate: string; key: string } {
  try {
    const certificate = readFileSync(files.certificate, 'utf8');
    const key = readFileSync(files.key, 'utf8');
    if (new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))) {
      createSecureContext({ cert: certificate, key }); // refuses what TLS refuses, such as a weak signature
      return { certificate, key };
    }
  } catch (error) {
    throw new CertificateUnusable(
      `PLATEN_TLS_CERTIFICATE or PLATEN_TLS_KEY is not usable: ${(error as Error).message}`,
    );
  }
  throw new CertificateUnusable('PLATEN_TLS_KEY does not match PLATEN_TLS_CERTIFICATE');
}

function authorityIn(file: string): string {
  try {
    const pem = authorityOf(readFileSync(file, 'utf8'));
    if (pem !== undefined) return pem;
  } catch (error) {
    throw new CertificateUnusable(`PLATEN_TLS_CA is not usable: ${(error as Error).message}`);
  }
  throw new CertificateUnusable(`PLATEN_TLS_CA ${AUTHORITY_RULE}`);
}

/** Whether agents and technicians can verify the certificate only if their computers know its authority. */
export const isOfUnknownAuthority = ({ certificate, selfSigned, authority }: Certificate): boolean =>
  !selfSigned && authority === undefined && !isPubliclySigned(certificate);

/** All names of this server. */
function hostNames(config: Config): string[] {
  const urls = [config.http.publicUrl, config.relay.publicUrl].flatMap((url) => (url ? [new URL(url).hostname] : []));
  const bound = [config.http.host, config.xmpp.host, config.relay.host];
  const names = ['localhost', '127.0.0.1', '::1', hostname(), config.xmpp.domain, config.xmpp.publicHost ?? ''];
  if (config.http.sessionDomain) names.push(`*.${config.http.sessionDomain}`);
  const all = [...names, ...urls, ...bound].map((name) => name.replace(/^\[(.*)\]$/, '$1').toLowerCase());
  return [...new Set(all)].filter((name) => name !== '' && name !== '0.0.0.0' && name !== '::');
}
