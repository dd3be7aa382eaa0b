import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spkiPinOf } from '../../tunnel/pinned-tls';
import { runFingerprint } from './fingerprint.command';

describe('platen server fingerprint', () => {
  const data = mkdtempSync(join(tmpdir(), 'platen-fingerprint-'));
  const environment = process.env;
  const written: string[] = [];
  beforeEach(() => {
    process.env = { ...environment, PLATEN_DATA: data };
    jest.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0);
  });
  afterEach(() => {
    process.env = environment;
    jest.restoreAllMocks();
  });
  afterAll(() => rmSync(data, { recursive: true }));

  it('prints the fingerprint of the key that the server uses, each time the same', async () => {
    await runFingerprint();
    await runFingerprint();
    const pin = spkiPinOf(readFileSync(join(data, 'tls/certificate.pem'), 'utf8'));
    expect(written).toEqual([`${pin}\n`, `${pin}\n`]);
  });
});
