import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataFolderInUse, lockDataFolder } from './data-folder-lock';

/** Another program that holds the lock until it is killed. */
const HOLDER = `
  const { Database } = require('sqlite3');
  const lock = new Database(process.argv[1], () =>
    lock.exec('BEGIN EXCLUSIVE', (error) => process.stdout.write(error ? error.message : 'held')));
  setInterval(() => lock, 1000);`;

describe('the lock of the data folder', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'platen-lock-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('has one holder at a time, and can be acquired again after a release', async () => {
    const release = await lockDataFolder(folder);
    expect(statSync(join(folder, 'server.lock')).mode & 0o777).toBe(0o600);
    await expect(lockDataFolder(folder)).rejects.toThrow(DataFolderInUse);
    await expect(lockDataFolder(folder)).rejects.toThrow(folder);
    await release();
    await (
      await lockDataFolder(folder)
    )();
  });

  it('is released when its holder is killed', async () => {
    const holder = spawn(process.execPath, ['-e', HOLDER, join(folder, 'server.lock')], {
      stdio: ['ignore', 'pipe', 2],
    });
    const exited = once(holder, 'exit');
    try {
      const [said] = (await once(holder.stdout!, 'data')) as [Buffer];
      expect(said.toString()).toBe('held');
      await expect(lockDataFolder(folder)).rejects.toThrow(DataFolderInUse);
    } finally {
      holder.kill('SIGKILL');
      await exited;
    }
    await (
      await lockDataFolder(folder)
    )();
  });
});
