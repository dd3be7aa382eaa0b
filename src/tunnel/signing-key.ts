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

/** RFC 8037. Every 32 bytes make a key; one that is not a point of the curve verifies nothing. */
const publicKey = (x: string): KeyObject => createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
