import { setTimeout as delay } from 'node:timers/promises';
import type { Journal } from '../../journal/journal';
import { acquireInformation, reportInformation } from '../../protocol/control-channel';
import type { DeviceInformation } from '../../protocol/device-information';
import { ProblemError } from '../../protocol/problems';
import { Backoff } from '../../tunnel/backoff';
import type { Device } from '../configuration/configuration';
import type { ControlChannel } from '../channel/control-channel';
import { ExchangeRefused } from '../channel/control-channel.errors';
import type { DeviceWatch } from './device-watch';

/** Of one report; what could not be told then is told after the next login, or with the next change. */
const TRIES = 4;

/** Tells the control plane what devices say of themselves: when it asks (B1, B2), and when that has changed. */
export class InformationExchange {
  /** What the control plane knows, as `essence`. */
  readonly #told = new Map<string, string>();
  /** Changes that are still to be told; of each device the latest only. */
  readonly #due = new Map<string, DeviceInformation>();
  readonly #stopping = new AbortController();
  #telling = false;

  constructor(
    /** Those of which it may tell. */
    private readonly devices: readonly Pick<Device, 'id' | 'model' | 'serialNumber'>[],
    private readonly watch: DeviceWatch,
    private readonly channel: Pick<ControlChannel, 'handle' | 'online' | 'request'>,
    private readonly journal: Journal,
    private readonly retry: { firstMs?: number } = {},
  ) {
    watch.onSeen((deviceId, information) => this.#seen(deviceId, information));
    channel.handle(acquireInformation, ({ deviceId }) => this.#acquire(deviceId));
  }

  /** Tells what has changed while there was no channel. After every login. */
  flush(): void {
    void this.#tell();
  }

  stop(): void {
    this.#stopping.abort();
  }

  async #acquire(deviceId: string): Promise<DeviceInformation> {
    if (!this.devices.some(({ id }) => id === deviceId))
      throw new ProblemError('operation-unsupported', 'this agent tells nothing of the device');
    const information = this.#named(deviceId, await this.watch.look(deviceId));
    this.#told.set(deviceId, essence(information));
    this.#due.delete(deviceId);
    return information;
  }

  #seen(deviceId: string, seen: DeviceInformation): void {
    if (!this.devices.some(({ id }) => id === deviceId)) return;
    const information = this.#named(deviceId, seen);
    if (this.#told.get(deviceId) === essence(information)) return void this.#due.delete(deviceId);
    this.#due.set(deviceId, information);
    void this.#tell();
  }

  /** What a device does not say of itself the configuration may. */
  #named(deviceId: string, information: DeviceInformation): DeviceInformation {
    const device = this.devices.find(({ id }) => id === deviceId);
    const { model, serialNumber } = information;
    return {
      ...information,
      model: model || (device?.model ?? ''),
      serialNumber: serialNumber || (device?.serialNumber ?? ''),
    };
  }

  /** One report after the other. */
  async #tell(): Promise<void> {
    if (this.#telling) return;
    this.#telling = true;
    const backoff = new Backoff(this.retry);
    let tries = 0;
    while (this.channel.online && !this.#stopping.signal.aborted && tries < TRIES) {
      const [next] = this.#due;
      if (!next) break;
      const told = await this.#report(...next);
      tries = told ? 0 : tries + 1;
      if (!told) await delay(backoff.next(), undefined, { signal: this.#stopping.signal }).catch(() => undefined);
    }
    this.#telling = false;
  }

  /** Whether there is nothing more to be told of it. */
  async #report(deviceId: string, information: DeviceInformation): Promise<boolean> {
    try {
      await this.channel.request(reportInformation, { deviceId, information });
    } catch (error) {
      this.journal.info('a change of the device could not be told', { deviceId, detail: (error as Error).message });
      if (!(error instanceof ExchangeRefused)) return false;
    }
    this.#told.set(deviceId, essence(information));
    if (this.#due.get(deviceId) === information) this.#due.delete(deviceId);
    return true;
  }
}

/** What is worth a report; levels and counters change with every page. */
const essence = ({ reached, state, alerts, firmwareVersion }: DeviceInformation): string =>
  JSON.stringify([reached, state, alerts, firmwareVersion]);
