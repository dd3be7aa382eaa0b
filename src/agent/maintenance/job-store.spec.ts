import { mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recordedJournal, type RecordedJournal } from '../../../test/support/recorded-journal';
import { removeFolder } from '../../../test/support/remove-folder';
import { smallFilesystem } from '../../../test/support/small-filesystem';
import type { JobOrder } from '../../protocol/ad-hoc-command';
import { finalReport, type AgentJob, type AgentJobs, type JobPhase } from './job';
import { JobStore, type StoredMoment } from './job-store';

const firmware = {
  url: 'https://platen.example/f',
  token: 't'.repeat(43),
  bytes: 10,
  sha256: '0'.repeat(64),
  version: '2',
};
const idOf = (i: number) => `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`;
const jobsOf = (...phases: JobPhase[]): AgentJobs =>
  new Map(
    phases.map((phase, i): [string, AgentJob] => {
      const order: JobOrder = { jobId: idOf(i), deviceId: 'mfp-1', operation: 'restart', expiresInSeconds: 60 };
      return [order.jobId, { order: i === 0 ? { ...order, firmware } : order, phase }];
    }),
  );

let folder: string;
let recorded: RecordedJournal;
let store: JobStore;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'platen-jobs-'));
  recorded = recordedJournal();
  store = new JobStore(folder, recorded.journal);
});
afterEach(() => removeFolder(folder));

const file = () => join(folder, 'maintenance-jobs.json');
const result = [{ name: 'model', value: '3050ci' }];

