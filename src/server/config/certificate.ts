import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { AUTHORITY_RULE, authorityOf, isPubliclySigned } from '../../tunnel/authority';
import {
  isSelfSigned,
  readCertificate,
  type CertificateFiles,
  type CertificatePair,
} from '../../tunnel/certificate-files';
import { spkiPinOf } from '../../tunnel/pinned-tls';
import { announceNextKey } from '../../tunnel/next-key';
import { createPrivate, readPrivate, writePrivate } from '../../tunnel/private-file';
import { selfSignedCertificate } from '../../tunnel/self-signed-certificate';
import type { Config } from './config';
import { hostNames } from './host-names';

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
  /** For the control channel: agents pin the key for ever, also when the certificate above gets another one. */
  readonly controlChannel: ControlChannelKey;
}
export interface ControlChannelKey extends Pick<Certificate, 'certificate' | 'key' | 'pin'> {
  /** The announcement of the key that will follow, if one is prepared. */
  readonly next?: ReturnType<typeof announceNextKey>;
}
/** Injection token: `@Inject(CERTIFICATE) certificate: Certificate`. */
export const CERTIFICATE = Symbol('Certificate');

/** Folder of the next key of the control channel, and of a certificate of it. */
const NEXT_KEY = 'next';

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
  const pin = spkiPinOf(pair.certificate);
  const kept = keptForAgents(join(config.data, 'tls'), { ...pair, pin });
  const next = nextPinIn(join(config.data, 'tls'));
  const announced = next === undefined || next === kept.pin ? {} : { next: announceNextKey(kept.key, next) };
  const controlChannel = { ...kept, ...announced };
  return Object.freeze({ ...pair, selfSigned: isSelfSigned(pair.certificate), pin, authority, controlChannel });
}

function configured(files: CertificateFiles): CertificatePair {
  try {
    return readCertificate(files);
  } catch (error) {
    throw new CertificateUnusable(
      `PLATEN_TLS_CERTIFICATE or PLATEN_TLS_KEY is not usable: ${(error as Error).message}`,
    );
  }
}

/** The key that this data folder had first, which is stored there; its certificate may be out of date. */
function keptForAgents(folder: string, current: ControlChannelKey): ControlChannelKey {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, 'control-channel.pem');
  const pem = readPrivate(file) ?? createPrivate(file, `${current.key.trim()}\n${current.certificate}`);
  try {
    const pin = spkiPinOf(pem);
    if (pin === current.pin) return current;
    createSecureContext({ cert: pem, key: pem });
    return { certificate: pem, key: pem, pin };
  } catch (error) {
    throw new CertificateUnusable(
      `${file} is not usable: ${(error as Error).message}. Restore it from the backup; without it, every agent has to be enrolled again`,
    );
  }
}

/** Of the key that `platen server control-channel-key prepare` has made. */
function nextPinIn(folder: string): string | undefined {
  const certificate = readPrivate(join(folder, NEXT_KEY, 'certificate.pem'));
  return certificate === undefined ? undefined : spkiPinOf(certificate);
}

/** Makes the next key of the control channel, unless there is one. @returns its pin */
export async function prepareNextKey(config: Config): Promise<string> {
  const { certificate } = await selfSignedCertificate(join(config.data, 'tls', NEXT_KEY), hostNames(config));
  return spkiPinOf(certificate);
}

/**
 * Makes the next key the one of the control channel, from the next start of the server. It also replaces the key of a
 * generated certificate, which enrolment codes are verified with. An interrupted change is completed by another one.
 */
export function useNextKey(config: Config): void {
  const folder = join(config.data, 'tls');
  const [key, certificate] = ['key.pem', 'certificate.pem'].map((name) => readPrivate(join(folder, NEXT_KEY, name)));
  if (key === undefined || certificate === undefined) throw new CertificateUnusable('no next key is prepared');
  if (!config.tls) writePrivate(join(folder, 'key.pem'), key);
  writePrivate(join(folder, 'control-channel.pem'), `${key.trim()}\n${certificate}`);
  rmSync(join(folder, NEXT_KEY), { recursive: true });
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
