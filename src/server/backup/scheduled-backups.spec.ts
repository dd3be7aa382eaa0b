import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dataSourceOptions } from '../../../ormconfig';
import { recordedJournal } from '../../../test/support/recorded-journal';
import { until } from '../../../test/support/until';
import { ServerConditions } from '../alerts/rules/server-conditions';
import { readConfig } from '../config/config';
import { prepareDataFolder } from '../config/data-folder';
import { loadSecrets } from '../config/secrets';
import { openDatabase } from '../database/open-database';
import { Metrics } from '../http/metrics';
import { BackupRunning } from './backup.errors';
import { BackupRuns } from './backup-runs';
import { restoreBackup } from './restore-backup';
import { ScheduledBackups } from './scheduled-backups';

const DAY_MS = 24 * 60 * 60_000;

describe('scheduled backups', () => {
  const root = mkdtempSync(join(tmpdir(), 'platen-scheduled-'));
  const folder = join(root, 'backups');
  const passphraseFile = join(root, 'passphrase');
  const PASSPHRASE = 'correct horse battery staple';
  const settings = { PLATEN_DATA: join(root, 'data'), PLATEN_BACKUP_FOLDER: folder, PLATEN_BACKUPS_KEPT: '2' };
  beforeAll(async () => {
    const config = readConfig(settings);
    prepareDataFolder(config.data);
    await (await openDatabase(dataSourceOptions(config), loadSecrets(config))).destroy();
    writeFileSync(passphraseFile, `${PASSPHRASE}\n`);
  });
  beforeEach(() => mkdirSync(folder));
  afterEach(() => rmSync(folder, { recursive: true }));
  afterAll(() => rmSync(root, { recursive: true }));

  const scheduled = (more: Record<string, string> = {}) => {
    const recorded = recordedJournal();
    const metrics = new Metrics();
    const config = readConfig({ ...settings, ...more });
    const runs = new BackupRuns(config, recorded.journal, metrics);
    const conditions = new ServerConditions(recorded.journal);
    const service = new ScheduledBackups(config, runs, recorded.journal, conditions);
    service.onModuleInit();
    const found = async () => (await conditions.check(new Date())).found;
    return { service, runs, metrics, found, ...recorded };
  };
  const present = () => readdirSync(folder).sort();
  const earlier = (name: string, daysAgo: number) => {
    const at = new Date(Date.now() - daysAgo * DAY_MS);
    writeFileSync(join(folder, name), 'an earlier one');
    utimesSync(join(folder, name), at, at);
    return name;
  };

  it('raise an alert when one was missed, or has failed, until one is written', async () => {
    const { service, found } = scheduled();
    expect(await found()).toMatchObject([{ rule: 'backup-missing', facts: {} }]);
    await service.runIfDue();
    expect(await found()).toEqual([]);
    rmSync(folder, { recursive: true });
    mkdirSync(folder);
    earlier('platen-2020-01-01T000000Z.backup', 3);
    expect(await found()).toMatchObject([{ facts: { at: expect.any(String) } }]);
    const failing = scheduled({ PLATEN_BACKUP_PASSPHRASE_FILE: join(root, 'none') });
    await expect(failing.service.runIfDue()).rejects.toThrow();
    expect(await failing.found()).toMatchObject([{ facts: { text: expect.any(String) } }]);
    await service.runIfDue();
    expect(await found()).toEqual([]);
  });

  it('are written when they are due, and can be restored', async () => {
    const { service, metrics } = scheduled({ PLATEN_BACKUP_PASSPHRASE_FILE: passphraseFile });
    await service.runIfDue();
    const [written] = present();
    await service.runIfDue();
    expect(present()).toEqual([written]);
    expect(await metrics.registry.metrics()).toMatch(/platen_backup_timestamp_seconds 1[.\d]+/);
    const restored = readConfig({ PLATEN_DATA: join(root, 'restored') });
    expect(await restoreBackup(restored, join(folder, written!), PASSPHRASE)).toMatchObject({ database: 'sqlite' });
  });

  it('replace the oldest ones, and leave all other files as they are', async () => {
    const names = [
      earlier('platen-2026-01-01T000000Z.backup', 3),
      earlier('platen-2026-01-02T000000Z.backup', 2),
      earlier('platen-2026-01-03T000000Z.backup', 1.1),
    ];
    for (const other of ['mine.backup', 'platen-mine.backup']) earlier(other, 9);
    mkdirSync(join(folder, '.platen-backup-killed'));
    await scheduled().service.runIfDue();
    const now = present();
    expect(now).toEqual(expect.arrayContaining(['mine.backup', 'platen-mine.backup', names[2]]));
    expect(now).toHaveLength(4);
    expect(now).not.toContain(names[0]);
  });

  it.each([
    ['of a clock that was wrong', -2],
    ['that is too old', 1.1],
  ])('do not rely on one %s', async (_which, daysAgo) => {
    earlier('platen-2026-01-03T000000Z.backup', daysAgo);
    await scheduled().service.runIfDue();
    expect(present()).toHaveLength(2);
  });

  it('that fail are logged with the reason, and nothing is left of them', async () => {
    const { service, lines } = scheduled({ PLATEN_BACKUP_PASSPHRASE_FILE: join(root, 'none') });
    service.onApplicationBootstrap();
    await until('the failure to be logged', () => lines.length > 0);
    await service.onModuleDestroy();
    expect(lines).toMatchObject([
      { msg: 'no backup was written; trying again', detail: expect.stringMatching(/ENOENT/) },
    ]);
    expect(present()).toEqual([]);
  });

  it('are listed and written on request, one at a time, with their progress', async () => {
    const { service, runs } = scheduled({ PLATEN_BACKUP_PASSPHRASE_FILE: passphraseFile });
    expect(await runs.state()).toEqual({
      schedule: { folder, hours: 24, kept: 2, encrypted: true },
      ...{ rows: [], running: null, failure: null, overdue: false },
    });
    earlier('platen-2026-01-01T000000Z.backup', 3);
    mkdirSync(join(folder, '.platen-backup-killed'));
    expect(await runs.state()).toMatchObject({ overdue: true, rows: [{ bytes: 14, encrypted: false }] });
    const written = runs.start();
    expect(() => runs.start()).toThrow(BackupRunning);
    await until('some of it is written', async () => {
      const { running } = await runs.state();
      return running === null || (running.expectedBytes === 14 && running.bytes > 0);
    });
    await written;
    const { rows, running, overdue } = await runs.state();
    expect({ running, overdue }).toEqual({ running: null, overdue: false });
    expect(rows.map(({ encrypted }) => encrypted)).toEqual([true, false]);
    expect(rows[0]!.bytes).toBeGreaterThan(10_000);
    await service.runIfDue(); // it is not
    expect(present()).toHaveLength(2);
  });

  it('that fail are shown until one succeeds', async () => {
    const { runs, lines } = scheduled({ PLATEN_BACKUP_PASSPHRASE_FILE: join(root, 'none') });
    await expect(runs.start()).rejects.toThrow('ENOENT');
    expect(await runs.state()).toMatchObject({
      running: null,
      rows: [],
      failure: { detail: expect.stringMatching(/ENOENT/) },
    });
    expect(lines).toHaveLength(1);
  });

  it('that end with the server leave nothing', async () => {
    const { runs } = scheduled();
    const written = runs.start();
    await runs.onModuleDestroy();
    await expect(written).rejects.toThrow();
    expect(present()).toEqual([]);
  });

  it('are none unless a folder is set', async () => {
    const { service, lines } = scheduled({ PLATEN_BACKUP_FOLDER: '' });
    service.onApplicationBootstrap();
    await service.onModuleDestroy();
    expect(lines).toEqual([]);
    expect(present()).toEqual([]);
  });
});
