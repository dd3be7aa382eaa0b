import { generateKeyPairSync, sign } from 'node:crypto';
import { signedText, type UnsignedManifest } from '../../protocol/release';
import { signingKeyOf } from '../../tunnel/signing-key';
import { refusalOfUpdate } from './update-refusal';

const [own, other] = [generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519')];
const releaseKey = signingKeyOf(own.publicKey);
const manifest = (changed: Partial<UnsignedManifest> = {}, by = own) => {
  const unsigned: UnsignedManifest = {
    ...{ product: 'platen-agent', version: '1.3.0', protocol: 1, bytes: 48, sha256: '0'.repeat(64), notes: '' },
    ...{ createdAt: '2026-03-02T09:00:00.000Z', ...changed },
  };
  return { ...unsigned, signature: sign(null, Buffer.from(signedText(unsigned)), by.privateKey).toString('base64') };
};
const running = '1.2.0';

describe('a release that a server offers', () => {
  it('may be installed if the pinned key has signed it, and it is newer', () => {
    expect(refusalOfUpdate(manifest(), { releaseKey, running })).toBeUndefined();
  });

  it.each([
    ['another key has signed it', manifest({}, other), 'has not signed'],
    ['its version was changed after signing', { ...manifest(), version: '1.4.0' }, 'has not signed'],
    ['its script was exchanged', { ...manifest(), sha256: '1'.repeat(64) }, 'has not signed'],
    ['it is the relay', manifest({ product: 'platen-relay' }), 'one of platen-relay'],
    [
      'the relay is passed off as the agent',
      { ...manifest({ product: 'platen-relay' }), product: 'platen-agent' as const },
      'has not signed',
    ],
    ['it is the version that runs', manifest({ version: running }), 'not newer'],
    ['it is older', manifest({ version: '1.1.9' }), 'not newer'],
    ['it is a candidate of the version that runs', manifest({ version: '1.2.0-rc.1' }), 'not newer'],
    ['it has another protocol', manifest({ protocol: 2 }), 'protocol version 2'],
  ])('is refused if %s', (_why, offered, expected) => {
    expect(refusalOfUpdate(offered, { releaseKey, running })).toContain(expected);
  });

  it('is refused without a pinned key', () => {
    expect(refusalOfUpdate(manifest(), { releaseKey: undefined, running })).toContain('no key');
  });
});
