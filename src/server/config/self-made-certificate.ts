import { X509Certificate, createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Config } from './config';
import { createPrivate, readPrivate, writePrivate } from './private-file';

const DAY_MS = 24 * 60 * 60_000;
/** The longest validity that every current TLS client accepts. */
const VALID_MS = 825 * DAY_MS;
const RENEW_BEFORE_MS = 30 * DAY_MS;

/**
 * The certificate in `<data>/tls`. It is renewed before it expires and when a host name is added. The key remains the
 * same, because agents have pinned it.
 */
export async function selfMadeCertificate(config: Config): Promise<{ certificate: string; key: string }> {
  const folder = join(config.data, 'tls');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const keyFile = join(folder, 'key.pem');
  const certificateFile = join(folder, 'certificate.pem');

  const key = readPrivate(keyFile) ?? createPrivate(keyFile, newKey());
  const names = hostNames(config);
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

function hostNames(config: Config): string[] {
  const urls = [config.http.publicUrl, config.relay.publicUrl].flatMap((url) => (url ? [new URL(url).hostname] : []));
  const bound = [config.http.host, config.xmpp.host, config.relay.host];
  const names = ['localhost', '127.0.0.1', '::1', hostname(), config.xmpp.domain, config.xmpp.publicHost ?? ''];
  if (config.http.sessionDomain) names.push(`*.${config.http.sessionDomain}`);
  const all = [...names, ...urls, ...bound].map((name) => name.replace(/^\[(.*)\]$/, '$1').toLowerCase());
  return [...new Set(all)].filter((name) => name !== '' && name !== '0.0.0.0' && name !== '::');
}

function isGood(certificate: X509Certificate, key: string, names: string[]): boolean {
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

async function sign(key: string, names: string[]): Promise<string> {
  const { generate } = await import('selfsigned'); // 110 modules, needed once in a year or two
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();
  const now = Date.now();
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
