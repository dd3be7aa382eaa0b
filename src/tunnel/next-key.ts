import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import type { z } from 'zod';
import { nextKeyMessage, type nextKey } from '../protocol/control-channel';
import { sha256 } from './sha256';

type NextKey = z.infer<typeof nextKey.request>;

/** Ed25519 and Ed448 include the hash (RFC 8032). */
const hashFor = ({ asymmetricKeyType }: KeyObject): string | null =>
  asymmetricKeyType?.startsWith('ed') ? null : 'sha256';

/** The announcement of the next key of the control channel. @param present PEM of the present private key */
export function announceNextKey(present: string, nextPin: string): NextKey {
  const key = createPrivateKey(present);
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const message = Buffer.from(nextKeyMessage(pinOf(spki), nextPin));
  return {
    key: spki.toString('base64url'),
    pin: nextPin,
    signature: sign(hashFor(key), message, key).toString('base64url'),
  };
}

/** The pin of the key that has signed the announcement; undefined if none has. */
export function signerOfNextKey({ key, pin, signature }: NextKey): string | undefined {
  try {
    const spki = Buffer.from(key, 'base64url');
    const publicKey = createPublicKey({ key: spki, type: 'spki', format: 'der' });
    const message = Buffer.from(nextKeyMessage(pinOf(spki), pin));
    return verify(hashFor(publicKey), message, publicKey, Buffer.from(signature, 'base64url'))
      ? pinOf(spki)
      : undefined;
  } catch {
    return undefined; // no key
  }
}

const pinOf = (spki: Buffer): string => sha256(spki).toString('base64url');
