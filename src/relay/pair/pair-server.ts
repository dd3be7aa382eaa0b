import type { Journal } from '../../journal/journal';
import { RpcPeer, type RpcHandlers } from '../../tunnel/json-rpc';
import type { RpcChannel } from '../../tunnel/rpc-channel';
import { Listener, type ListenAddress } from './listener';
import { PendingConnections } from './pending-connections';
import { Pair } from './pair';
import { MASTER_METHODS, PAIR_METHODS, PAIR_RPC, type MasterPeer, type PairMethods } from '../pair-rpc';
import type { RelayConfig } from '../relay-config';

/** A pair with its listeners, controlled by its Master. */
export class PairServer {
  /** The Master has exited and all connections are cut. */
  readonly closed: Promise<void>;
  readonly #master: MasterPeer;
  readonly #pair: Pair;
  readonly #pendingConnections: PendingConnections;
  /** On loopback: accepts trials before the relay serves. */
  readonly #trials: Listener;
  readonly #serving: Listener;

  /** @param address for peers; used when the Master calls `serve` */
  constructor(
    channel: RpcChannel,
    { tls, proxies }: Pick<RelayConfig, 'tls' | 'proxies'>,
    private readonly address: ListenAddress,
    journal: Journal,
  ) {
    this.#master = new RpcPeer(channel, PAIR_METHODS, this.#methods(), MASTER_METHODS, journal, PAIR_RPC);
    this.#pair = new Pair(this.#master, journal);
    this.#pendingConnections = new PendingConnections(this.#pair, journal);
    const onPeer = (...peer: Parameters<PendingConnections['accept']>) => void this.#pendingConnections.accept(...peer);
    this.#trials = new Listener({ tls: undefined, proxies: [] }, onPeer, journal);
    this.#serving = new Listener({ tls, proxies }, onPeer, journal);
    this.closed = this.#master.closed.then(() => this.#cut());
  }

  /** Resolves when the pair has reported ready to its Master. */
  async start(): Promise<void> {
    const { port } = await this.#trials.listen({ host: '127.0.0.1', port: 0 });
    await this.#master.call('ready', { trialPort: port });
  }

  #methods(): RpcHandlers<PairMethods> {
    return {
      take: (link) => {
        this.#pair.addLink(link);
        return {};
      },
      forget: ({ linkId }) => {
        this.#pair.forgetLink(linkId);
        return {};
      },
      'end-half': ({ linkId, half, ending }) => ({ known: this.#pair.endHalf(linkId, half, ending) }),
      list: () => ({ sessions: this.#pair.sessions.map((session) => session.describe()) }),
      health: () => {
        const { user, system } = process.cpuUsage();
        return { residentBytes: process.memoryUsage.rss(), cpuMicros: user + system };
      },
      drain: ({ draining, returnAfterSeconds }) => {
        this.#pendingConnections.drain(draining, returnAfterSeconds);
        return {};
      },
      serve: async () => {
        const { address, port } = await this.#serving.listen(this.address);
        return { host: address, port };
      },
      stop: async ({ reason }) => {
        const closed = [this.#trials.stopAccepting(), this.#serving.stopAccepting()];
        this.#pendingConnections.stop();
        await this.#pair.endAll(reason);
        await Promise.all(closed);
        return {};
      },
    };
  }

  #cut(): void {
    for (const listener of [this.#trials, this.#serving]) {
      void listener.stopAccepting();
      listener.cut();
    }
    this.#pair.forgetAll();
  }
}
