import { setTimeout as delay } from 'node:timers/promises';
import type { Journal } from '../../journal/journal';
import { acquireInformation, reportInformation } from '../../protocol/control-channel';
import type { DeviceInformation } from '../../protocol/device-information';
import { ProblemError } from '../../protocol/problems';
import { Backoff } from '../../tunnel/backoff';
import type { Device } from '../configuration/configuration';
import type { ControlChannel } from '../channel/control-channel';
import { containerExcess } from '../channel/json-container';
import { ExchangeRefused } from '../channel/control-channel.errors';
import type { DevicePoller } from './device-poller';

/** Attempts for one report; after that, the next login or change retries it. */
const ATTEMPTS = 4;

/** Reports device information to the control plane, on request (B1, B2) and after changes. */
export class InformationExchange {
  /** The last reported `essence` of each device. */
  readonly #reported = new Map<string, string>();
  /** Information that has yet to be reported. */
  readonly #due = new Map<string, DeviceInformation>();
  readonly #stopping = new AbortController();
  #reporting = false;

  constructor(
    /** A device whose information may be reported. */
    private readonly deviceOf: (id: string) => Pick<Device, 'model' | 'serialNumber'> | undefined,
    private readonly poller: DevicePoller,
    private readonly channel: Pick<ControlChannel, 'handle' | 'online' | 'request'>,
    private readonly journal: Journal,
    private readonly retry: { firstMs?: number } = {},
  ) {
    poller.onInformation((deviceId, information) => this.#onInformation(deviceId, information));
    channel.handle(acquireInformation, ({ deviceId }) => this.#acquire(deviceId));
  }

  /** Reports the changes that occurred while the channel was offline. Called after every login. */
  flush(): void {
    void this.#sendReports();
  }

  stop(): void {
    this.#stopping.abort();
  }

  async #acquire(deviceId: string): Promise<DeviceInformation> {
    if (!this.deviceOf(deviceId))
      throw new ProblemError('operation-unsupported', 'this agent does not report information of the device');
    const information = this.#withConfiguredNames(deviceId, await this.poller.poll(deviceId));
    this.#reported.set(deviceId, essence(information));
    this.#due.delete(deviceId);
    return information;
  }

  #onInformation(deviceId: string, seen: DeviceInformation): void {
    if (!this.deviceOf(deviceId)) return;
    const information = this.#withConfiguredNames(deviceId, seen);
    if (this.#reported.get(deviceId) === essence(information)) return void this.#due.delete(deviceId);
    this.#due.set(deviceId, information);
    void this.#sendReports();
  }

  /** Adds model and serial number from the configuration if the device does not report them. */
  #withConfiguredNames(deviceId: string, information: DeviceInformation): DeviceInformation {
    const device = this.deviceOf(deviceId);
    const { model, serialNumber, sources } = information;
    const named = {
      ...information,
      model: model || (device?.model ?? ''),
      serialNumber: serialNumber || (device?.serialNumber ?? ''),
    };
    const configured = (['model', 'serialNumber'] as const).filter(
      (name) => information[name] === '' && named[name] !== '',
    );
    const marks = Object.fromEntries(configured.map((name) => [name, 'configuration' as const]));
    return fitting(deviceId, sources ? { ...named, sources: { ...sources, ...marks } } : named);
  }

  /** Sends the reports one at a time. */
  async #sendReports(): Promise<void> {
    if (this.#reporting) return;
    this.#reporting = true;
    const backoff = new Backoff(this.retry);
    let attempts = 0;
    while (this.channel.online && !this.#stopping.signal.aborted && attempts < ATTEMPTS) {
      const [next] = this.#due;
      if (!next) break;
      const reported = await this.#report(...next);
      attempts = reported ? 0 : attempts + 1;
      if (!reported) await delay(backoff.next(), undefined, { signal: this.#stopping.signal }).catch(() => undefined);
    }
    this.#reporting = false;
  }

  /** @returns false if the report has to be retried */
  async #report(deviceId: string, information: DeviceInformation): Promise<boolean> {
    try {
      await this.channel.request(reportInformation, { deviceId, information });
    } catch (error) {
      this.journal.info('a change of the device could not be reported', { deviceId, detail: (error as Error).message });
      if (!(error instanceof ExchangeRefused) || error.isTemporary) return false;
    }
    this.#reported.set(deviceId, essence(information));
    if (this.#due.get(deviceId) === information) this.#due.delete(deviceId);
    return true;
  }
}

/** Without details if they do not fit into one stanza; everything else always does. */
const fitting = (deviceId: string, information: DeviceInformation): DeviceInformation =>
  containerExcess(reportInformation, { deviceId, information }) === 0
    ? information
    : { ...information, details: undefined };

/** The part whose changes are reported; levels and counters change with every page. */
const essence = (information: DeviceInformation): string => {
  const { reached, problem, unanswered, state, alerts, firmwareVersion, identity } = information;
  const why = [problem?.code, problem?.otherDevice, unanswered?.protocol, unanswered?.code];
  return JSON.stringify([reached, why, state, alerts, firmwareVersion, identity]);
};
