import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { company } from '../../protocol/company';
import { LIMITS } from '../../protocol/limits';
import { failureLine } from '../commands/failure-line';
import { loadSettings } from '../settings';
import { readConfig } from './config';
import { loadCompany } from './company';

const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');

describe('the company that runs the server', () => {
  const folder = mkdtempSync(join(tmpdir(), 'platen-company-'));
  const logoFile = join(folder, 'logo.png');
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('has a name, and a logo if one is configured', () => {
    expect(loadCompany({}).company).toBeUndefined();
    expect(loadCompany({ name: 'Acme Copiers' }).company).toEqual({ name: 'Acme Copiers' });
    const largest = Buffer.concat([PNG, Buffer.alloc(LIMITS.COMPANY_LOGO_BYTES - PNG.length)]);
    writeFileSync(logoFile, largest);
    const loaded = loadCompany({ name: 'Acme Copiers', logoFile }).company;
    expect(company.parse(loaded)).toEqual({ name: 'Acme Copiers', logo: largest.toString('base64') });
  });

  it.each<[string, Buffer | undefined, string]>([
    ['is missing', undefined, 'cannot be read (ENOENT)'],
    ['is no PNG', Buffer.from('<svg onload="alert(1)"/>'), 'is no PNG image'],
    ['is too large', Buffer.concat([PNG, Buffer.alloc(LIMITS.COMPANY_LOGO_BYTES)]), 'at most'],
  ])('stops the start with one line of explanation if its logo %s', async (_, content, why) => {
    if (content === undefined) rmSync(logoFile, { force: true });
    else writeFileSync(logoFile, content);
    const environment = {
      PLATEN_DATA: join(folder, 'data'),
      PLATEN_COMPANY_NAME: 'Acme',
      PLATEN_COMPANY_LOGO: logoFile,
    };
    const line = failureLine(await loadSettings(readConfig(environment)).catch((error: unknown) => error));
    expect(line).toMatch(/^PLATEN_COMPANY_LOGO is not usable: /);
    expect(line).toContain(why);
  });

  it('cannot have a logo without a name', () => {
    expect(() => readConfig({ PLATEN_COMPANY_LOGO: logoFile })).toThrow(/PLATEN_COMPANY_NAME/);
  });
});
