import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LIMITS } from '../../protocol/limits';
import { signedText, type ReleaseManifest } from '../../protocol/release';
import { signedFirmwareText, type FirmwareManifest } from '../../protocol/firmware-package';
import { packedFirmware, packedRelease, verifiedFirmware, verifiedRelease } from './signed-file';

interface Vector {
  seed: string;
  publicKey: string;
  signedText: string;
  manifest: ReleaseManifest;
  script: string;
  file: string;
}
const vector = JSON.parse(readFileSync(join(__dirname, '../../../test/vectors/release.json'), 'utf8')) as Vector;
/** RFC 8410 7: the prefix of the 32 bytes of an Ed25519 key. */
const PKCS8 = '302e020100300506032b657004220420';

describe('a release file', () => {
  const { manifest, script } = vector;
  const key = createPrivateKey({ key: Buffer.from(PKCS8 + vector.seed, 'hex'), format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(vector.publicKey);
  const about = { product: 'platen-relay' as const, version: manifest.version, notes: manifest.notes };
  const pack = (content: Buffer | string = script, signer: KeyObject = key): Buffer =>
    packedRelease(Buffer.from(content), about, signer);

  it('matches the vector', () => {
    expect(signedText(manifest)).toBe(vector.signedText);
    expect(verifiedRelease(Buffer.from(vector.file), publicKey)).toEqual(manifest);
    jest.useFakeTimers({ now: Date.parse(manifest.createdAt) });
    try {
      expect(pack().toString()).toBe(vector.file);
    } finally {
      jest.useRealTimers();
    }
  });

  it('may contain any bytes, including line feeds', () => {
    const bytes = Buffer.from(Array.from({ length: 512 }, (_, n) => n % 256));
    const packed = pack(bytes);
    expect(verifiedRelease(packed, publicKey).bytes).toBe(512);
    expect(packed.subarray(packed.indexOf(0x0a) + 1)).toEqual(bytes);
  });

  const other = generateKeyPairSync('ed25519').privateKey;
  it.each<[string, Buffer, string]>([
    ['no content', Buffer.alloc(0), 'does not start with a valid manifest'],
    ['no line feed', Buffer.alloc(100_000, 'x'), 'does not start with a valid manifest'],
    ['garbage', Buffer.from('{}\nabc'), 'does not start with a valid manifest'],
    ['another key', pack(script, other), 'not signed with this key'],
    ['other notes', Buffer.from(vector.file.replace('faster', 'slower')), 'not signed with this key'],
    ['another version', Buffer.from(vector.file.replace('1.2.0', '1.3.0')), 'not signed with this key'],
    ['a missing byte', pack().subarray(0, -1), 'bytes instead of'],
    ['an extra byte', Buffer.concat([pack(), Buffer.from(' ')]), 'bytes instead of'],
    ['one byte changed', Buffer.from(vector.file.replace('console', 'consolf')), 'was changed after signing'],
  ])('is rejected with %s', (_, file, why) => {
    expect(() => verifiedRelease(file, publicKey)).toThrow(why);
  });

  it.each<[string, { version?: string; notes?: string }, Buffer, string]>([
    ['a version with a path', { version: '../1.2.0' }, Buffer.from('x'), 'version'],
    ['an empty script', {}, Buffer.alloc(0), 'bytes'],
    ['a script that is too large', {}, Buffer.alloc(LIMITS.RELEASE_BYTES + 1), 'bytes'],
    ['notes that are too long', { notes: 'n'.repeat(2_001) }, Buffer.from('x'), 'notes'],
    ['notes of too many bytes', { notes: '\u0001'.repeat(2_000) }, Buffer.from('x'), 'notes'],
  ])('cannot be packed with %s', (_, changed, content, named) => {
    expect(() => packedRelease(content, { ...about, ...changed }, key)).toThrow(named);
  });
});

describe('a firmware file', () => {
  interface FirmwareVector extends Omit<Vector, 'manifest' | 'script'> {
    manifest: FirmwareManifest;
    content: string;
  }
  const path = join(__dirname, '../../../test/vectors/firmware-package.json');
  const firmware = JSON.parse(readFileSync(path, 'utf8')) as FirmwareVector;
  const { manifest, content } = firmware;
  const key = createPrivateKey({ key: Buffer.from(PKCS8 + firmware.seed, 'hex'), format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(firmware.publicKey);
  const about = { name: manifest.name, version: manifest.version, model: manifest.model };

  it('matches the vector', () => {
    expect(signedFirmwareText(manifest)).toBe(firmware.signedText);
    expect(verifiedFirmware(Buffer.from(firmware.file), publicKey)).toEqual(manifest);
    jest.useFakeTimers({ now: Date.parse(manifest.createdAt) });
    try {
      expect(packedFirmware(Buffer.from(content), about, key).toString()).toBe(firmware.file);
    } finally {
      jest.useRealTimers();
    }
  });

  it.each<[string, Buffer, string]>([
    ['a release of the relay', Buffer.from(vector.file), 'does not start with a valid manifest'],
    ['another model', Buffer.from(firmware.file.replace('3050ci', '9000xl')), 'not signed with this key'],
    ['one byte changed', Buffer.from(firmware.file.replace('für', 'fur ')), 'was changed after signing'],
  ])('is rejected with %s', (_, file, why) => {
    expect(() => verifiedFirmware(file, publicKey)).toThrow(why);
  });

  it('is no release of the relay', () => {
    expect(() => verifiedRelease(Buffer.from(firmware.file), publicKey)).toThrow('valid manifest');
  });
});
