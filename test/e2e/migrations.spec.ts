import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lockDataFolder } from '../../src/server/config/data-folder-lock';

/** `npm run migration:*` from a checkout, with the settings in `.env`. */
describe('migrations on the command line', () => {
  let folder: string;
  let database: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'platen-migrations-'));
    database = join(folder, 'data/platen.sqlite');
    mkdirSync(join(folder, 'data'));
    writeFileSync(join(folder, '.env'), 'PLATEN_DATA=data\n');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const migration = (...args: string[]) => {
    const tool = join(__dirname, '../../tools/migrations.mjs');
    const environment = { PATH: process.env.PATH, HOME: process.env.HOME, INIT_CWD: folder };
    const { status, stdout, stderr } = spawnSync(process.execPath, [tool, ...args], {
      env: environment,
      encoding: 'utf8',
    });
    return { status, text: stdout + stderr };
  };
  const shown = () => migration('show').text.match(/\[[X ]\]/g) ?? [];

  it('show, run and revert the migrations of a private database', () => {
    expect(new Set(shown())).toEqual(new Set(['[ ]']));
    expect(statSync(database).mode & 0o777).toBe(0o600);
    expect(migration('run').status).toBe(0);
    expect(new Set(shown())).toEqual(new Set(['[X]']));
    expect(migration('revert').status).toBe(0);
    expect(shown().filter((mark) => mark === '[ ]')).toHaveLength(1);
    expect(migration('run').status).toBe(0);
  });

  it('find nothing to generate, because entities and migrations agree', () => {
    const { status, text } = migration('generate', 'AddNothing');
    expect([status, text]).toEqual([1, expect.stringContaining('No changes in database schema were found')]);
  });

  it.each(['run', 'revert'])('refuse to %s while a server uses the data folder', async (command) => {
    const release = await lockDataFolder(join(folder, 'data'));
    try {
      expect(migration(command)).toEqual({ status: 1, text: expect.stringContaining('is in use by another server') });
    } finally {
      await release();
    }
  });

  it.each([['nothing'], ['generate'], ['show', 'x'], ['generate', '../Name']])('refuse %s %s', (...args) => {
    expect(migration(...args).status).toBe(1);
  });
});
