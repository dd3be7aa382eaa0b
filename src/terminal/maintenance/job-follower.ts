import type { Job } from '../../protocol/maintenance';
import { jittered } from '../../protocol/waits';
import { EXIT_CODES, type Exit } from '../exit-codes';
import { Interrupts, pause, unlessAborted } from '../interrupts';
import { ApiProblem, isPassing } from '../terminal.errors';
import type { TerminalIo } from '../terminal-io';
import { TERMINAL_LIMITS } from '../terminal-limits';
import { exitOf, printResults, stateLine, STATES } from './job-words';
import type { MaintenanceApi } from './maintenance-api';

/** Shows a job until it ends: each change as a line on standard error, the result on standard output (S125). */
export class JobFollower {
  private shown = '';
  private cancelling = false;

  constructor(
    private readonly io: TerminalIo,
    private readonly api: MaintenanceApi,
    private readonly json: boolean,
  ) {}

  /** The first Ctrl-C cancels the job. If it has already started, or at the second Ctrl-C, it continues unattended. */
  async follow(started: Job): Promise<Exit> {
    const interrupts = new Interrupts(this.io);
    try {
      let now = started;
      for (let exit = this.show(now); ; exit = this.show(now)) {
        if (exit) return this.conclude(now, exit);
        const stop = this.cancelling ? interrupts.second : interrupts.first;
        const next = await this.poll(now.id, stop);
        if (next) now = next;
        else if (this.cancelling || !(await this.cancel(now.id))) return this.leave(now);
      }
    } finally {
      interrupts.dispose();
    }
  }

  private show(now: Job): Exit | undefined {
    const exit = exitOf(now);
    const line = stateLine(now);
    const isNew = line !== this.shown;
    this.shown = line;
    if (!isNew || exit) return exit;
    if (this.json) this.io.printJson({ event: 'state', job: now });
    else if (now.percent !== null) this.io.reportInPlace(line);
    else this.report(line);
    return exit;
  }

  /** Retries until the server answers; undefined: interrupted. */
  private async poll(id: string, stop: AbortSignal): Promise<Job | undefined> {
    const end = performance.now() + TERMINAL_LIMITS.JOB_OUTAGE_MS;
    while (!stop.aborted) {
      await pause(Math.round(jittered(TERMINAL_LIMITS.JOB_POLL_MS, { least: 0.75, most: 1.25 })), stop);
      try {
        const answer = await unlessAborted(stop, this.api.job(id));
        return answer === 'interrupted' ? undefined : answer;
      } catch (error) {
        if (!isPassing(error) || performance.now() > end) throw error;
      }
    }
    return undefined;
  }

  /** @returns false: the job has started on the device */
  private async cancel(id: string): Promise<boolean> {
    this.cancelling = true;
    this.report('Cancelling the job. Press Ctrl-C again to stop waiting.');
    try {
      await this.api.cancel(id);
      return true;
    } catch (error) {
      if (error instanceof ApiProblem && error.code === 'wrong-state') return true; // it has already ended
      if (error instanceof ApiProblem && error.code === 'job-begun') return false;
      throw error;
    }
  }

  private conclude(over: Job, exit: Exit): Exit {
    this.io.clearLine();
    if (this.json) this.io.printJson({ event: 'ended', job: over, exitCode: EXIT_CODES[exit].code });
    else {
      this.report(stateLine(over));
      printResults(this.io, over);
    }
    return exit;
  }

  private leave({ id, state }: Job): Exit {
    this.report(`The job continues (${STATES[state]}). Follow it: platen job ${id}`);
    return 'interrupted';
  }

  private report(line: string): void {
    this.io.clearLine();
    this.io.report(line);
  }
}
