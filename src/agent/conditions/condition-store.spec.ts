import { mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recordedJournal, type RecordedJournal } from '../../../test/support/recorded-journal';
import { removeFolder } from '../../../test/support/remove-folder';
import { smallFilesystem } from '../../../test/support/small-filesystem';
import { newAccessCondition, type NewAccessCondition } from '../../protocol/access-conditions';
import { reportConditions } from '../../protocol/control-channel';
import { LIMITS } from '../../protocol/limits';
import { containerExcess } from '../channel/json-container';
import type { AccessRequest } from './access-decision';
import { bytesLeft, ConditionStore } from './condition-store';

const NOW = Date.parse('2030-01-07T09:00:00Z');
const ARCHIVE = { kind: 'client', id: 'archive', name: 'Invoice archive' } as const;

let folder: string;
let recorded: RecordedJournal;
let store: ConditionStore;
let now: number;

beforeEach(async () => {
  now = NOW;
  folder = await mkdtemp(join(tmpdir(), 'platen-conditions-'));
  recorded = recordedJournal();
  store = await loaded();
});
afterEach(async () => {
  await store.close();
  await removeFolder(folder);
});

async function loaded(from = folder): Promise<ConditionStore> {
  const opened = new ConditionStore({ folder: from, journal: recorded.journal, timeOfDay: () => now });
  await opened.load();
  return opened;
}
const file = () => join(folder, 'access-conditions.json');
const wanted = (change: Partial<NewAccessCondition> = {}): NewAccessCondition =>
  newAccessCondition.parse({
    who: ARCHIVE,
    access: { kind: 'box', box: 'invoices', operations: ['get', 'put'] },
    ...change,
  });
const set = (change: Partial<NewAccessCondition> = {}) => store.set('mfp-1', wanted(change), 'local page');
const get = (bytes: number | null = null): AccessRequest => ({
  asker: ARCHIVE,
  access: { kind: 'box', box: 'invoices', operation: 'get', bytes },
});

