import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import { recordMessage, type SignedRecord } from '../protocol/approval-record';
import { sha256 } from './sha256';

/** An agent's public signing key in its short form (protocol/approval-record). @param key Ed25519, private or public */
export const signingKeyOf = (key: KeyObject): string => String(key.export({ format: 'jwk' }).x);

/** What people compare: base64url SHA-256 of the key's SubjectPublicKeyInfo, as with the server's key. */
export const fingerprintOf = (signingKey: string): string =>
  sha256(publicKey(signingKey).export({ type: 'spki', format: 'der' })).toString('base64url');

/** Whether the record was signed with this key. */
export const hasSigned = (signingKey: string, { text, signature }: SignedRecord): boolean =>
  verify(null, Buffer.from(recordMessage(text)), publicKey(signingKey), Buffer.from(signature, 'base64url'));

/** Whether a manifest of which this is the signed text was signed with this key. @param signature in base64 */
export const hasSignedText = (signingKey: string, text: string, signature: string): boolean =>
  verify(null, Buffer.from(text), publicKey(signingKey), Buffer.from(signature, 'base64'));

/** The public key in a PEM file, in the short form. @throws Error saying what is wrong with it, without its content */
export function releaseKeyIn(pem: string): string {
  // The public key could be derived from it, but the private key belongs only where packages are signed.
  if (pem.includes('PRIVATE KEY')) throw new Error('the file contains a private key; use the public key');
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch {
    throw new Error('the file contains no public key (PEM)');
  }
  if (key.asymmetricKeyType === 'ed25519') return signingKeyOf(key);
  throw new Error(`the key is of type ${key.asymmetricKeyType}, not Ed25519`);
}

/** RFC 8037. Every 32 bytes make a key; one that is not a point of the curve verifies nothing. */
const publicKey = (x: string): KeyObject => createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
