import { X509Certificate, createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext, type Server } from 'node:tls';
import type { Journal } from '../journal/journal';
import { LIMITS } from '../protocol/limits';
import { spkiPinOf } from './pinned-tls';

/** Paths of PEM files: a certificate with its chain, and its key. */
export interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
}
/** Their content. */
export interface CertificatePair {
  readonly certificate: string;
  readonly key: string;
}

/** The key is not that of the certificate. */
export class KeyMismatch extends Error {
  override readonly name = 'KeyMismatch';

  constructor() {
    super('the key does not match the certificate');
  }
}

/** @throws KeyMismatch, or an error of the file system or of TLS, which refuses a weak signature, for example */
export function readCertificate(files: CertificateFiles): CertificatePair {
  const certificate = readFileSync(files.certificate, 'utf8');
  const key = readFileSync(files.key, 'utf8');
  if (!new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))) throw new KeyMismatch();
  createSecureContext({ cert: certificate, key });
  return { certificate, key };
}

/**
 * Uses a renewed certificate for the new connections of a server, from `listen` to `close`; open ones stay open. Compares the content of the files
 * every CERTIFICATE_CHECK_MS, because renewals replace files, links or folders. While the files are not usable, the server
 * keeps the certificate it has, and the log names the reason. The same goes for a self-signed certificate with another
 * key: peers know the pin of the first one.
 */
export function watchCertificate(
  server: Server,
  files: CertificateFiles,
  inUse: CertificatePair,
  journal: Journal,
): void {
  const { certificate: file } = files;
  let [current, refusal] = [inUse, ''];
  const refuse = (detail: string) => {
    if (detail !== refusal) journal.error('the renewed certificate is not used', { file, detail });
    refusal = detail;
  };
  const check = () => {
    try {
      const next = readCertificate(files);
      if (next.certificate === current.certificate && next.key === current.key) return;
      if (isSelfSigned(next.certificate) && spkiPinOf(next.certificate) !== spkiPinOf(current.certificate))
        return refuse('it is self-signed and has another key; restart this program');
      server.setSecureContext({ cert: next.certificate, key: next.key, minVersion: 'TLSv1.2' });
      [current, refusal] = [next, ''];
      journal.info('the certificate was renewed', { file, validTo: new X509Certificate(next.certificate).validTo });
    } catch (error) {
      refuse((error as Error).message);
    }
  };
  server.once('listening', () => {
    const timer = setInterval(check, LIMITS.CERTIFICATE_CHECK_MS);
    server.once('close', () => clearInterval(timer));
  });
}

export function isSelfSigned(pem: string): boolean {
  const { issuer, subject } = new X509Certificate(pem);
  return issuer === subject;
}
