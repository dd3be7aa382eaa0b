import type { Journal } from '../../journal/journal';
import type { KeeperStatus, RelayRun } from '../../protocol/keeper-rpc';
import { LIMITS } from '../../protocol/limits';
import { Backoff } from '../../tunnel/backoff';
import type { ListeningPorts } from './listening-ports';
import { RunningMaster } from './running-master';
import type { DesiredRun } from './desired-run';

/** Timeouts in milliseconds. */
interface Times {
  /** From the start of the desired relay until it serves; then it is restarted. */
  readonly start: number;
  /** For a candidate to start serving. */
  readonly takeOver: number;
  /** For a relay to stop. */
  readonly stop: number;
}
const TIMES: Times = {
  start: LIMITS.DEPLOYMENT_TRIAL_MS,
  takeOver: LIMITS.DEPLOYMENT_TAKE_OVER_MS,
  stop: LIMITS.RELAY_STOP_MS,
};

/**
 * Holds the ports and keeps one relay serving on them: restarts it when it exits, and replaces it with a candidate. The
 * keeper knows nothing about sessions, so that it rarely has to be replaced itself.
 */
export class Keeper {
  /** Resolves when the serving relay reports that it is no longer needed. */
  readonly orphaned: Promise<void>;
  #resolveOrphaned!: () => void;
  /** Every Master that has not exited. */
  readonly #running = new Set<RunningMaster>();
  /** Replaced Masters that are stopping; their exit is not reported. */
  readonly #earlier = new Set<RunningMaster>();
  readonly #backoff = new Backoff({ firstMs: 200, maxMs: 30_000 });
  #desired: RelayRun;
  /** Serves, or starts to serve as soon as it is ready. */
  #serving: RunningMaster | undefined;
  #candidate: RunningMaster | undefined;
  #takingOver: RunningMaster | undefined;
  #restarts = 0;
  #lastExit: KeeperStatus['lastExit'] = null;
  #restartTimer: NodeJS.Timeout | undefined;
  #listening = false;
  #stopping = false;

