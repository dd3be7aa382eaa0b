import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { DisplayInput, DisplayInputs, DisplayState } from '../../protocol/device-display';
import { LIMITS } from '../../protocol/limits';

/** The state that the agent sent last. Its times are on the clock of `performance.now`. */
export interface ReceivedState extends DisplayState {
  readonly receivedAt: number;
}

/** What the agent of this device says about remote access, and what the person at the device wants of it. */
export class RemoteAccess extends EventEmitter<{ state: []; stale: [] }> {
  private latest: ReceivedState | undefined;
  private stale: NodeJS.Timeout | undefined;
  /** Runs from the loss of the agent's connection until it polls again or sends a state. */
  private lost: NodeJS.Timeout | undefined;
  private readonly run = randomUUID();
  private next = 1;
  private kept: { number: number; input: DisplayInput }[] = [];
  private answerPoll: (() => void) | undefined;

  constructor(
    private readonly staleMs: number = LIMITS.DISPLAY_STALE_MS,
    private readonly pollMs: number = LIMITS.DISPLAY_POLL_MS,
    private readonly lostMs: number = LIMITS.DISPLAY_LOST_MS,
  ) {
    super();
  }

  /** undefined: the agent has not repeated it in time, or its connection was lost, so nothing is known. */
  get state(): ReceivedState | undefined {
    return this.latest;
  }

  update(state: DisplayState): void {
    this.latest = { ...state, receivedAt: performance.now() };
    this.clearTimers();
    this.stale = setTimeout(() => this.forget(), this.staleMs).unref();
    this.emit('state');
  }

  /** @returns the number of the input; undefined: the agent has not acknowledged many before it, so it is refused */
  add(input: DisplayInput): number | undefined {
    if (this.kept.length >= LIMITS.DISPLAY_INPUTS) return undefined;
    const number = this.next++;
    this.kept.push({ number, input });
    this.answerPoll?.();
    return number;
  }

  /**
   * The inputs after the acknowledged ones; waits for the first. A newer poll or the end of `signal`, which is that of the
   * agent's connection, ends the wait.
   * @param acknowledged ignored if it is of another run
   */
  async poll(acknowledged: { run: string; after: number } | undefined, signal: AbortSignal): Promise<DisplayInputs> {
    if (acknowledged?.run === this.run) this.kept = this.kept.filter(({ number }) => number > acknowledged.after);
    clearTimeout(this.lost);
    this.answerPoll?.();
    if (this.kept.length === 0)
      await new Promise<void>((resolve) => {
        const answer = () => {
          clearTimeout(timer);
          this.answerPoll = undefined;
          resolve();
        };
        const timer = setTimeout(answer, this.pollMs);
        const lost = () => {
          if (this.answerPoll !== answer) return; // answered
          answer();
          this.lose();
        };
        signal.addEventListener('abort', lost, { once: true });
        this.answerPoll = answer;
      });
    return { run: this.run, inputs: this.kept };
  }

  stop(): void {
    this.clearTimers();
    this.answerPoll?.();
  }

  /** A live agent polls again at once; one that has ended never does. */
  private lose(): void {
    clearTimeout(this.lost);
    this.lost = setTimeout(() => this.forget(), this.lostMs).unref();
  }

  private clearTimers(): void {
    clearTimeout(this.stale);
    clearTimeout(this.lost);
  }

  private forget(): void {
    this.clearTimers();
    this.latest = undefined;
    this.emit('stale');
  }
}
