import { X509Certificate, createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { selfSignedCertificate } from '../../tunnel/self-signed-certificate';
import type { LanPage } from '../configuration/configuration';
import { ConfigurationError } from '../configuration/configuration.errors';
import { DEFAULT_PORT } from '../panel/request-guard';

const FOLDER = 'lan-page';

export interface LanCertificate {
  /** PEM, including the chain if there is one. */
  readonly certificate: string;
  readonly key: string;
  readonly selfSigned: boolean;
  /** SHA-256 of the certificate in hexadecimal with colons, as browsers show it. */
  readonly fingerprint: string;
}

/** The configured certificate, or a self-signed one in the state folder. @throws ConfigurationError */
export async function lanCertificate(lan: LanPage, state: string): Promise<LanCertificate> {
  const pair = lan.files ? configured(lan.files) : await selfSignedCertificate(join(state, FOLDER), lanNames(lan));
  return { ...pair, selfSigned: !lan.files, fingerprint: new X509Certificate(pair.certificate).fingerprint256 };
}

function configured(files: { certificate: string; key: string }): { certificate: string; key: string } {
  try {
    const [certificate, key] = [readFileSync(files.certificate, 'utf8'), readFileSync(files.key, 'utf8')];
    if (new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))) return { certificate, key };
  } catch (error) {
    throw new ConfigurationError([
      `panel.lan.certificate, panel.lan.key: cannot be used (${(error as Error).message})`,
    ]);
  }
  throw new ConfigurationError(['panel.lan.key: does not match panel.lan.certificate']);
}

/** Names and addresses under which phones may reach the LAN page, the best first. */
export function lanNames({ host, name }: LanPage): string[] {
  const isAny = host === '0.0.0.0' || host === '::';
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  const reachable = addresses.filter(({ internal, scopeid }) => !internal && !scopeid);
  const byFamily = ['IPv4', 'IPv6'].flatMap((family) => reachable.filter((each) => each.family === family));
  const bound = isAny ? byFamily.map(({ address }) => address) : [host];
  return [...new Set([...(name === undefined ? [] : [name]), ...bound])];
}

/** Base of the URLs for phones, without a path. */
export function lanOrigin(lan: LanPage, port: number): string {
  const [best = 'localhost'] = lanNames(lan);
  const host = isIPv6(best) ? `[${best}]` : best;
  return port === DEFAULT_PORT.https ? `https://${host}` : `https://${host}:${port}`;
}