describe('the stored access conditions', () => {
  it('permit from the moment at which they are on disk, also after a restart, in a private file', async () => {
    const setting = set();
    expect(store.decide('mfp-1', get()).permitted).toBe(false);
    const condition = await setting;
    expect(condition).toMatchObject({ deviceId: 'mfp-1', setBy: 'local page', setAt: '2030-01-07T09:00:00.000Z' });
    expect(store.decide('mfp-1', get())).toEqual({ permitted: true, condition });
    expect(store.decide('mfp-2', get()).permitted).toBe(false);
    expect((await loaded()).all).toEqual([condition]);
    expect((await stat(file())).mode & 0o777).toBe(0o600);
  });

  it('permit nothing from the moment at which they are revoked', async () => {
    const { id } = await set();
    const revoking = store.revoke(id);
    expect(store.decide('mfp-1', get())).toEqual({ permitted: false, reason: 'no-condition' });
    await revoking;
    expect((await loaded()).all).toEqual([]);
    await expect(store.revoke(id)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('report every change with its device', async () => {
    const changes: string[] = [];
    store.onChange((deviceId) =>
      changes.push(
        `${deviceId} ${store
          .of(deviceId)
          .map(({ used }) => used.times)
          .join()}`,
      ),
    );
    const { id } = await set();
    await store.admit('mfp-1', get());
    await store.revoke(id);
    expect(changes).toEqual(['mfp-1 0', 'mfp-1 1', 'mfp-1 ']);
  });

  it('count a use on disk before it is permitted, even if many are asked for at once', async () => {
    await set({ times: 3, bytes: 100 });
    const decisions = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const decision = await store.admit('mfp-1', get(10));
        const onDisk = (await loaded()).all[0]!.used.times;
        return decision.permitted ? onDisk > 0 && 'permitted' : decision.reason;
      }),
    );
    expect(decisions.filter((each) => each === 'permitted')).toHaveLength(3);
    expect(decisions.filter((each) => each === 'times')).toHaveLength(5);
    expect((await loaded()).all[0]!.used).toEqual({ times: 3, bytes: 30 });
  });

  it('count the bytes of a transfer of unknown length piece by piece, and what was not transferred no longer', async () => {
    const { id } = await set({ bytes: 100 });
    await store.admit('mfp-1', get());
    expect(await store.take(id, 60)).toBe(true);
    expect(await store.take(id, 41)).toBe(false);
    expect((await loaded()).all[0]!.used).toEqual({ times: 1, bytes: 60 });
    store.giveBack(id, 20);
    expect(bytesLeft(store.find(id)!)).toBe(60);
    await store.revoke(id);
    expect(await store.take(id, 1)).toBe(false);
  });

  it('do not permit what is counted while they are revoked', async () => {
    const { id } = await set();
    const admitting = store.admit('mfp-1', get());
    await store.revoke(id);
    expect(await admitting).toEqual({ permitted: false, reason: 'no-condition' });
  });

  it.each<[string, Partial<NewAccessCondition>]>([
    ['an end in the past', { until: '2030-01-07T09:00:00.000Z' }],
    ['an end before its start', { from: '2030-01-09T00:00:00.000Z', until: '2030-01-08T00:00:00.000Z' }],
    ['bytes of sessions', { access: { kind: 'session', applications: ['web'], grant: 'operate' }, bytes: 1 }],
  ])('refuse %s', async (_what, change) => {
    await expect(set(change)).rejects.toMatchObject({ code: 'invalid-request' });
    expect(store.all).toEqual([]);
  });

  it('are bounded per device; expired ones make room', async () => {
    const until = '2030-01-07T10:00:00.000Z';
    await Promise.all(Array.from({ length: LIMITS.CONDITIONS_PER_DEVICE }, () => set({ until })));
    await expect(set()).rejects.toMatchObject({ code: 'conflict' });
    expect(await store.set('mfp-2', wanted(), 'local page')).toBeDefined();
    now = Date.parse(until);
    await set();
    expect(store.of('mfp-1')).toHaveLength(1);
    expect((await loaded()).of('mfp-1')).toHaveLength(1);
  });

  it.each([
    ['the longest applications', 'Archive'],
    ['Japanese names', '文'.repeat(100)],
    ['names that XML escapes', '&'.repeat(100)],
    ['names that JSON escapes', '\u0001'.repeat(100)],
  ])('with %s fit into one report, also when they have been used', async (_what, name) => {
    const applications = Array.from({ length: 32 }, (_, n) => `${'a'.repeat(62)}${n}`.slice(0, 64));
    const access = { kind: 'session', applications: applications.slice(0, 24), grant: 'operate' } as const;
    const who = { ...ARCHIVE, name };
    const outcomes = await Promise.allSettled(Array.from({ length: 40 }, () => set({ who, access })));
    expect(outcomes.some(({ status }) => status === 'rejected')).toBe(true);
    const most = { times: Number.MAX_SAFE_INTEGER, bytes: Number.MAX_SAFE_INTEGER };
    const conditions = store.all.map((each) => ({ ...each, used: most }));
    expect(conditions.length).toBeGreaterThan(10);
    expect(containerExcess(reportConditions, { deviceId: 'mfp-1', conditions })).toBe(0);
  });

  it.each([
    ['is not JSON', '{"version":1,"conditions":['],
    ['is of another version', '{"version":2,"conditions":[]}'],
    ['holds something else', '{"version":1,"conditions":[{"id":"1"}]}'],
    ['is empty', ''],
  ])('permit nothing if the file %s, which is kept and reported', async (_what, text) => {
    await set();
    await writeFile(file(), text);
    const damaged = await loaded();
    expect(damaged.all).toEqual([]);
    expect(damaged.decide('mfp-1', get()).permitted).toBe(false);
    expect(await readdir(folder)).toEqual(['access-conditions.damaged.json']);
    expect(await readFile(join(folder, 'access-conditions.damaged.json'), 'utf8')).toBe(text);
    expect(recorded.lines.at(-1)).toMatchObject({
      level: 'error',
      msg: expect.stringContaining('nothing is permitted'),
    });
  });
});

describe('with a full disk', () => {
  it('nothing is permitted that could not be stored, and a revocation applies until the next start', async () => {
    const disk = await smallFilesystem(64);
    if (!disk) return expect(disk).toBeUndefined();
    try {
      store = await loaded(disk.folder);
      const { id } = await set({ times: 5 });
      await expect(writeFile(join(disk.folder, 'filler'), Buffer.alloc(64 * 1024))).rejects.toMatchObject({
        code: 'ENOSPC',
      });
      await expect(set()).rejects.toMatchObject({ code: 'ENOSPC' });
      expect(store.all).toHaveLength(1);
      await expect(store.admit('mfp-1', get())).rejects.toMatchObject({ code: 'ENOSPC' });
      expect(store.find(id)?.used.times).toBe(0);
      await expect(store.revoke(id)).rejects.toMatchObject({ code: 'ENOSPC' });
      expect(store.decide('mfp-1', get()).permitted).toBe(false);
    } finally {
      await store.close();
      await disk.remove();
    }
  });
});
