import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { dataSourceOptions } from '../../ormconfig';
import { finished } from '../../src/demo/stage';
import { BackupRuns } from '../../src/server/backup/backup-runs';
import { readConfig } from '../../src/server/config/config';
import { prepareDataFolder } from '../../src/server/config/data-folder';
import { loadSecrets } from '../../src/server/config/secrets';
import { openDatabase } from '../../src/server/database/open-database';
import { Metrics } from '../../src/server/http/metrics';
import { recordedJournal } from '../support/recorded-journal';
import { smallFilesystem } from '../support/small-filesystem';
import { until } from '../support/until';
import { TestStage } from '../support/stage/test-stage';

const run = promisify(execFile);

describe('a server that is restored from a backup', () => {
  let stage: TestStage;
  beforeAll(async () => {
    stage = await TestStage.set({ env: { PLATEN_END_LOG_SECONDS: '1' }, moreDevices: ['demo-other'] });
  });
  afterAll(() => stage?.strike());

  it('continues with its agents, its users and its history, and with new sessions', async () => {
    const before = await stage.connect('demo-mfp');
    before.connect.child.kill('SIGINT');
    const ended = await stage.ended(before.id);

    const open = await stage.connect('demo-other'); // the backup is written while the server has something to do
    const passphrase = join(stage.folder, 'passphrase');
    writeFileSync(passphrase, 'correct horse battery staple\n');
    const backup = join(stage.folder, 'platen.backup');
    const platen = (...args: string[]) => stage.stage.platen('backup', args);
    await finished(platen('backup', backup, '--passphrase-file', passphrase));
    expect((await fetch(open.url)).status).toBe(200);

    await stage.stage.programs.server.stop('SIGTERM');
    const data = join(stage.folder, 'server');
    await rename(data, join(stage.folder, 'lost'));
    const refused = platen('restore', backup);
    expect([await refused.exited, refused.printed.join()]).toEqual([1, expect.stringMatching(/is encrypted/)]);
    expect(existsSync(data)).toBe(false);
    await finished(platen('restore', backup, '--passphrase-file', passphrase));
    await stage.restart('server');

    const { steps, ...facts } = await stage.session(before.id);
    expect(facts).toEqual({ ...ended, steps: undefined });
    expect(steps).toEqual(ended.steps);
    // at the moment of the backup it was open; the restored server finds that it is not
    expect((await stage.ended(open.id)).ending).toMatch(/^lost-|^ended-/);
    await stage.works('demo-mfp');
    await stage.works('demo-other');
  });
});

describe('a backup that cannot be completed', () => {
  const cli = join(process.cwd(), 'dist/src/cli.js');
  let folder: string;
  let env: Record<string, string>;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'platen-backup-'));
    env = { PATH: process.env.PATH!, PLATEN_DATA: join(folder, 'data') };
    const config = readConfig(env);
    prepareDataFolder(config.data);
    await (await openDatabase(dataSourceOptions(config), loadSecrets(config))).destroy();
    mkdirSync(join(config.data, 'firmware'));
    writeFileSync(join(config.data, 'firmware', 'a'.repeat(64)), Buffer.alloc(64 * 1024 * 1024));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('leaves nothing on a disk that becomes full', async () => {
    const disk = await smallFilesystem(8 * 1024);
    if (!disk) return;
    try {
      const [program, ...before] = disk.command;
      const args = [...before, process.execPath, cli, 'backup', join(disk.mountedAt, 'platen.backup')];
      const failed = await run(program!, args, { env }).catch((error: unknown) => error);
      const { code, stderr } = failed as { code: number; stderr: string };
      expect([code, stderr]).toEqual([1, expect.stringMatching(/^platen backup: .*(ENOSPC|full)/i)]);
      expect(readdirSync(disk.folder)).toEqual([]);
    } finally {
      await disk.remove();
    }
  });

  it('has no name when its process is killed, and the next one of the schedule removes what is left', async () => {
    const backups = join(folder, 'backups');
    mkdirSync(backups);
    // it never gets as far as its name, however late it is killed
    const nameless = join(folder, 'nameless.cjs');
    const never = 'new Promise(() => setInterval(() => undefined, 60_000))';
    writeFileSync(nameless, `require('node:fs/promises').link = () => ${never};`);
    const args = ['--require', nameless, cli, 'backup', join(backups, 'platen-2026-01-01T000000Z.backup')];
    const child = spawn(process.execPath, args, { env });
    await until('a part of it is written', () =>
      readdirSync(backups).some(
        (name) => (statSync(join(backups, name, 'backup'), { throwIfNoEntry: false })?.size ?? 0) > 0,
      ),
    );
    child.kill('SIGKILL');
    await once(child, 'exit');
    const [left, ...more] = readdirSync(backups);
    expect([left, more]).toEqual([expect.stringMatching(/^\.platen-backup-/), []]);
    const config = readConfig({ ...env, PLATEN_BACKUP_FOLDER: backups });
    const runs = new BackupRuns(config, recordedJournal().journal, new Metrics());
    expect(await runs.state()).toMatchObject({ rows: [], running: null });
    await runs.start();
    expect((await runs.state()).rows).toHaveLength(1);
    expect(readdirSync(backups)).toHaveLength(1);
  });
});
