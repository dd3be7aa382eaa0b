import type { Journal } from '../../journal/journal';
import type { KeeperStatus, RelayRun } from '../../protocol/keeper-rpc';
import { LIMITS } from '../../protocol/limits';
import { Backoff } from '../../tunnel/backoff';
import type { ListeningPorts } from './listening-ports';
import { RunningMaster } from './running-master';
import type { WantedRun } from './wanted-run';

/** How long the keeper waits at most, in milliseconds. */
interface Times {
  /** For a relay that shall serve, from its start until it does; then it is started again. */
  readonly start: number;
  /** For a candidate to start serving. */
  readonly takeOver: number;
  /** For a relay to stop. */
  readonly stop: number;
}
const TIMES: Times = {
  start: LIMITS.DEPLOYMENT_TRY_MS,
  takeOver: LIMITS.DEPLOYMENT_TAKE_OVER_MS,
  stop: LIMITS.RELAY_STOP_MS,
};

/**
 * Keeps one relay serving on the ports it holds: started again when it exits, replaced by a candidate that was tried
 * beside it. It knows nothing of sessions, so that there is little in it that could ever have to be replaced itself.
 */
export class Keeper {
  /** Resolves when the serving relay reports that it is no longer needed. */
  readonly orphaned: Promise<void>;
  #tellOrphaned!: () => void;
  /** Every Master that has not exited, whatever became of it. */
  readonly #running = new Set<RunningMaster>();
  /** Those that served until another took over: how they exit is of no interest. */
  readonly #earlier = new Set<RunningMaster>();
  readonly #backoff = new Backoff({ firstMs: 200, maxMs: 30_000 });
  #wanted: RelayRun;
  /** Serves, or shall as soon as it is ready. */
  #serving: RunningMaster | undefined;
  #candidate: RunningMaster | undefined;
  #takingOver: RunningMaster | undefined;
  #restarts = 0;
  #lastExit: KeeperStatus['lastExit'] = null;
  #restart: NodeJS.Timeout | undefined;
  #listening = false;
  #stopping = false;

  /** @param env of every Master, beside what names its instance */
  constructor(
    private readonly ports: ListeningPorts,
    private readonly wantedRun: WantedRun,
    private readonly env: NodeJS.ProcessEnv,
    private readonly journal: Journal,
    private readonly times = TIMES,
  ) {
    this.orphaned = new Promise((resolve) => (this.#tellOrphaned = resolve));
    this.#wanted = wantedRun.read();
  }

  /** @throws PortUnavailable */
  start(): void {
    this.ports.open(this.#wanted.pairs);
    this.#startServing();
  }

  status(): KeeperStatus {
    return {
      serving: this.#serving?.describe() ?? null,
      wanted: this.#wanted,
      candidate: this.#candidate?.describe() ?? null,
      restarts: this.#restarts,
      lastExit: this.#lastExit,
      addresses: this.ports.addresses(this.#wanted.pairs),
    };
  }

  /**
   * Starts a candidate, in place of an earlier one.
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
    if (this.#takingOver) this.#takeBack();
    const candidate = this.#candidate;
    this.#candidate = undefined;
    void candidate?.stop(this.times.stop, 'discarded');
  }

  /**
   * The candidate begins to listen; when it does, the earlier relay stops. Until then everything can be taken back.
   * @returns whether that is the instance of a candidate that is ready; true also when asked again
   * @throws NotStored and nothing has changed
   */
  takeOver(instance: string): boolean {
    if (this.#serving?.instance === instance || this.#takingOver?.instance === instance) return true;
    const candidate = this.#candidate;
    if (candidate?.instance !== instance || candidate.state !== 'ready') return false;
    this.wantedRun.prepare(candidate.run);
    this.#takingOver = candidate;
    void this.#takeOver(candidate);
    return true;
  }

  /** Ends every relay in order, by force after `ms`; the ports are closed. */
  async stop(ms = this.times.stop): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#restart);
    await Promise.all([...this.#running].map((master) => master.stop(ms)));
    this.ports.keep(0);
  }

  #startServing(): void {
    const master = this.#launch(this.#wanted);
    this.#serving = master;
    void this.#bringUp(master);
  }

  async #bringUp(master: RunningMaster): Promise<void> {
    const late = setTimeout(() => void master.stop(this.times.stop, 'did not serve in time'), this.times.start);
    const serves = (await master.ready) && master === this.#serving && (await master.serve());
    clearTimeout(late);
    if (serves && master === this.#serving) this.#serves(master);
  }

  async #takeOver(candidate: RunningMaster): Promise<void> {
    const late = setTimeout(
      () => void candidate.stop(this.times.stop, 'did not take over in time'),
      this.times.takeOver,
    );
    const serves = await candidate.serve();
    clearTimeout(late);
    if (candidate !== this.#takingOver) return; // discarded meanwhile
    if (!serves) return this.#takeBack();
    try {
      this.wantedRun.commit();
    } catch (error) {
      this.#takeBack();
      return candidate.stop(this.times.stop, (error as Error).message);
    }
    this.#takingOver = undefined;
    const earlier = this.#serving;
    clearTimeout(this.#restart);
    this.#serving = candidate;
    this.#candidate = undefined;
    this.#wanted = candidate.run;
    this.#restarts = 0;
    if (earlier) this.#earlier.add(earlier);
    this.#serves(candidate);
    await earlier?.stop(this.times.stop);
  }

  #takeBack(): void {
    this.journal.warn('the candidate has not taken over', { instance: this.#takingOver?.instance });
    this.#takingOver = undefined;
    this.wantedRun.discard();
  }

  #serves(master: RunningMaster): void {
    const { instance, pid, version } = master.describe()!;
    this.journal.info('a relay serves', { instance, pid, version, pairs: master.run.pairs });
    if (!this.#listening) this.journal.info('relay listening', { ...this.ports.addresses(1)[0] });
    this.#listening = true;
    this.#recover();
    void master.orphaned.then((orphaned) => orphaned && master === this.#serving && this.#tellOrphaned());
  }

  /** What those that have exited left open, the one that serves may end, once the ports are its alone. */
  #recover(): void {
    if (this.#serving?.state !== 'serving' || this.#earlier.size > 0) return;
    const others = [...this.#running].filter((master) => master !== this.#serving);
    this.#serving.recover(others.map(({ instance }) => instance));
  }

  #launch(run: RelayRun): RunningMaster {
    const sockets = this.ports.descriptors(run.pairs);
    const master = new RunningMaster(run, sockets, this.env, (text) => process.stderr.write(text));
    this.#running.add(master);
    const started = Date.now();
    void master.exited.then((how) => this.#exited(master, how, Date.now() - started));
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
      this.#startAgain(how, afterMs);
    } else this.journal.info('a relay has exited', { instance, how });
    this.#recover();
    const needed = [...this.#running].map(({ run }) => run.pairs);
    this.ports.keep(Math.max(this.#wanted.pairs, ...needed));
  }

  #startAgain(how: string, afterMs: number): void {
    if (afterMs > LIMITS.RETRY_MAX_MS) this.#backoff.reset();
    const wait = this.#backoff.next();
    this.journal.warn('the relay has exited and is started again', { how, inMs: Math.round(wait) });
    this.#restart = setTimeout(() => {
      this.#restarts++;
      this.#startServing();
    }, wait);
  }
}
