import { readFileSync } from 'node:fs';
import { mkdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Journal } from '../../journal/journal';
import { signedRecord } from '../../protocol/approval-record';
import { jobOrder, jobReport } from '../../protocol/ad-hoc-command';
import { replaceDurably } from '../durable-file';
import type { AgentJob, AgentJobs, JobPhase, VersionWait } from './job';

const FILE = 'maintenance-jobs.json';
const DAMAGED = 'maintenance-jobs.damaged.json';

/** When a file was stored, to know after a restart of the agent for how long it was not running. */
const storedMoment = z.object({
  /** Epoch milliseconds of the local clock; optional in files of earlier versions. */
  storedAt: z.number().optional(),
  /** The boot of this computer, and milliseconds since: the local clock may be set meanwhile. Undefined if it is not known. */
  boot: z.object({ id: z.string(), ms: z.number() }).optional(),
});
export type StoredMoment = z.infer<typeof storedMoment>;

function presentMoment(): StoredMoment {
  const ms = Number(process.hrtime.bigint() / 1_000_000n);
  try {
    const id = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    return { storedAt: Date.now(), boot: { id, ms } };
  } catch {
    return { storedAt: Date.now() };
  }
}

/** After another boot, only the local clock can tell. */
function msBetween(then: StoredMoment, now: StoredMoment): number {
  if (then.boot && now.boot && then.boot.id === now.boot.id) return Math.max(0, now.boot.ms - then.boot.ms);
  return then.storedAt === undefined ? 0 : Math.max(0, now.storedAt! - then.storedAt);
}

/** Remaining time, because the clock of JobPhase does not survive a restart. */
const leftMs = z.number();
const storedJobs = storedMoment.extend({
  version: z.literal(1),
  jobs: z.array(
    z.object({
      order: jobOrder,
      record: signedRecord.optional(),
      phase: z.discriminatedUnion('name', [
        z.object({ name: z.literal('waiting'), leftMs }),
        // the phase `started`
        z.object({ name: z.literal('begun'), wait: z.object({ before: z.string(), leftMs }).optional() }),
        z.object({ name: z.literal('over'), report: jobReport, leftMs }),
      ]),
    }),
  ),
});
type StoredPhase = z.infer<typeof storedJobs>['jobs'][number]['phase'];

/**
 * Stores the jobs in the state folder, so that each is carried out once even if the agent is killed. The file is
 * private, because it contains the tokens of firmware downloads.
 */
export class JobStore {
  readonly #file: string;
  #due: AgentJobs | undefined;
  #writing: Promise<void> | undefined;

  constructor(
    private readonly folder: string,
    private readonly journal: Journal,
    private readonly clock: () => StoredMoment = presentMoment,
  ) {
    this.#file = join(folder, FILE);
  }

  /** Renames and logs a file that cannot be read; the agent then starts without jobs. */
  async load(now: number): Promise<AgentJobs> {
    await mkdir(this.folder, { recursive: true });
    try {
      const { jobs, ...stored } = storedJobs.parse(JSON.parse(await readFile(this.#file, 'utf8')));
      const awayMs = msBetween(stored, this.clock());
      return new Map(
        jobs.map(({ phase, ...job }) => [job.order.jobId, { ...job, phase: readPhase(phase, now, awayMs) }]),
      );
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') await this.#setAside(error as Error);
      return new Map();
    }
  }

  /**
   * Resolves when these jobs, or newer ones, are on disk.
   * @throws the error of the file system; the jobs stored before are unchanged
   */
  async save(jobs: AgentJobs): Promise<void> {
    this.#due = jobs;
    // A write in progress may contain an earlier state.
    if (this.#writing) await this.#writing.catch(() => undefined);
    if (this.#due === undefined) return this.#writing;
    this.#writing ??= this.#write().finally(() => (this.#writing = undefined));
    return this.#writing;
  }

  async #write(): Promise<void> {
    const jobs = [...(this.#due ?? [])].map(([, job]) => writeJob(job, performance.now()));
    this.#due = undefined;
    await replaceDurably(this.#file, JSON.stringify({ version: 1, ...this.clock(), jobs }));
  }

  async #setAside(error: Error): Promise<void> {
    const aside = join(this.folder, DAMAGED);
    const detail =
      error instanceof z.ZodError || error instanceof SyntaxError ? 'not a file of stored jobs' : error.message;
    this.journal.error('the stored maintenance jobs cannot be read; the file was renamed', {
      file: aside,
      detail,
    });
    await rename(this.#file, aside).catch((failure: Error) =>
      this.journal.error('the file of maintenance jobs could not be renamed', { detail: failure.message }),
    );
  }
}

/** A restarted agent asks again about a job that waits, so the record of an answer stays with a started one only. */
function writeJob({ order, phase, record }: AgentJob, now: number): Omit<AgentJob, 'phase'> & { phase: StoredPhase } {
  switch (phase.name) {
    case 'waiting':
      return { order, phase: { name: 'waiting', leftMs: phase.expiresAt - now } };
    case 'started':
      return { order, record, phase: { name: 'begun', wait: phase.wait && writeWait(phase.wait, now) } };
    case 'over':
      return { order, phase: { name: 'over', report: phase.report, leftMs: phase.forgetAt - now } };
  }
}

const writeWait = ({ before, until }: VersionWait, now: number) => ({ before, leftMs: until - now });

/** @param awayMs how long the agent was not running; a job that expired meanwhile must not start */
function readPhase(phase: StoredPhase, now: number, awayMs: number): JobPhase {
  switch (phase.name) {
    case 'waiting': // its device has to be polled again
      return { name: 'waiting', hold: 'queued', detail: '', expiresAt: now + phase.leftMs - awayMs };
    case 'begun': {
      const wait = phase.wait && { before: phase.wait.before, until: now + phase.wait.leftMs - awayMs };
      return { name: 'started', activity: '', percent: null, ...(wait && { wait }) };
    }
    case 'over': // not shortened by awayMs: the control plane could not read the result meanwhile
      return { name: 'over', report: phase.report, forgetAt: now + phase.leftMs };
  }
}
