import { generateKeyPairSync } from 'node:crypto';
import { chmod, mkdtemp, readdir, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeFolder } from '../../../test/support/remove-folder';
import {
  CredentialsExist,
  CredentialsUnusable,
  readCredentials,
  signerOf,
  storeCredentials,
  storedKey,
  type Credentials,
} from './credentials';

const credentials: Credentials = {
  agentId: 'agent-1',
  password: 'p'.repeat(43),
  xmpp: { host: '127.0.0.1', port: 5223, domain: 'platen.local' },
  pin: 'q'.repeat(43),
  releaseKey: 'r'.repeat(43),
};

describe('the credentials file', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'platen-credentials-'));
    file = join(folder, 'agent-credentials.json');
  });
  afterEach(() => removeFolder(folder));

  it('can be read back, by its owner only', async () => {
    await storeCredentials(file, credentials);
    expect(await readCredentials(file)).toEqual(credentials);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['agent-credentials.json']);
  });

  it('holds the signing key, with which the agent signs', async () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    await storeCredentials(file, { ...credentials, privateKey: storedKey(privateKey) });
    const signer = signerOf(await readCredentials(file));
    expect(signer?.agentId).toBe('agent-1');
    expect(signer?.key.equals(privateKey)).toBe(true);
  });

  it('is usable without a signing key, as earlier versions have stored it', async () => {
    await storeCredentials(file, credentials);
    expect(signerOf(await readCredentials(file))).toBeUndefined();
  });

  it.each([
    ['no key', 'p'.repeat(43)],
    ['a key of another type', storedKey(generateKeyPairSync('x25519').privateKey)],
  ])('is refused with %s as its signing key, which is not quoted', async (_case, privateKey) => {
    await writeFile(file, JSON.stringify({ ...credentials, privateKey }), { mode: 0o600 });
    const failure: unknown = await readCredentials(file).catch((error: unknown) => error);
    expect(String(failure)).toMatch(/does not contain valid credentials/);
    expect(String(failure)).not.toContain(privateKey);
  });

  it('is replaced only on request', async () => {
    await storeCredentials(file, credentials);
    const others = { ...credentials, agentId: 'agent-2' };
    await expect(storeCredentials(file, others)).rejects.toThrow(CredentialsExist);
    expect((await readCredentials(file)).agentId).toBe('agent-1');
    await storeCredentials(file, others, true);
    expect((await readCredentials(file)).agentId).toBe('agent-2');
  });

  it.each([
    ['missing', () => Promise.resolve(), /cannot be read \(ENOENT\)/],
    ['open to others', () => storeCredentials(file, credentials).then(() => chmod(file, 0o640)), /chmod 600/],
    ['not JSON', () => writeFile(file, 'p'.repeat(43), { mode: 0o600 }), /does not contain valid credentials/],
    ['incomplete', () => writeFile(file, '{"agentId":"a"}', { mode: 0o600 }), /does not contain valid credentials/],
  ])('is refused when it is %s', async (_case, prepare, message) => {
    await prepare();
    const failure: unknown = await readCredentials(file).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(CredentialsUnusable);
    expect(String(failure)).toMatch(message);
    expect(String(failure)).not.toContain('p'.repeat(43));
  });
});
