import { X509Certificate, createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { spkiPinOf } from '../../tunnel/pinned-tls';
import { selfSignedCertificate } from '../../tunnel/self-signed-certificate';
import type { Config } from './config';

/** The server's certificate for browsers, agents and relays. */
export interface Certificate {
  /** PEM, including the chain if there is one. */
  readonly certificate: string;
  /** PEM. */
  readonly key: string;
  /** Self-signed: peers need its `pin`. */
  readonly selfMade: boolean;
  /** SHA-256 of the SubjectPublicKeyInfo, base64url (RFC 7469 2.4). */
  readonly pin: string;
}
/** Injection token: `@Inject(CERTIFICATE) certificate: Certificate`. */
export const CERTIFICATE = Symbol('Certificate');

export class CertificateUnusable extends Error {
  override readonly name = 'CertificateUnusable';
}

/**
 * The configured certificate, or a self-made one.
 * @throws CertificateUnusable if a configured file cannot be read or the key does not match
 */
export async function loadCertificate(config: Config): Promise<Certificate> {
  const pair = config.tls
    ? configured(config.tls)
    : await selfSignedCertificate(join(config.data, 'tls'), hostNames(config));
  return Object.freeze({ ...pair, selfMade: !config.tls, pin: spkiPinOf(pair.certificate) });
}

function configured(files: { certificate: string; key: string }): { certificate: string; key: string } {
  try {
    const certificate = readFileSync(files.certificate, 'utf8');
    const key = readFileSync(files.key, 'utf8');
    if (new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))) return { certificate, key };
  } catch (error) {
    throw new CertificateUnusable(
      `PLATEN_TLS_CERTIFICATE or PLATEN_TLS_KEY is not usable: ${(error as Error).message}`,
    );
  }
  throw new CertificateUnusable('PLATEN_TLS_KEY does not match PLATEN_TLS_CERTIFICATE');
}

/** All names of this server. */
function hostNames(config: Config): string[] {
  const urls = [config.http.publicUrl, config.relay.publicUrl].flatMap((url) => (url ? [new URL(url).hostname] : []));
  const bound = [config.http.host, config.xmpp.host, config.relay.host];
  const names = ['localhost', '127.0.0.1', '::1', hostname(), config.xmpp.domain, config.xmpp.publicHost ?? ''];
  if (config.http.sessionDomain) names.push(`*.${config.http.sessionDomain}`);
  const all = [...names, ...urls, ...bound].map((name) => name.replace(/^\[(.*)\]$/, '$1').toLowerCase());
  return [...new Set(all)].filter((name) => name !== '' && name !== '0.0.0.0' && name !== '::');
}
