import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { signedText, type ReleaseManifest } from '../../protocol/release';
import { failureLine } from '../commands/failure-line';
import { loadSettings } from '../settings';
import { readConfig } from './config';
import { loadReleaseKey } from './release-key';

const vectors = join(__dirname, '../../../test/vectors/release.json');
const vector = JSON.parse(readFileSync(vectors, 'utf8')) as { publicKey: string; manifest: ReleaseManifest };

describe('the key that verifies releases', () => {
  const folder = mkdtempSync(join(tmpdir(), 'platen-release-key-'));
  const file = join(folder, 'release.pub');
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('verifies a manifest signed with it', () => {
    writeFileSync(file, vector.publicKey);
    const key = loadReleaseKey(file);
    expect(key.isConfigured).toBe(true);
    expect(key.hasSigned(signedText(vector.manifest), vector.manifest)).toBe(true);
    expect(key.hasSigned(signedText({ ...vector.manifest, bytes: 49 }), vector.manifest)).toBe(false);
  });

  it('verifies no manifest if it is not configured', () => {
    expect(loadReleaseKey(undefined).isConfigured).toBe(false);
    expect(loadReleaseKey(undefined).hasSigned(signedText(vector.manifest), vector.manifest)).toBe(false);
  });

  const pem = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString();
  it.each<[string, string | undefined, string]>([
    ['is missing', undefined, 'cannot be read (ENOENT)'],
    ['is empty', '', 'no public key'],
    ['is not a PEM key', 'ssh-ed25519 AAAA\n', 'no public key'],
    ['is of another type', pem(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey), 'of type ec'],
    [
      'is a private key',
      generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      'contains a private key',
    ],
  ])('stops the start with one line of explanation if it %s', async (_, content, why) => {
    if (content === undefined) rmSync(file, { force: true });
    else writeFileSync(file, content);
    const config = readConfig({ PLATEN_DATA: join(folder, 'data'), PLATEN_RELEASE_PUBLIC_KEY: file });
    const line = failureLine(await loadSettings(config).catch((error: unknown) => error));
    expect(line).toMatch(/^PLATEN_RELEASE_PUBLIC_KEY is not usable: /);
    expect(line).toContain(why);
    expect(line).not.toContain('ssh-ed25519');
  });
});
