import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import { recordMessage, type ApprovalRecord, type SignedRecord } from '../../../src/protocol/approval-record';
import vectors from '../../vectors/approval-record.json';

/** The key of the vectors. */
export const agentKey = createPrivateKey({
  key: { ...vectors.privateKey, kty: 'OKP', crv: 'Ed25519' },
  format: 'jwk',
});
export const anotherKey = generateKeyPairSync('ed25519').privateKey;

/** @param content a record, or another JSON value that an agent must not sign */
export function signedRecordOf(content: ApprovalRecord | string, key = agentKey): SignedRecord {
  const text = JSON.stringify(content);
  return { text, signature: sign(null, Buffer.from(recordMessage(text)), key).toString('base64url') };
}
