import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { announceNextKey, signerOfNextKey } from './next-key';
import { sha256 } from './sha256';

const NEXT = 'N'.repeat(43);
const pair = {
  'EC P-256': generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  RSA: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  Ed25519: generateKeyPairSync('ed25519'),
} as Record<string, { privateKey: KeyObject; publicKey: KeyObject }>;
const pem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString();

describe.each(Object.entries(pair))(
  'an announcement of the next key, by a key %s',
  (_kind, { privateKey, publicKey }) => {
    const announced = announceNextKey(pem(privateKey), NEXT);

    it('is signed by the present key', () => {
      const spki = publicKey.export({ type: 'spki', format: 'der' });
      expect(signerOfNextKey(announced)).toBe(sha256(spki).toString('base64url'));
    });

    it.each([
      ['another next key', { pin: 'M'.repeat(43) }],
      ['another signature', { signature: announceNextKey(pem(privateKey), 'M'.repeat(43)).signature }],
      ['no signature', { signature: '' }],
      ['no key', { key: '' }],
      ['bytes that are no key', { key: 'AAAA' }],
    ])('is refused with %s', (_what, changed) => {
      expect(signerOfNextKey({ ...announced, ...changed })).toBeUndefined();
    });
  },
);

it('is of another signer with the key of another server', () => {
  const [ec, rsa] = [pair['EC P-256']!, pair.RSA!];
  const foreign = announceNextKey(pem(rsa.privateKey), NEXT);
  const own = announceNextKey(pem(ec.privateKey), NEXT);
  expect(signerOfNextKey(foreign)).not.toBe(signerOfNextKey(own));
  expect(signerOfNextKey({ ...foreign, key: own.key })).toBeUndefined();
});
