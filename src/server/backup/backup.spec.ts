import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dataSourceOptions } from '../../../ormconfig';
import { newDatabase } from '../../../test/support/server/new-database';
import { AuditEventEntity } from '../auth/audit/audit-event.entity';
import { loadCertificate } from '../config/certificate';
import { readConfig, type Config } from '../config/config';
import { prepareDataFolder } from '../config/data-folder';
import { loadSecrets } from '../config/secrets';
import { openDatabase } from '../database/open-database';
import { restoreBackup } from './restore-backup';
import { writeBackup } from './write-backup';

const PASSPHRASE = 'correct horse battery staple';
/** More than one chunk of an encrypted backup, and of no even size. */
const FIRMWARE = Buffer.alloc(200_001, 'firmware');

describe.each(['sqlite', 'postgres'] as const)('a backup of a server on %s', (type) => {
  const folder = mkdtempSync(join(tmpdir(), 'platen-backup-'));
  const target = join(folder, 'restored');
  const settings = async (data: string) =>
    readConfig({ PLATEN_DATA: data, ...(type === 'postgres' && { PLATEN_DATABASE_URL: await newDatabase() }) });
  const backups = { plain: join(folder, 'plain.backup'), sealed: join(folder, 'sealed.backup') };
  let config: Config;
  let restored: Config;

  const contentOf = (data: string) => {
    const names = readdirSync(data, { recursive: true, encoding: 'utf8' }).sort();
    const files = names.filter((name) => statSync(join(data, name)).isFile() && !/^(platen\.|server\.)/.test(name));
    return Object.fromEntries(files.map((name) => [name, readFileSync(join(data, name)).toString('base64')]));
  };
  const actors = async (of: Config) => {
    const database = await openDatabase(dataSourceOptions(of), loadSecrets(of));
    try {
      return (await database.getRepository(AuditEventEntity).find()).map(({ actor }) => actor);
    } finally {
      await database.destroy();
    }
  };

  beforeAll(async () => {
    config = await settings(join(folder, 'data'));
    prepareDataFolder(config.data);
    const database = await openDatabase(dataSourceOptions(config), loadSecrets(config));
    await loadCertificate(config);
    for (const name of ['firmware', 'releases/1.0.0', 'relay']) mkdirSync(join(config.data, name), { recursive: true });
    for (const name of [
      'firmware/f1',
      'firmware/.draft',
      'releases/1.0.0/relay.cjs',
      'relay/keeper',
      'storage-reserve',
    ])
      writeFileSync(join(config.data, name), FIRMWARE);
    const event = { at: new Date(), actor: 'ada', action: 'x', target: 'y', detail: '' };
    await database.getRepository(AuditEventEntity).insert(event);
    // the database is open and has more than its file: what is in SQLite's journal belongs to the backup
    await writeBackup(config, backups.plain);
    await writeBackup(config, backups.sealed, PASSPHRASE);
    await database.destroy();
  });
  beforeEach(async () => {
    restored = await settings(target);
  });
  afterEach(() => rmSync(target, { recursive: true, force: true }));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(['plain', 'sealed'] as const)('contains what is needed, %s, and nothing else', async (kind) => {
    const manifest = await restoreBackup(restored, backups[kind], kind === 'sealed' ? PASSPHRASE : undefined);
    expect(manifest).toMatchObject({ format: 1, database: type });
    const expected = Object.entries(contentOf(config.data)).filter(
      ([name]) => !/^(relay\/|storage-reserve)|\/\.draft/.test(name),
    );
    expect(contentOf(target)).toEqual(Object.fromEntries(expected));
    expect(readdirSync(target).filter((name) => name.startsWith('.'))).toEqual([]);
    expect(await actors(restored)).toEqual(['ada']);
    for (const path of [backups[kind], join(target, 'secrets.json')]) expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(target).mode & 0o777).toBe(0o700);
  });

  it('is a tar archive, unless it is encrypted', () => {
    const list = (file: string) => execFileSync('tar', ['-tf', file], { encoding: 'utf8', stdio: 'pipe' }).split('\n');
    expect(list(backups.plain)).toEqual(expect.arrayContaining(['secrets.json', 'firmware/f1', 'manifest.json']));
    expect(() => list(backups.sealed)).toThrow();
    expect(readFileSync(backups.sealed).includes('secrets.json')).toBe(false);
  });

  const cut = (bytes: number) => (content: Buffer) => content.subarray(0, content.length - bytes);
  const flip = (at: (length: number) => number) => (content: Buffer) => {
    const changed = Buffer.from(content);
    changed[at(content.length)]! ^= 1;
    return changed;
  };
  const DAMAGED = /^The backup is damaged \(.*Nothing was restored/;
  it.each<[string, keyof typeof backups, (content: Buffer) => Buffer, RegExp, string | undefined]>([
    ['empty', 'plain', () => Buffer.alloc(0), DAMAGED, undefined],
    ['something else', 'plain', () => Buffer.from('something else'.repeat(100)), DAMAGED, undefined],
    ['cut by a byte', 'plain', cut(1), DAMAGED, undefined],
    ['cut before its manifest', 'plain', cut(8 * 512), DAMAGED, undefined],
    ['cut in the middle', 'plain', (content) => content.subarray(0, content.length / 2), DAMAGED, undefined],
    ['changed in a file', 'plain', flip((length) => Math.floor(length / 2)), DAMAGED, undefined],
    ['changed in a header', 'plain', flip(() => 130), DAMAGED, undefined],
    ['followed by something', 'plain', (content) => Buffer.concat([content, Buffer.from('x')]), DAMAGED, undefined],
    ['encrypted, cut by a byte', 'sealed', cut(1), DAMAGED, PASSPHRASE],
    ['encrypted, cut to one chunk', 'sealed', (content) => content.subarray(0, 80 + 65_552), DAMAGED, PASSPHRASE],
    ['encrypted, cut in its header', 'sealed', (content) => content.subarray(0, 30), DAMAGED, PASSPHRASE],
    ['encrypted, changed', 'sealed', flip((length) => length - 20), DAMAGED, PASSPHRASE],
    ['encrypted, without a passphrase', 'sealed', (content) => content, /encrypted\. Give its passphrase/, undefined],
    ['encrypted, with another passphrase', 'sealed', (content) => content, /^The passphrase is wrong/, 'another one'],
  ])('that is %s is refused by name, and changes nothing', async (_what, kind, change, message, passphrase) => {
    const file = join(folder, 'changed.backup');
    writeFileSync(file, change(readFileSync(backups[kind])));
    await expect(restoreBackup(restored, file, passphrase)).rejects.toThrow(message);
    expect(existsSync(target)).toBe(false);
  });

  it.each([
    ['../outside', Buffer.from('x')],
    ['/etc/passwd', Buffer.from('x')],
    ['tls/../../x', Buffer.from('x')],
    ['secrets.json', Buffer.from('{}')],
  ])('with a file %s that was added is refused', async (name) => {
    const file = join(folder, 'changed.backup');
    copyFileSync(backups.plain, file);
    const content = join(folder, 'added');
    writeFileSync(content, 'x');
    const rename = `s|.*|${name}|`;
    execFileSync('tar', ['-P', '--format=ustar', '--transform', rename, '-rf', file, content], { stdio: 'pipe' });
    await expect(restoreBackup(restored, file)).rejects.toThrow(DAMAGED);
    expect(existsSync(target)).toBe(false);
    expect(existsSync(join(folder, 'outside'))).toBe(false);
  });

  it('is restored into an empty folder only, and written to a new file only', async () => {
    mkdirSync(target);
    writeFileSync(join(target, 'mine'), 'kept');
    await expect(restoreBackup(restored, backups.plain)).rejects.toThrow(/is not empty/);
    expect(contentOf(target)).toEqual({ mine: Buffer.from('kept').toString('base64') });
    const before = readFileSync(backups.plain);
    await expect(writeBackup(config, backups.plain)).rejects.toThrow(/exists\. Name a new file/);
    expect(readFileSync(backups.plain).equals(before)).toBe(true);
    expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('is not made of a folder that is no data folder, which stays as it is', async () => {
    mkdirSync(target);
    writeFileSync(join(target, 'secrets.json'), '{}');
    const made = writeBackup(readConfig({ PLATEN_DATA: target }), join(folder, 'none.backup'));
    await expect(made).rejects.toThrow(/is not the data folder of a server/);
    expect(readdirSync(target)).toEqual(['secrets.json']);
    expect(existsSync(join(folder, 'none.backup'))).toBe(false);
  });

  it('is not restored into a server on another database', async () => {
    const url = type === 'sqlite' ? await newDatabase() : undefined;
    const other = readConfig({ PLATEN_DATA: target, ...(url && { PLATEN_DATABASE_URL: url }) });
    await expect(restoreBackup(other, backups.plain)).rejects.toThrow(/The backup is of (SQLite|PostgreSQL), but/);
    expect(existsSync(target)).toBe(false);
  });
});
