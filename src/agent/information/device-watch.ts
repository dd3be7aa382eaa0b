import type { Journal } from '../../journal/journal';
import type { DeviceInformation } from '../../protocol/device-information';
import { LIMITS } from '../../protocol/limits';
import { DeviceRefused, DeviceUnreachable, type DeviceAccess } from '../device/device-access';
import { answerInTime } from '../device/device-answer';

export interface DeviceWatchOptions {
  readonly pollMs?: number;
  readonly answerMs?: number;
}

const NOTHING_KNOWN: DeviceInformation = {
  reached: false,
  state: 'unknown',
  alerts: [],
  supplies: [],
  counters: {},
  model: '',
  serialNumber: '',
  firmwareVersion: '',
};

/** Asks the devices what they say of themselves, when somebody wants to know and from time to time. */
export class DeviceWatch {
  readonly #known = new Map<string, DeviceInformation>();
  readonly #asking = new Map<string, Promise<DeviceInformation>>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #listeners: ((deviceId: string, information: DeviceInformation) => void)[] = [];
  readonly #stopping = new AbortController();

  constructor(
    private readonly accesses: ReadonlyMap<string, DeviceAccess>,
    private readonly journal: Journal,
    private readonly options: DeviceWatchOptions = {},
  ) {}

  /** Called with what every question has brought. Before `start`. */
  onSeen(listener: (deviceId: string, information: DeviceInformation) => void): void {
    this.#listeners.push(listener);
  }

  /** What was last known. */
  known(deviceId: string): DeviceInformation {
    return this.#known.get(deviceId) ?? NOTHING_KNOWN;
  }

  /** Asks now; there is one question to a device at a time, which all share who ask. @throws DeviceUnreachable, DeviceRefused */
  ask(deviceId: string): Promise<DeviceInformation> {
    const asking = this.#asking.get(deviceId) ?? this.#ask(deviceId).finally(() => this.#asking.delete(deviceId));
    this.#asking.set(deviceId, asking);
    return asking;
  }

  /** The same; of a device that does not answer, what was last known with `reached: false`. */
  look(deviceId: string): Promise<DeviceInformation> {
    return this.ask(deviceId).catch(() => this.known(deviceId));
  }

  /** The first questions are spread over a whole interval, so that many devices are not asked at once. */
  start(): void {
    for (const deviceId of this.accesses.keys()) this.#pollAfter(deviceId, Math.random());
  }

  stop(): void {
    this.#stopping.abort(new DeviceUnreachable('the agent is stopping'));
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  #pollAfter(deviceId: string, part: number): void {
    if (this.#stopping.signal.aborted) return;
    const poll = () => void this.look(deviceId).then(() => this.#pollAfter(deviceId, 0.75 + Math.random() / 2));
    this.#timers.set(deviceId, setTimeout(poll, (this.options.pollMs ?? LIMITS.DEVICE_POLL_MS) * part));
  }

  async #ask(deviceId: string): Promise<DeviceInformation> {
    const access = this.accesses.get(deviceId);
    if (!access) throw new DeviceUnreachable('nothing is configured by which the device could be asked');
    const ms = this.options.answerMs ?? LIMITS.DEVICE_ANSWER_MS;
    try {
      const information = await answerInTime(ms, this.#stopping.signal, (signal) => access.information(signal));
      this.#see(deviceId, information);
      return information;
    } catch (error) {
      if (this.#stopping.signal.aborted) throw error;
      this.#tell(deviceId, error as Error);
      this.#see(deviceId, { ...this.known(deviceId), reached: false });
      throw error;
    }
  }

  #see(deviceId: string, information: DeviceInformation): void {
    this.#known.set(deviceId, information);
    for (const listener of this.#listeners) listener(deviceId, information);
  }

  /** Once, when it begins. */
  #tell(deviceId: string, error: Error): void {
    const foreseen = error instanceof DeviceUnreachable || error instanceof DeviceRefused;
    if (!foreseen) this.journal.unexpected(error, `asking ${deviceId}`);
    else if (!this.#known.has(deviceId) || this.known(deviceId).reached)
      this.journal.warn('the device does not answer', { deviceId, detail: error.message });
  }
}
