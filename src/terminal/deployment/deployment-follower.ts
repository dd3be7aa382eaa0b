import type { Deployment, DeploymentState } from '../../protocol/deployment';
import { jittered } from '../../protocol/waits';
import { KeyQuestion } from '../ask';
import type { DeploymentApi } from './deployment-api';
import { deviceList, exitOf, outcome, stateLine, STATES } from './deployment-words';
import { EXIT_CODES, type Exit } from '../exit-codes';
import { Interrupts, pause, unlessAborted } from '../interrupts';
import { ApiProblem, isPassing } from '../terminal.errors';
import type { TerminalIo } from '../terminal-io';
import { TERMINAL_LIMITS } from '../terminal-limits';

const WITH_LIST: readonly DeploymentState[] = ['listed', 'awaiting-idle', 'scheduled', 'draining'];
const PROMPT = 'e  execute now    i  execute when idle    a  abort';

/** Shows a deployment until it ends: as text with a live list, or with --json as one object per state. */
export class DeploymentFollower {
  private shown: DeploymentState | undefined;
  private question: KeyQuestion | undefined;

  constructor(
    private readonly io: TerminalIo,
    private readonly api: DeploymentApi,
    private readonly options: { readonly json?: boolean; readonly yes?: boolean },
  ) {}

  /** Ctrl-C stops following; the deployment continues. */
  async follow(started: Deployment): Promise<Exit> {
    const interrupts = new Interrupts(this.io);
    try {
      let now = started;
      for (let exit = this.show(now); ; exit = this.show(now)) {
        if (exit) return this.conclude(now, exit);
        const next = await this.next(now, interrupts.first);
        if (!next) return this.leave(now);
        now = next;
      }
    } finally {
      this.endQuestion();
      interrupts.dispose();
    }
  }

  private show(now: Deployment): Exit | undefined {
    const isNew = now.state !== this.shown;
    this.shown = now.state;
    const exit = exitOf(now);
    if (this.options.json) {
      if (isNew && !exit) this.io.printJson({ event: 'state', deployment: now });
      return exit;
    }
    if (isNew || exit) this.io.redraw([]);
    if (isNew) this.io.report(stateLine(now));
    if (!exit && WITH_LIST.includes(now.state)) this.drawList(now);
    return exit;
  }

  private drawList(now: Deployment): void {
    const question = this.asks(now) ? ['', PROMPT] : [];
    this.io.redraw(['', ...deviceList(now), ...question]);
  }

  /** Whether to prompt now. */
  private asks({ state }: Deployment): boolean {
    return state === 'listed' && this.io.interactive && !this.options.json && !this.options.yes;
  }

  /** The deployment after a poll or a decision; undefined: interrupted. */
  private async next(now: Deployment, interrupted: AbortSignal): Promise<Deployment | undefined> {
    if (now.state === 'listed' && this.options.yes) {
      if (!this.options.json) this.printBelow(...deviceList(now));
      return this.unlessDecided(now, () => this.api.execute(now.id, { when: 'now' }));
    }
    const wait = Math.round(jittered(TERMINAL_LIMITS.DEPLOYMENT_POLL_MS, { least: 0.75, most: 1.25 }));
    const key = await this.keyWithin(now, wait, interrupted);
    if (key === 'e') return this.unlessDecided(now, () => this.api.execute(now.id, { when: 'now' }));
    if (key === 'i') return this.unlessDecided(now, () => this.api.execute(now.id, { when: 'idle' }));
    if (key === 'a') return this.unlessDecided(now, () => this.api.abort(now.id));
    if (interrupted.aborted) return undefined;
    return this.poll(now.id, interrupted);
  }

  /** Keeps reading keys while the prompt is shown, so that none is lost during a poll. */
  private async keyWithin(now: Deployment, ms: number, interrupted: AbortSignal): Promise<string | undefined> {
    if (!this.asks(now)) {
      this.endQuestion();
      await pause(ms, interrupted);
      return undefined;
    }
    this.question ??= new KeyQuestion(this.io, ['e', 'i', 'a']);
    const key = await this.question.answerWithin(ms, interrupted);
    if (key !== undefined) this.endQuestion();
    return key;
  }

  private endQuestion(): void {
    this.question?.end();
    this.question = undefined;
  }

  /** Another administrator may have decided first. */
  private async unlessDecided(now: Deployment, decide: () => Promise<Deployment>): Promise<Deployment> {
    try {
      return await decide();
    } catch (error) {
      if (!(error instanceof ApiProblem && error.code === 'wrong-state')) throw error;
      return this.api.deployment(now.id);
    }
  }

  /** Retries until the server answers: it may be restarting. */
  private async poll(id: string, interrupted: AbortSignal): Promise<Deployment | undefined> {
    const end = performance.now() + TERMINAL_LIMITS.DEPLOYMENT_OUTAGE_MS;
    for (let tries = 1; !interrupted.aborted; tries++) {
      try {
        const answer = await unlessAborted(interrupted, this.api.deployment(id));
        return answer === 'interrupted' ? undefined : answer;
      } catch (error) {
        if (!isPassing(error) || performance.now() > end) throw error;
      }
      if (tries === 2) this.printBelow('The server does not answer. The deployment continues as far as it can.');
      await pause(TERMINAL_LIMITS.DEPLOYMENT_POLL_MS, interrupted);
    }
    return undefined;
  }

  /** Clears the list before it prints; the list is redrawn below. */
  private printBelow(...lines: string[]): void {
    this.io.redraw([]);
    for (const line of lines) this.io.report(line);
  }

  private conclude(over: Deployment, exit: Exit): Exit {
    if (this.options.json) this.io.printJson({ event: 'ended', deployment: over, exitCode: EXIT_CODES[exit].code });
    else for (const line of outcome(over)) this.io.print(line);
    return exit;
  }

  private leave({ id, state }: Deployment): Exit {
    this.io.redraw([]);
    this.io.report(`The deployment continues (${STATES[state]}).`);
    this.io.report(`Follow it: platen deploy status ${id}. Abort it: platen deploy abort ${id}`);
    return 'interrupted';
  }
}
