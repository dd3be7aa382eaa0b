import { mkdir, mkdtemp, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recordedJournal, type RecordedJournal } from '../../../test/support/recorded-journal';
import { removeFolder } from '../../../test/support/remove-folder';
import { smallFilesystem } from '../../../test/support/small-filesystem';
import { LIMITS } from '../../protocol/limits';
import { DENIALS_KEPT, DenialLog, type DeniedAccess } from './denial-log';

const NOW = Date.parse('2030-01-07T09:00:00Z');
const MINUTE = 60_000;
const SESSION = '0b0e7f4e-4a0e-4a53-9c5e-0f6d3f6f0a01';

let folder: string;
let recorded: RecordedJournal;
const opened: DenialLog[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'platen-denials-'));
  recorded = recordedJournal();
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((log) => log.close()));
  await removeFolder(folder);
});

async function loaded(from = folder): Promise<DenialLog> {
  const log = new DenialLog(from, recorded.journal);
  opened.push(log);
  await log.load();
  return log;
}
const file = () => join(folder, 'access-denials.json');
const denied = (change: Partial<DeniedAccess> = {}): DeniedAccess => ({
  deviceId: 'mfp-1',
  remoteSessionId: SESSION,
  asker: { kind: 'client', id: 'archive', name: 'Invoice archive' },
  what: 'get invoices/may.pdf',
  reason: 'expired',
  ...change,
});
const whats = (denials: readonly { what: string }[]) => denials.map(({ what }) => what);

describe('the stored denials', () => {
  it('are there after a restart, newest first, in a private file', async () => {
    const log = await loaded();
    for (const what of ['1', '2', '3']) log.add(denied({ what }), NOW);
    await log.close();
    const again = await loaded();
    expect(whats(again.latest(2))).toEqual(['3', '2']);
    expect(again.latest(1)).toEqual([
      { ...denied({ what: '3' }), at: '2030-01-07T09:00:00.000Z', count: 1, reported: false },
    ]);
    expect((await stat(file())).mode & 0o777).toBe(0o600);
  });

  it.each([
    ['within a minute', MINUTE - 1],
    ['after the clock was set back', -60 * MINUTE],
  ])('count an equal one %s together with the first', async (_when, afterMs) => {
    const log = await loaded();
    log.add(denied(), NOW);
    log.add(denied(), NOW + afterMs);
    expect(log.latest(9)).toMatchObject([{ at: '2030-01-07T09:00:00.000Z', count: 2 }]);
  });

  it.each<[string, Partial<DeniedAccess>, afterMs: number]>([
    ['an equal one after a minute', {}, MINUTE],
    ['another reason', { reason: 'hours' }, 0],
    ['another document', { what: 'get invoices/june.pdf' }, 0],
    ['another asker', { asker: { kind: 'user', id: 'archive', name: 'Invoice archive' } }, 0],
    ['another session', { remoteSessionId: null }, 0],
    ['another device', { deviceId: 'mfp-2' }, 0],
  ])('keep %s apart', async (_what, change, afterMs) => {
    const log = await loaded();
    log.add(denied(), NOW);
    log.add(denied(change), NOW + afterMs);
    expect(log.latest(9).map(({ count }) => count)).toEqual([1, 1]);
  });

  it('count equal ones although another device has denied something between them', async () => {
    const log = await loaded();
    log.add(denied(), NOW);
    log.add(denied({ deviceId: 'mfp-2' }), NOW);
    log.add(denied(), NOW);
    expect(log.latest(9).map(({ deviceId, count }) => `${deviceId} ${count}`)).toEqual(['mfp-2 1', 'mfp-1 2']);
  });

  it('are bounded: reported ones give way before others, the oldest first', async () => {
    const log = await loaded();
    for (let n = 0; n < DENIALS_KEPT; n++) log.add(denied({ what: String(n) }), NOW);
    const first = log.unreported('mfp-1');
    expect(whats(first)).toEqual(Array.from({ length: LIMITS.DENIALS_PER_REPORT }, (_, n) => String(n)));
    log.setReported(log.latest(2));
    for (const what of ['a', 'b', 'c']) log.add(denied({ what }), NOW);
    await log.close();
    const kept = whats((await loaded()).latest(Infinity)).reverse();
    expect(kept).toHaveLength(DENIALS_KEPT);
    expect([kept[0], ...kept.slice(-4)]).toEqual(['1', '197', 'a', 'b', 'c']);
  });

  it('are reported once, but again if they were counted meanwhile', async () => {
    const log = await loaded();
    log.add(denied({ what: '1' }), NOW);
    log.add(denied({ what: '2' }), NOW);
    log.add(denied({ deviceId: 'mfp-2' }), NOW);
    const sent = log.unreported('mfp-1');
    log.add(denied({ what: '2' }), NOW);
    log.setReported(sent);
    expect(log.unreported('mfp-1')).toMatchObject([{ what: '2', count: 2 }]);
    await log.close();
    const again = await loaded();
    expect(again.unreported('mfp-1')).toMatchObject([{ what: '2', count: 2 }]);
    expect(again.unreported('mfp-2')).toHaveLength(1);
  });

  it('name the device of each change', async () => {
    const log = await loaded();
    const changed: string[] = [];
    log.onChange((deviceId) => changed.push(deviceId));
    log.add(denied(), NOW);
    log.add(denied({ deviceId: 'mfp-2' }), NOW);
    log.setReported(log.unreported('mfp-1'));
    expect(changed).toEqual(['mfp-1', 'mfp-2']);
  });
});

