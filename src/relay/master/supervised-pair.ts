import { setTimeout as delay } from 'node:timers/promises';
import type { Journal } from '../../journal/journal';
import { LIMITS } from '../../protocol/limits';
import type { Params, Result } from '../../protocol/relay-rpc';
import type { EndReason } from '../../protocol/remote-session';
import { Backoff } from '../../tunnel/backoff';
import { RpcPeer, type RpcHandlers } from '../../tunnel/json-rpc';
import { RpcUnavailable } from '../../tunnel/json-rpc.errors';
import {
  MASTER_METHODS,
  PAIR_METHODS,
  PAIR_RPC,
  type MasterMethods,
  type PairAddress,
  type PairMethods,
  type PairPeer,
} from '../pair-rpc';
import { PairFailed } from './relay.errors';
import type { RunningPair, StartPair } from './running-pair';

/** A pair that misses this many health requests counts as hung. */
const MISSED_PINGS = 2;
/** Timeout for a pair to exit after its Master has closed the channel. */
const EXIT_MS = 1_000;

export type MasterAnswers = Omit<RpcHandlers<MasterMethods>, 'ready'>;

/** The Master's view of one pair: starts it, restarts it with back-off when it has died, and stops it. */
export class SupervisedPair {
  /** Where peers dial it; undefined until it has served. */
  address: PairAddress | undefined;
  trialPort = 0;
  #running: RunningPair | undefined;
  /** Set while the pair is up. */
  #peer: PairPeer | undefined;
  #draining: Params<PairMethods, 'drain'> = { draining: false, returnAfterSeconds: 0 };
  #serves = false;
  readonly #stopped = new AbortController();
  readonly #backoff = new Backoff();

  /** @param onDown called and awaited when the pair has died; ends its halves in the log */
  constructor(
    readonly number: number,
    private readonly startPair: StartPair,
    private readonly answers: MasterAnswers,
    private readonly onDown: (pair: SupervisedPair) => Promise<void>,
    private readonly journal: Journal,
  ) {}

  get isUp(): boolean {
    return this.#peer !== undefined;
  }

  /** @throws PairFailed */
  async start(): Promise<void> {
    await this.#start();
    void this.#supervise();
  }

  async serve(): Promise<void> {
    this.#serves = true;
    this.address = await this.call('serve', {});
    this.journal.info('pair serving', { pair: this.number, ...this.address });
  }

  /** A pair that is down receives the decision when it is up again. */
  async drain(decision: Params<PairMethods, 'drain'>): Promise<void> {
    this.#draining = decision;
    if (this.isUp) await this.call('drain', decision).catch(() => undefined);
  }

  /** @throws RpcUnavailable, RpcTimeout, RpcRefused, RpcMalformedResult */
  async call<K extends keyof PairMethods>(
    method: K,
    params: Params<PairMethods, K>,
    timeoutMs?: number,
  ): Promise<Result<PairMethods, K>> {
    if (!this.#peer) throw new RpcUnavailable(`pair ${this.number} is restarting`);
    return await this.#peer.call(method, params, timeoutMs);
  }

  /** Ends its halves in order, then stops the pair. */
  async stop(reason: EndReason, withinMs: number): Promise<void> {
    this.#stopped.abort();
    if (this.isUp)
      await this.call('stop', { reason }, withinMs).catch((error: Error) =>
        this.journal.warn('a pair did not stop in order', { pair: this.number, detail: error.message }),
      );
    await this.#end();
  }

  async #end(): Promise<void> {
    this.#peer = undefined;
    const running = this.#running;
    if (!running) return;
    running.channel.close(1000, '');
    const patience = setTimeout(() => running.kill(), EXIT_MS);
    await running.exited;
    clearTimeout(patience);
  }

  async #start(): Promise<void> {
    const running = this.startPair(this.number);
    this.#running = running;
    const timeout = new AbortController();
    let onReady: (trialPort: number) => void = () => undefined;
    const ready = new Promise<number>((resolve) => (onReady = resolve));
    const answers: RpcHandlers<MasterMethods> = {
      ...this.answers,
      ready: ({ trialPort }) => {
        onReady(trialPort);
        return {};
      },
    };
    const peer = new RpcPeer(running.channel, MASTER_METHODS, answers, PAIR_METHODS, this.journal, PAIR_RPC);
    const outcome = await Promise.race([
      ready,
      running.exited,
      delay(LIMITS.RELAY_PAIR_START_MS, 'it did not report ready in time', { signal: timeout.signal }),
    ]);
    timeout.abort();
    if (typeof outcome === 'string') {
      await this.#end();
      throw new PairFailed(`pair ${this.number} cannot start: ${outcome}`);
    }
    this.trialPort = outcome;
    this.#peer = peer;
    this.journal.info('pair ready', { pair: this.number, childPid: running.pid, trialPort: outcome });
  }

  /** Runs until `stop`. */
  async #supervise(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      const since = performance.now();
      const how = await this.#untilDown(this.#running!);
      this.#peer = undefined;
      if (signal.aborted) return;
      this.journal.error('a pair has died and will be restarted', { pair: this.number, exit: how });
      await this.onDown(this).catch((error: unknown) => this.journal.unexpected(error, 'ending the halves of a pair'));
      if (performance.now() - since > LIMITS.RELAY_PAIR_START_MS) this.#backoff.reset();
      await this.#restart();
    }
  }

  async #restart(): Promise<void> {
    const { signal } = this.#stopped;
    for (;;) {
      await delay(this.#backoff.next(), undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      try {
        await this.#start();
        if (this.#draining.draining) await this.call('drain', this.#draining);
        if (this.#serves) await this.serve();
        return;
      } catch (error) {
        await this.#end();
        this.journal.error('a pair could not be restarted; trying again', {
          pair: this.number,
          detail: (error as Error).message,
        });
      }
    }
  }

  /** Kills the pair if it hangs. @returns how it exited */
  async #untilDown(running: RunningPair): Promise<string> {
    let unanswered = 0;
    const watch = setInterval(() => {
      this.call('health', {}).then(
        () => (unanswered = 0),
        () => {
          if (++unanswered < MISSED_PINGS || this.#stopped.signal.aborted) return;
          this.journal.error('a pair does not answer and is killed', { pair: this.number });
          running.kill();
        },
      );
    }, LIMITS.RELAY_PAIR_PING_MS);
    // Without its channel the pair is useless.
    void running.channel.closed.then(() => this.#stopped.signal.aborted || running.kill());
    const how = await running.exited;
    clearInterval(watch);
    return how;
  }
}