describe('the stored jobs', () => {
  it('are read in their order, with their remaining times', async () => {
    const now = performance.now();
    const over = finalReport({ failure: null, detail: '', result });
    await store.save(
      jobsOf(
        { name: 'started', activity: 'sending', percent: 4 },
        { name: 'waiting', hold: 'stopped', detail: 'jam', expiresAt: now + 3_600_000 },
        { name: 'over', report: over, forgetAt: now + 7_200_000 },
      ),
    );
    const jobs = [...(await new JobStore(folder, recorded.journal).load(0)).values()];
    expect(jobs.map(({ order }) => order.jobId)).toEqual([0, 1, 2].map(idOf));
    expect(jobs[0]).toEqual({
      order: expect.objectContaining({ firmware }),
      phase: { name: 'started', activity: '', percent: null },
    });
    expect(jobs[1]!.phase).toMatchObject({ name: 'waiting', hold: 'queued' });
    expect(jobs[2]!.phase).toMatchObject({ name: 'over', report: over });
    const left = jobs.map(({ phase }) =>
      phase.name === 'waiting' ? phase.expiresAt : phase.name === 'over' ? phase.forgetAt : 0,
    );
    expect(left[1]).toBeGreaterThan(3_000_000);
    expect(left[1]).toBeLessThanOrEqual(3_600_000);
    expect(left[2]).toBeGreaterThan(left[1]!);
  });

  const HOUR = 3_600_000;
  const NOW = Date.UTC(2026, 0, 1);
  const boot = (id: string, ms: number) => ({ boot: { id, ms } });
  it.each<readonly [string, StoredMoment, StoredMoment, number]>([
    ['by the clock of the computer', { storedAt: NOW }, { storedAt: NOW + HOUR }, HOUR],
    ['in one boot', { storedAt: NOW, ...boot('a', 1) }, { storedAt: NOW + HOUR, ...boot('a', HOUR + 1) }, HOUR],
    ['while the clock was set from 1970', { storedAt: 5, ...boot('a', 1) }, { storedAt: NOW, ...boot('a', 2) }, 1],
    ['while the clock was set back', { storedAt: NOW, ...boot('a', 0) }, { storedAt: 0, ...boot('a', HOUR) }, HOUR],
    ['over another boot', { storedAt: NOW, ...boot('a', 9) }, { storedAt: NOW + HOUR, ...boot('b', 1) }, HOUR],
    ['over a boot with a clock of 1970', { storedAt: NOW, ...boot('a', 9) }, { storedAt: 5, ...boot('b', 1) }, 0],
    ['since an earlier version', {}, { storedAt: NOW, ...boot('a', 1) }, 0],
  ])(
    'have the remaining times, less that for which the agent was not running: %s',
    async (_how, stored, loaded, away) => {
      const [wait, now] = [{ before: '1', until: performance.now() + 10 * HOUR }, performance.now()];
      await new JobStore(folder, recorded.journal, () => stored).save(
        jobsOf(
          { name: 'started', activity: 'installing', percent: null, wait },
          { name: 'waiting', hold: 'stopped', detail: 'jam', expiresAt: now + 10 * HOUR },
        ),
      );
      const jobs = [...(await new JobStore(folder, recorded.journal, () => loaded).load(now)).values()];
      const ends = jobs.map(({ phase }) =>
        phase.name === 'started' ? phase.wait!.until : phase.name === 'waiting' ? phase.expiresAt : NaN,
      );
      for (const end of ends) {
        expect(end - now).toBeLessThanOrEqual(10 * HOUR - away);
        expect(end - now).toBeGreaterThan(10 * HOUR - away - HOUR / 2); // less the time that storing took
      }
    },
  );

  it('know the boot of this computer', async () => {
    await store.save(jobsOf({ name: 'started', activity: '', percent: null }));
    const { boot } = JSON.parse(await readFile(file(), 'utf8')) as StoredMoment;
    expect(boot).toEqual({ id: expect.stringMatching(/^[0-9a-f-]{36}$/), ms: expect.any(Number) });
  });

  it('are private, and no temporary file remains', async () => {
    await store.save(jobsOf({ name: 'started', activity: '', percent: null }));
    expect((await stat(file())).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['maintenance-jobs.json']);
  });

  it('are the newest ones after several writes at the same time', async () => {
    const phase = { name: 'started', activity: '', percent: null } as const;
    const saves = [1, 2, 3, 4].map((count) => store.save(jobsOf(...Array<JobPhase>(count).fill(phase))));
    await Promise.all(saves);
    expect((await store.load(0)).size).toBe(4);
  });

  it.each([
    ['cut off', '{"version":1,"jobs":[{"tok'],
    ['not valid', '{"version":1,"jobs":[{"order":{"token":"ssss"}}]}'],
    ['of another version', '{"version":2,"jobs":[]}'],
    ['empty', ''],
  ])('are renamed, but not quoted in the journal, when the file is %s', async (_what, text) => {
    await writeFile(file(), text);
    expect(await store.load(0)).toEqual(new Map());
    expect(await readFile(join(folder, 'maintenance-jobs.damaged.json'), 'utf8')).toBe(text);
    expect(recorded.lines).toEqual([
      expect.objectContaining({ level: 'error', msg: expect.stringContaining('the file was renamed') }),
    ]);
    expect(recorded.text()).not.toMatch(/tok|ssss/);
    await store.save(jobsOf({ name: 'started', activity: '', percent: null }));
    expect((await store.load(0)).size).toBe(1);
  });

  it('are empty in a new folder', async () => {
    const fresh = new JobStore(join(folder, 'deep', 'state'), recorded.journal);
    expect(await fresh.load(0)).toEqual(new Map());
    expect(recorded.lines).toEqual([]);
  });

  it('are unchanged when a write fails because the disk is full', async () => {
    const small = await smallFilesystem(16);
    if (!small) return expect(small).toBeUndefined();
    try {
      const full = new JobStore(small.folder, recorded.journal);
      const phase = { name: 'over', report: finalReport({ failure: null, detail: '', result }), forgetAt: 1 } as const;
      await full.save(jobsOf(phase));
      const many = Array<JobPhase>(200).fill(phase);
      await expect(full.save(jobsOf(...many))).rejects.toMatchObject({ code: 'ENOSPC' });
      expect((await full.load(0)).size).toBe(1);
      await full.save(jobsOf(phase, phase));
      expect((await full.load(0)).size).toBe(2);
    } finally {
      await small.remove();
    }
  });
});
