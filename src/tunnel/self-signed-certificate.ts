import { X509Certificate, createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { createPrivate, readPrivate, writePrivate } from './private-file';

const DAY_MS = 24 * 60 * 60_000;
/** The longest validity that every current TLS client accepts. */
const VALID_MS = 825 * DAY_MS;
const RENEW_BEFORE_MS = 30 * DAY_MS;
/** A clock that was never set says 1970; a certificate of that time would have expired when it is set. */
const EARLIEST_MS = Date.UTC(2026, 0, 1);

/**
 * The certificate of a program in this folder, and its key, as PEM; both are created when they do not exist. The
 * certificate is renewed before it expires and when a name is added. The key remains the same, because peers pin it.
 * @param names host names and IP addresses
 */
export async function selfSignedCertificate(
  folder: string,
  names: readonly string[],
): Promise<{ certificate: string; key: string }> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const keyFile = join(folder, 'key.pem');
  const certificateFile = join(folder, 'certificate.pem');

  const key = readPrivate(keyFile) ?? createPrivate(keyFile, newKey());
  const kept = readPrivate(certificateFile);
  if (kept && isGood(new X509Certificate(kept), key, names)) return { certificate: kept, key };

  const certificate = await sign(key, names);
  writePrivate(certificateFile, certificate);
  return { certificate, key };
}

function newKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function isGood(certificate: X509Certificate, key: string, names: readonly string[]): boolean {
  return (
    Date.parse(certificate.validTo) - Date.now() > RENEW_BEFORE_MS &&
    certificate.checkPrivateKey(createPrivateKey(key)) &&
    names.every(isCovered(certificate))
  );
}

/** Compares the list of names: `checkHost` does not match wildcards of one label, such as `*.localhost`. */
function isCovered(certificate: X509Certificate): (name: string) => boolean {
  const listed = new Set((certificate.subjectAltName ?? '').split(', '));
  return (name) => (isIP(name) ? certificate.checkIP(name) !== undefined : listed.has(`DNS:${name}`));
}

async function sign(key: string, names: readonly string[]): Promise<string> {
  const { generate } = await import('selfsigned'); // 110 modules, needed once in a year or two
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();
  const now = Math.max(Date.now(), EARLIEST_MS);
  const made = await generate([{ name: 'commonName', value: 'Platen' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    keyPair: { privateKey: key, publicKey },
    // an hour of tolerance for devices whose clock is slow
    notBeforeDate: new Date(now - 60 * 60_000),
    notAfterDate: new Date(now + VALID_MS),
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: names.map((name) => (isIP(name) ? { type: 7, ip: name } : { type: 2, value: name })),
      },
    ],
  });
  return made.cert;
}
