import { readFileSync } from 'node:fs';
import { hasSignedText, releaseKeyIn } from '../../tunnel/signing-key';

export class ReleaseKeyUnusable extends Error {
  override readonly name = 'ReleaseKeyUnusable';

  constructor(why: string) {
    super(`PLATEN_RELEASE_PUBLIC_KEY is not usable: ${why}`);
  }
}

/** The public key that releases of the relay and firmware of devices are verified with, if one is configured. */
export class ReleaseKey {
  /** @param key in its short form */
  constructor(readonly key: string | undefined) {}

  get isConfigured(): boolean {
    return this.key !== undefined;
  }

  /**
   * Whether a manifest was signed with this key (Ed25519, RFC 8032); false if no key is configured.
   * @param text the signed text of the manifest
   */
  hasSigned(text: string, { signature }: { readonly signature: string }): boolean {
    return this.key !== undefined && hasSignedText(this.key, text, signature);
  }
}

/**
 * @param path PEM file; undefined: releases and firmware are refused
 * @throws ReleaseKeyUnusable
 */
export function loadReleaseKey(path: string | undefined): ReleaseKey {
  if (path === undefined) return new ReleaseKey(undefined);
  let pem: string;
  try {
    pem = readFileSync(path, 'utf8');
  } catch (error) {
    throw new ReleaseKeyUnusable(`the file cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  try {
    return new ReleaseKey(releaseKeyIn(pem));
  } catch (error) {
    throw new ReleaseKeyUnusable((error as Error).message);
  }
}
