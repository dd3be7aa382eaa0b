import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from './settings-file';

describe('the file with the settings', () => {
  const { env } = process;
  const start = process.cwd();
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'platen-settings-'));
    process.env = { ...env };
    process.chdir(folder);
    writeFileSync('.env', 'PLATEN_PORT=1001\nPLATEN_XMPP_PORT=1002\n');
    writeFileSync('named', 'PLATEN_PORT=1003\n');
  });
  afterEach(() => {
    process.chdir(start);
    process.env = env;
    rmSync(folder, { recursive: true });
  });

  it('is .env of the current folder', () => {
    expect(loadConfig()).toMatchObject({ http: { port: 1001 }, xmpp: { port: 1002 } });
  });

  it('is the one that is named, instead', () => {
    process.env.PLATEN_SETTINGS = join(folder, 'named');
    expect(loadConfig()).toMatchObject({ http: { port: 1003 }, xmpp: { port: 5223 } });
    expect(loadConfig().unknown).toEqual([]);
  });

  it('does not replace the environment', () => {
    process.env.PLATEN_PORT = '1004';
    expect(loadConfig()).toMatchObject({ http: { port: 1004 }, xmpp: { port: 1002 } });
  });

  it('has to be there if it is named', () => {
    process.env.PLATEN_SETTINGS = join(folder, 'missing');
    expect(loadConfig).toThrow(/^the settings in .*missing cannot be read \(ENOENT\)$/);
  });
});
