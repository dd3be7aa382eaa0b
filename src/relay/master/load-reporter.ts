import { setTimeout as delay } from 'node:timers/promises';
import { LIMITS } from '../../protocol/limits';
import type { RelayLoad } from '../../protocol/relay-rpc';
import { jittered } from '../../protocol/waits';
import { RpcRefused } from '../../tunnel/json-rpc.errors';
import type { ControlPlaneLink } from './control-plane-link';

/** Reports the load at intervals while the control plane is connected. One of an earlier release refuses it. */
export class LoadReporter {
  readonly #stopped = new AbortController();
  readonly #running: Promise<void>;

  constructor(
    private readonly controlPlane: Pick<ControlPlaneLink, 'call' | 'connected' | 'whenConnected' | 'whenDisconnected'>,
    private readonly load: () => Promise<RelayLoad>,
  ) {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    while (!signal.aborted) {
      if (!this.controlPlane.connected) await Promise.race([this.controlPlane.whenConnected(), stopped]);
      if (signal.aborted) return;
      if (!(await this.#report())) await Promise.race([this.controlPlane.whenDisconnected(), stopped]);
      const wait = jittered(LIMITS.RELAY_LOAD_MS, { least: 0.9, most: 1 });
      await delay(wait, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  /** @returns false if the control plane does not take reports */
  async #report(): Promise<boolean> {
    try {
      await this.controlPlane.call('report-load', await this.load());
      return true;
    } catch (error) {
      return !(error instanceof RpcRefused); // the next report follows
    }
  }
}
