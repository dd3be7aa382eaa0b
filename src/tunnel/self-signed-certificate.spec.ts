import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spkiPinOf } from './pinned-tls';
import { selfSignedCertificate } from './self-signed-certificate';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'platen-certificate-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('selfSignedCertificate', () => {
  it('covers host names and addresses, and is private', async () => {
    const { certificate, key } = await selfSignedCertificate(join(folder, 'tls'), [
      'box.example',
      '192.168.1.5',
      '::1',
    ]);
    const parsed = new X509Certificate(certificate);
    expect([parsed.checkHost('box.example'), parsed.checkIP('192.168.1.5'), parsed.checkIP('::1')]).not.toContain(
      undefined,
    );
    expect(parsed.checkHost('other.example')).toBeUndefined();
    expect(key).toContain('PRIVATE KEY');
    for (const file of ['key.pem', 'certificate.pem'])
      expect(statSync(join(folder, 'tls', file)).mode & 0o777).toBe(0o600);
  });

  it('is not of 1970, also if the clock says so', async () => {
    const clock = jest.spyOn(Date, 'now').mockReturnValue(30_000);
    const { certificate } = await selfSignedCertificate(folder, ['box.example']).finally(() => clock.mockRestore());
    const { validFrom, validTo } = new X509Certificate(certificate);
    expect([validFrom, validTo].map((date) => new Date(date).getUTCFullYear())).toEqual([2025, 2028]);
  });

  it('remains the same until a name is added, which keeps the key', async () => {
    const first = await selfSignedCertificate(folder, ['box.example']);
    expect(await selfSignedCertificate(folder, ['box.example'])).toEqual(first);
    const second = await selfSignedCertificate(folder, ['box.example', 'other.example']);
    expect(second.certificate).not.toBe(first.certificate);
    expect(spkiPinOf(second.certificate)).toBe(spkiPinOf(first.certificate));
  });
});
