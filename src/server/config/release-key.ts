import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { signedText, type ReleaseManifest } from '../../protocol/release';

export class ReleaseKeyUnusable extends Error {
  override readonly name = 'ReleaseKeyUnusable';

  constructor(why: string) {
    super(`PLATEN_RELEASE_PUBLIC_KEY is not usable: ${why}`);
  }
}

/** The public key that releases are verified with, if one is configured. */
export class ReleaseKey {
  constructor(private readonly key: KeyObject | undefined) {}

  get isConfigured(): boolean {
    return this.key !== undefined;
  }

  /** Whether the manifest was signed with this key (Ed25519, RFC 8032); false if no key is configured. */
  hasSigned(manifest: ReleaseManifest): boolean {
    const signature = Buffer.from(manifest.signature, 'base64');
    return this.key !== undefined && verify(null, Buffer.from(signedText(manifest)), this.key, signature);
  }
}

/**
 * @param path PEM file; undefined: releases are refused
 * @throws ReleaseKeyUnusable
 */
export function loadReleaseKey(path: string | undefined): ReleaseKey {
  return new ReleaseKey(path === undefined ? undefined : publicKey(path));
}

function publicKey(path: string): KeyObject {
  let pem: string;
  try {
    pem = readFileSync(path, 'utf8');
  } catch (error) {
    throw new ReleaseKeyUnusable(`the file cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  // The public key could be derived from it, but the private key must not be on this server.
  if (pem.includes('PRIVATE KEY')) throw new ReleaseKeyUnusable('the file contains a private key; use the public key');
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch {
    throw new ReleaseKeyUnusable('the file contains no public key (PEM)');
  }
  if (key.asymmetricKeyType === 'ed25519') return key;
  throw new ReleaseKeyUnusable(`the key is of type ${key.asymmetricKeyType}, not Ed25519`);
}