  /** @param env environment of every Master; variables for its instance are added */
  constructor(
    private readonly ports: ListeningPorts,
    private readonly desiredRun: DesiredRun,
    private readonly env: NodeJS.ProcessEnv,
    private readonly journal: Journal,
    private readonly times = TIMES,
  ) {
    this.orphaned = new Promise((resolve) => (this.#resolveOrphaned = resolve));
    this.#desired = desiredRun.read();
  }

  /** @throws PortUnavailable */
  start(): void {
    this.ports.open(this.#desired.pairs);
    this.#startServing();
  }

  status(): KeeperStatus {
    return {
      serving: this.#serving?.describe() ?? null,
      wanted: this.#desired,
      candidate: this.#candidate?.describe() ?? null,
      restarts: this.#restarts,
      lastExit: this.#lastExit,
      addresses: this.ports.addresses(this.#desired.pairs),
    };
  }

  /**
   * Starts a candidate and discards an earlier one.
   * @returns its instance
   * @throws PortUnavailable
   */
  try(run: RelayRun): string {
    this.discard();
    this.ports.open(run.pairs);
    this.#candidate = this.#launch(run);
    return this.#candidate.instance;
  }

  discard(): void {
    if (this.#takingOver) this.#revertTakeOver();
    const candidate = this.#candidate;
    this.#candidate = undefined;
    void candidate?.stop(this.times.stop, 'discarded');
  }

  /**
   * Has the candidate listen; then the earlier relay stops. Until then the take-over can be reverted. May be repeated.
   * @returns false if `instance` is not a ready candidate
   * @throws NotStored; nothing was changed
   */
  takeOver(instance: string): boolean {
    if (this.#serving?.instance === instance || this.#takingOver?.instance === instance) return true;
    const candidate = this.#candidate;
    if (candidate?.instance !== instance || candidate.state !== 'ready') return false;
    this.desiredRun.prepare(candidate.run);
    this.#takingOver = candidate;
    void this.#takeOver(candidate);
    return true;
  }

  /** Stops every relay in order, by force after `ms`, and closes the ports. */
  async stop(ms = this.times.stop): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#restartTimer);
    await Promise.all([...this.#running].map((master) => master.stop(ms)));
    this.ports.closeBeyond(0);
  }

  #startServing(): void {
    const master = this.#launch(this.#desired);
    this.#serving = master;
    void this.#untilServing(master);
  }

  async #untilServing(master: RunningMaster): Promise<void> {
    const late = setTimeout(() => void master.stop(this.times.stop, 'did not serve in time'), this.times.start);
    const onServing = (await master.ready) && master === this.#serving && (await master.serve());
    clearTimeout(late);
    if (onServing && master === this.#serving) this.#serves(master);
  }

  async #takeOver(candidate: RunningMaster): Promise<void> {
    const late = setTimeout(
      () => void candidate.stop(this.times.stop, 'did not take over in time'),
      this.times.takeOver,
    );
    const serves = await candidate.serve();
    clearTimeout(late);
    if (candidate !== this.#takingOver) return; // discarded meanwhile
    if (!serves) return this.#revertTakeOver();
    try {
      this.desiredRun.commit();
    } catch (error) {
      this.#revertTakeOver();
      return candidate.stop(this.times.stop, (error as Error).message);
    }
    this.#takingOver = undefined;
    const earlier = this.#serving;
    clearTimeout(this.#restartTimer);
    this.#serving = candidate;
    this.#candidate = undefined;
    this.#desired = candidate.run;
    this.#restarts = 0;
    if (earlier) this.#earlier.add(earlier);
    this.#serves(candidate);
    await earlier?.stop(this.times.stop);
  }

  #revertTakeOver(): void {
    this.journal.warn('the take-over failed; the earlier relay continues', { instance: this.#takingOver?.instance });
    this.#takingOver = undefined;
    this.desiredRun.discard();
  }

  #serves(master: RunningMaster): void {
    const { instance, pid, version } = master.describe()!;
    this.journal.info('relay serving', { instance, childPid: pid, version, pairs: master.run.pairs });
    if (!this.#listening) this.journal.info('relay listening', { ...this.ports.addresses(1)[0] });
    this.#listening = true;
    this.#recover();
    void master.orphaned.then((orphaned) => orphaned && master === this.#serving && this.#resolveOrphaned());
  }

  /** The serving relay ends the halves that exited relays left open, after the earlier relay has released the ports. */
  #recover(): void {
    if (this.#serving?.state !== 'serving' || this.#earlier.size > 0) return;
    const others = [...this.#running].filter((master) => master !== this.#serving);
    this.#serving.recover(others.map(({ instance }) => instance));
  }

  #launch(run: RelayRun): RunningMaster {
    const sockets = this.ports.descriptors(run.pairs);
    const master = new RunningMaster(run, sockets, this.env, (text) => process.stderr.write(text));
    this.#running.add(master);
    const started = performance.now();
    void master.exited.then((how) => this.#exited(master, how, performance.now() - started));
    return master;
  }

  #exited(master: RunningMaster, how: string, afterMs: number): void {
    this.#running.delete(master);
    if (this.#stopping) return;
    const { instance, lines } = master;
    if (!this.#earlier.delete(master)) this.#lastExit = { instance, how, lines };
    if (master === this.#candidate) this.#candidate = undefined;
    if (master === this.#serving) {
      this.#serving = undefined;
      this.#restartLater(how, afterMs);
    } else this.journal.info('relay exited', { instance, exit: how });
    this.#recover();
    const needed = [...this.#running].map(({ run }) => run.pairs);
    this.ports.closeBeyond(Math.max(this.#desired.pairs, ...needed));
  }

  #restartLater(how: string, afterMs: number): void {
    if (afterMs > LIMITS.RETRY_MAX_MS) this.#backoff.reset();
    const wait = this.#backoff.next();
    this.journal.warn('the relay exited and will be restarted', { exit: how, retryMs: Math.round(wait) });
    this.#restartTimer = setTimeout(() => {
      this.#restarts++;
      this.#startServing();
    }, wait);
  }
}
