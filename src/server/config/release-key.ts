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

  /** Whether the manifest was signed with this key (Ed25519, RFC 8032); without a key none was. */
  hasSigned(manifest: ReleaseManifest): boolean {
    const signature = Buffer.from(manifest.signature, 'base64');
    return this.key !== undefined && verify(null, Buffer.from(signedText(manifest)), this.key, signature);
  }
}

/**
 * @param path PEM file; undefined: no releases are taken
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
  // a public key could be derived from it, but the private key does not belong on this server
  if (pem.includes('PRIVATE KEY')) throw new ReleaseKeyUnusable('the file holds a private key; take the public one');
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch {
    throw new ReleaseKeyUnusable('the file holds no public key (PEM)');
  }
  if (key.asymmetricKeyType === 'ed25519') return key;
  throw new ReleaseKeyUnusable(`the key is of the kind ${key.asymmetricKeyType}, not Ed25519`);
}