describe('a file of denials', () => {
  it.each([
    ['was cut off', (text: string) => text.slice(0, text.length / 2)],
    ['is empty', () => ''],
    ['is of another version', (text: string) => text.replace('"version":1', '"version":2')],
    ['holds something else', () => '{"version":1,"denials":[{}]}'],
  ])('that %s counts as empty, with a warning, and is replaced by the next denial', async (_what, damage) => {
    const log = await loaded();
    log.add(denied({ what: 'old' }), NOW);
    await log.close();
    await writeFile(file(), damage(await readFile(file(), 'utf8')));
    const damaged = await loaded();
    expect(damaged.latest(9)).toEqual([]);
    expect(recorded.lines).toMatchObject([{ level: 'warn', msg: 'the stored denials cannot be read', file: file() }]);
    damaged.add(denied({ what: 'new' }), NOW);
    await damaged.close();
    expect(whats((await loaded()).latest(9))).toEqual(['new']);
  });

  it('that a write was cut off beside does not count', async () => {
    const log = await loaded();
    log.add(denied(), NOW);
    await log.close();
    await writeFile(`${file()}.new`, '{"version":1,"den');
    expect((await loaded()).latest(9)).toHaveLength(1);
    expect(recorded.lines).toEqual([]);
  });

  it('that is missing is no reason for a warning; one that is no file is', async () => {
    await loaded();
    expect(recorded.lines).toEqual([]);
    await mkdir(file());
    expect((await loaded()).latest(9)).toEqual([]);
    expect(recorded.messages()).toEqual(['the stored denials cannot be read']);
  });

  it('that cannot be written costs nothing but the file, which is complete after the next change', async () => {
    const place = join(folder, 'state');
    const log = await loaded(place);
    await removeFolder(place);
    log.add(denied({ what: 'kept in memory' }), NOW);
    await log.close();
    expect(recorded.lines).toMatchObject([{ level: 'warn', msg: 'the denials could not be stored' }]);
    expect(whats(log.latest(9))).toEqual(['kept in memory']);
    await mkdir(place);
    log.add(denied({ what: 'next' }), NOW);
    await log.close();
    expect(whats((await loaded(place)).latest(9))).toEqual(['next', 'kept in memory']);
  });

  it('on a full disk stays as it was', async () => {
    const disk = await smallFilesystem(64);
    if (!disk) return expect(disk).toBeUndefined();
    try {
      const log = await loaded(disk.folder);
      log.add(denied({ what: 'stored' }), NOW);
      await log.close();
      await expect(writeFile(join(disk.folder, 'filler'), Buffer.alloc(64 * 1024))).rejects.toMatchObject({
        code: 'ENOSPC',
      });
      log.add(denied({ what: 'not stored' }), NOW);
      await log.close();
      expect(recorded.lines.at(-1)).toMatchObject({ msg: 'the denials could not be stored' });
      expect(whats((await loaded(disk.folder)).latest(9))).toEqual(['stored']);
    } finally {
      await disk.remove();
    }
  });
});

it('the newest of 10,000 denials at once are stored', async () => {
  const log = await loaded();
  for (let n = 0; n < 10_000; n++) log.add(denied({ what: `get invoices/${n}.pdf` }), NOW);
  await log.close();
  const kept = (await loaded()).latest(Infinity);
  expect(kept).toHaveLength(DENIALS_KEPT);
  expect(kept[0]?.what).toBe('get invoices/9999.pdf');
});
