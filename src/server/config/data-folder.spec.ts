import { X509Certificate } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { generate } from 'selfsigned';
import { makeSignedCertificate } from '../../../test/support/test-certificate';
import { spkiPinOf } from '../../tunnel/pinned-tls';
import { CertificateUnusable, isOfUnknownAuthority, loadCertificate } from './certificate';
import { readConfig } from './config';
import { DataFolderUnusable, prepareDataFolder } from './data-folder';
import { SecretsUnusable, loadSecrets } from './secrets';

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

describe('data folder', () => {
  let data: string;
  const config = (more: Record<string, string> = {}) => readConfig({ PLATEN_DATA: data, ...more });
  beforeEach(() => {
    data = join(mkdtempSync(join(tmpdir(), 'platen-data-')), 'new');
    prepareDataFolder(data);
  });
  afterEach(() => rmSync(join(data, '..'), { recursive: true, force: true }));

  it('is readable for its user only', () => {
    expect(modeOf(data)).toBe('700');
    chmodSync(data, 0o755);
    prepareDataFolder(data);
    expect(modeOf(data)).toBe('700');
  });

  it('that cannot be created is reported in one line', () => {
    const file = join(data, 'file');
    writeFileSync(file, '');
    expect(() => prepareDataFolder(join(file, 'data'))).toThrow(DataFolderUnusable);
    expect(() => prepareDataFolder(join(file, 'data'))).toThrow(/PLATEN_DATA.*ENOTDIR$/);
    expect(() => prepareDataFolder('/proc/platen/data')).toThrow(/PLATEN_DATA.*ENOENT$/);
  });

  it('stores secrets on the first start, 32 bytes each and all different', () => {
    const secrets = loadSecrets(config());
    expect(loadSecrets(config())).toEqual(secrets);
    expect(secrets.encryptionKey).toHaveLength(32);
    expect(secrets.fakeSaltKey).toHaveLength(32);
    const all = [secrets.encryptionKey, secrets.fakeSaltKey].map((key) => key.toString('base64url'));
    expect(new Set([...all, secrets.cookieSecret, secrets.localRelaySecret]).size).toBe(4);
    expect(modeOf(join(data, 'secrets.json'))).toBe('600');
  });

  it('makes the secrets unreadable for other users', () => {
    loadSecrets(config());
    chmodSync(join(data, 'secrets.json'), 0o644);
    loadSecrets(config());
    expect(modeOf(join(data, 'secrets.json'))).toBe('600');
  });

  it.each(['', '{', '{"cookieSecret":"short"}'])('does not replace damaged secrets: %j', (text) => {
    writeFileSync(join(data, 'secrets.json'), text);
    expect(() => loadSecrets(config())).toThrow(SecretsUnusable);
    expect(readFileSync(join(data, 'secrets.json'), 'utf8')).toBe(text);
  });

  it('stores a certificate that covers the names of the server', async () => {
    const settings = config({ PLATEN_PUBLIC_URL: 'https://platen.example', PLATEN_XMPP_PUBLIC_HOST: '192.0.2.7' });
    const made = await loadCertificate(settings);
    const x509 = new X509Certificate(made.certificate);
    expect(made.selfSigned).toBe(true);
    expect(made.pin).toBe(spkiPinOf(x509));
    for (const name of ['localhost', 'platen.example']) expect(x509.checkHost(name)).toBeDefined();
    for (const address of ['127.0.0.1', '192.0.2.7']) expect(x509.checkIP(address)).toBe(address);
    const days = (Date.parse(x509.validTo) - Date.now()) / (24 * 60 * 60_000);
    expect(days).toBeGreaterThan(820);
    expect(days).toBeLessThanOrEqual(825);
    expect(modeOf(join(data, 'tls/key.pem'))).toBe('600');
    expect(modeOf(join(data, 'tls/certificate.pem'))).toBe('600');
    expect(await loadCertificate(settings)).toEqual(made);
  });

  it.each<[string, Record<string, string>]>([
    ['on loopback', {}],
    ['on IPv6 loopback', { PLATEN_HOST: '::1' }],
    [
      'with a session domain',
      { PLATEN_SESSION_DOMAIN: 'devices.example', PLATEN_PUBLIC_URL: 'https://platen.example' },
    ],
  ])('keeps the certificate when a server %s restarts', async (_where, settings) => {
    const made = await loadCertificate(config(settings));
    expect(await loadCertificate(config(settings))).toEqual(made);
  });

  it('renews the certificate for a new session domain', async () => {
    const before = await loadCertificate(config());
    const after = await loadCertificate(
      config({ PLATEN_SESSION_DOMAIN: 'devices.example', PLATEN_PUBLIC_URL: 'https://platen.example' }),
    );
    expect(new X509Certificate(after.certificate).checkHost('s-1.devices.example')).toBe('*.devices.example');
    expect(after.certificate).not.toBe(before.certificate);
    expect(after.pin).toBe(before.pin);
  });

  it('renews the certificate for a new name with the same key, so that the pin remains valid', async () => {
    const before = await loadCertificate(config());
    const after = await loadCertificate(config({ PLATEN_PUBLIC_URL: 'https://new.example' }));
    expect(after.certificate).not.toBe(before.certificate);
    expect(after).toMatchObject({ key: before.key, pin: before.pin });
  });

  it('renews the certificate before it expires', async () => {
    const before = await loadCertificate(config());
    const day = 24 * 60 * 60_000;
    const clock = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 796 * day);
    const after = await loadCertificate(config());
    clock.mockRestore();
    expect(after.certificate).not.toBe(before.certificate);
    expect(after.pin).toBe(before.pin);
  });

  it('uses the configured certificate files instead, if the key matches', async () => {
    await loadCertificate(config());
    const files = {
      PLATEN_TLS_CERTIFICATE: join(data, 'tls/certificate.pem'),
      PLATEN_TLS_KEY: join(data, 'tls/key.pem'),
    };
    expect(await loadCertificate(config(files))).toMatchObject({ selfSigned: true, authority: undefined });
    rmSync(files.PLATEN_TLS_KEY);
    await expect(loadCertificate(config(files))).rejects.toThrow(/PLATEN_TLS_KEY.*ENOENT/);
    await loadCertificate(config());
    writeFileSync(join(data, 'key.pem'), readFileSync(files.PLATEN_TLS_KEY));
    rmSync(join(data, 'tls'), { recursive: true });
    await loadCertificate(config());
    const mixed = config({ ...files, PLATEN_TLS_KEY: join(data, 'key.pem') });
    await expect(loadCertificate(mixed)).rejects.toThrow(CertificateUnusable);
  });

  it('knows the private authority that signed the certificate', async () => {
    const { cert, key, authority } = await makeSignedCertificate(['platen.example']);
    const file = (name: string, text: string) => {
      writeFileSync(join(data, name), text);
      return join(data, name);
    };
    const files = { PLATEN_TLS_CERTIFICATE: file('crt', cert), PLATEN_TLS_KEY: file('key', key) };
    const signed = config({ ...files, PLATEN_TLS_CA: file('ca', `Authority\n${authority}`) });
    expect(await loadCertificate(signed)).toMatchObject({ selfSigned: false, authority: authority.trim() });
    const known = [signed, config(files), config()].map(async (each) =>
      isOfUnknownAuthority(await loadCertificate(each)),
    );
    expect(await Promise.all(known)).toEqual([false, true, false]);
    for (const unusable of [file('empty', ''), files.PLATEN_TLS_CERTIFICATE, join(data, 'missing')])
      await expect(loadCertificate(config({ ...files, PLATEN_TLS_CA: unusable }))).rejects.toThrow(/PLATEN_TLS_CA/);
  });

  describe('at the control channel', () => {
    const own = async () => {
      const { cert, key, authority } = await makeSignedCertificate(['platen.example']);
      writeFileSync(join(data, 'crt'), cert);
      writeFileSync(join(data, 'key'), key);
      writeFileSync(join(data, 'ca'), authority);
      return loadCertificate(config({ PLATEN_TLS_CERTIFICATE: join(data, 'crt'), PLATEN_TLS_KEY: join(data, 'key') }));
    };

    it('keeps the key of the first certificate, because agents pin it', async () => {
      const first = await own();
      const second = await own();
      expect(second.pin).not.toBe(first.pin);
      expect([first, second, await loadCertificate(config())].map(({ controlChannel: { pin } }) => pin)).toEqual(
        Array(3).fill(first.pin),
      );
      expect(spkiPinOf(second.controlChannel.certificate)).toBe(first.pin);
      expect(() =>
        createSecureContext({ ...second.controlChannel, cert: second.controlChannel.certificate }),
      ).not.toThrow();
      expect(modeOf(join(data, 'tls/control-channel.pem'))).toBe('600');
    });

    it('keeps the generated key when a certificate of its own is configured later, and renews its certificate', async () => {
      const first = await loadCertificate(config());
      expect((await own()).controlChannel.pin).toBe(first.pin);
      const renamed = await loadCertificate(config({ PLATEN_PUBLIC_URL: 'https://new.example' }));
      expect(renamed.controlChannel).toEqual({ certificate: renamed.certificate, key: renamed.key, pin: first.pin });
    });

    it('is not replaced if it is damaged', async () => {
      await own();
      for (const damaged of ['', 'PEM']) {
        writeFileSync(join(data, 'tls/control-channel.pem'), damaged);
        await expect(own()).rejects.toThrow(/control-channel\.pem is not usable.*backup/);
      }
    });
  });

  it('refuses a certificate that TLS would refuse', async () => {
    const options = { keySize: 512, algorithm: 'sha256' };
    const { cert, private: key } = await generate([{ name: 'commonName', value: 'platen.example' }], options);
    const files = { PLATEN_TLS_CERTIFICATE: join(data, 'crt'), PLATEN_TLS_KEY: join(data, 'key') };
    writeFileSync(files.PLATEN_TLS_CERTIFICATE, cert);
    writeFileSync(files.PLATEN_TLS_KEY, key);
    await expect(loadCertificate(config(files))).rejects.toThrow(/PLATEN_TLS_CERTIFICATE.*too small/);
  });
});
