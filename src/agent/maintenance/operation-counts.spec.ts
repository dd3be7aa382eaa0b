import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recordedJournal } from '../../../test/support/recorded-journal';
import { removeFolder } from '../../../test/support/remove-folder';
import { OperationCounts } from './operation-counts';

const HOUR_MS = 3_600_000;
let folder: string;
let now: number;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'platen-counts-'));
  now = Date.UTC(2026, 0, 1, 12);
});
afterEach(() => removeFolder(folder));

async function loaded(recorded = recordedJournal()): Promise<OperationCounts> {
  const counts = new OperationCounts(folder, recorded.journal, () => now);
  await counts.load();
  return counts;
}

describe('the counted operations', () => {
  it('are those of the device and operation within the last hour, also after a restart of the agent', async () => {
    const counts = await loaded();
    await counts.count('mfp-1', 'restart');
    now += HOUR_MS / 2;
    await Promise.all([counts.count('mfp-1', 'restart'), counts.count('mfp-1', 'test-page')]);
    for (const each of [counts, await loaded()])
      expect([each.recent('mfp-1', 'restart'), each.recent('mfp-1', 'test-page')]).toEqual([2, 1]);
    expect(counts.recent('mfp-2', 'restart')).toBe(0);
    now += HOUR_MS / 2;
    expect((await loaded()).recent('mfp-1', 'restart')).toBe(1);
  });

  it('count at once, before they are on disk', async () => {
    const counts = await loaded();
    const written = counts.count('mfp-1', 'restart');
    expect(counts.recent('mfp-1', 'restart')).toBe(1);
    await written;
  });

  it('are forgotten after an hour, although the clock was set back meanwhile', async () => {
    const counts = await loaded();
    await counts.count('mfp-1', 'restart');
    now -= 30 * 24 * HOUR_MS;
    expect(counts.recent('mfp-1', 'restart')).toBe(1);
    now += HOUR_MS;
    expect(counts.recent('mfp-1', 'restart')).toBe(0);
  });

  it('start again, with an error in the log, from a file that cannot be read', async () => {
    await writeFile(join(folder, 'maintenance-starts.json'), '{"starts":[{"at":"x"}]}');
    const recorded = recordedJournal();
    expect((await loaded(recorded)).recent('mfp-1', 'restart')).toBe(0);
    expect(recorded.text()).toContain('the counted operations cannot be read');
  });

  it('cannot be counted in a folder that is gone', async () => {
    const counts = await loaded();
    await removeFolder(folder);
    await expect(counts.count('mfp-1', 'restart')).rejects.toThrow('ENOENT');
    await (await loaded()).count('mfp-1', 'restart');
  });
});
