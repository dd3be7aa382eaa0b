import type { Journal } from '../../journal/journal';
import type { DeviceInformation } from '../../protocol/device-information';
import { LIMITS } from '../../protocol/limits';
import { jittered } from '../../protocol/waits';
import {
  DeviceRefused,
  DeviceUnreachable,
  OperationUnsupported,
  OtherDeviceAnswers,
  type DeviceAccess,
} from '../device/device-access';
import { answerInTime } from '../device/device-answer';

export interface DevicePollerOptions {
  readonly pollMs?: number;
  readonly answerMs?: number;
}

/** A running request to a device, and the next one for callers that came after it had started. */
interface Query {
  readonly ended: Promise<void>;
  next?: Promise<DeviceInformation>;
}

const UNKNOWN: DeviceInformation = {
  reached: false,
  problem: null,
  state: 'unknown',
  alerts: [],
  supplies: [],
  counters: {},
  model: '',
  serialNumber: '',
  firmwareVersion: '',
};

/** Acquires device information, on request and at an interval. */
export class DevicePoller {
  readonly #known = new Map<string, DeviceInformation>();
  readonly #queries = new Map<string, Query>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #listeners: ((deviceId: string, information: DeviceInformation) => void)[] = [];
  readonly #stopping = new AbortController();
  #isStarted = false;

  constructor(
    private readonly accesses: ReadonlyMap<string, DeviceAccess>,
    private readonly journal: Journal,
    private readonly options: DevicePollerOptions = {},
  ) {}

  /** The listener is called with the result of every poll. Call this before `start`. */
  onInformation(listener: (deviceId: string, information: DeviceInformation) => void): void {
    this.#listeners.push(listener);
  }

  /** The latest device information. */
  known(deviceId: string): DeviceInformation {
    return this.#known.get(deviceId) ?? UNKNOWN;
  }

  /**
   * Acquires the information with a request that starts after the call, so that the answer is not older. A device gets
   * one request at a time; callers that wait for it share the next one.
   * @throws DeviceUnreachable, DeviceRefused
   */
  query(deviceId: string): Promise<DeviceInformation> {
    const running = this.#queries.get(deviceId);
    if (!running) return this.#startQuery(deviceId);
    running.next ??= running.ended.then(() => this.#startQuery(deviceId));
    return running.next;
  }

  /** Like `query`, but resolves with the latest information and `reached: false` if the device does not answer. */
  poll(deviceId: string): Promise<DeviceInformation> {
    return this.query(deviceId).catch(() => this.known(deviceId));
  }

  /** The first polls are spread over the whole interval, so that many devices are not polled at the same time. */
  start(): void {
    this.#isStarted = true;
    for (const deviceId of this.accesses.keys()) this.#pollAfter(deviceId, { least: 0, most: 1 });
  }

  /** A device that was added to the accesses. Before `start`, there is nothing to do. */
  add(deviceId: string): void {
    if (this.#isStarted) this.#pollAfter(deviceId, { least: 0, most: 0 });
  }

  /** A device that was removed from the accesses. */
  remove(deviceId: string): void {
    clearTimeout(this.#timers.get(deviceId));
    this.#timers.delete(deviceId);
    this.#known.delete(deviceId);
  }

  stop(): void {
    this.#stopping.abort(new DeviceUnreachable('the agent is stopping'));
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  #pollAfter(deviceId: string, spread: Parameters<typeof jittered>[1]): void {
    if (this.#stopping.signal.aborted || !this.accesses.has(deviceId)) return;
    const poll = () => void this.poll(deviceId).then(() => this.#pollAfter(deviceId, { least: 0.75, most: 1.25 }));
    this.#timers.set(deviceId, setTimeout(poll, jittered(this.options.pollMs ?? LIMITS.DEVICE_POLL_MS, spread)));
  }

  #startQuery(deviceId: string): Promise<DeviceInformation> {
    const information = this.#queryDevice(deviceId);
    const end = () => {
      if (!query.next) this.#queries.delete(deviceId);
    };
    const query: Query = { ended: information.then(end, end) };
    this.#queries.set(deviceId, query);
    return information;
  }

  async #queryDevice(deviceId: string): Promise<DeviceInformation> {
    const access = this.accesses.get(deviceId);
    if (!access) throw new DeviceUnreachable('the configuration has no address for the device');
    // a request of a job may be under way at the device, and this one waits for its turn
    const ms = this.options.answerMs ?? 2 * LIMITS.DEVICE_ANSWER_MS;
    try {
      const information = await answerInTime(ms, this.#stopping.signal, (signal) => access.information(signal));
      if (this.#known.has(deviceId) && !this.known(deviceId).reached)
        this.journal.info('the device answers again', { deviceId });
      this.#logUnanswered(deviceId, information);
      this.#update(deviceId, information);
      return information;
    } catch (error) {
      if (this.#stopping.signal.aborted) throw error;
      const problem = problemOf(error as Error);
      this.#logFailure(deviceId, error as Error, problem);
      this.#update(deviceId, { ...this.known(deviceId), reached: false, problem });
      throw error;
    }
  }

  #update(deviceId: string, information: DeviceInformation): void {
    this.#known.set(deviceId, information);
    for (const listener of this.#listeners) listener(deviceId, information);
  }

  /** Likewise for one of two protocols. */
  #logUnanswered(deviceId: string, { unanswered }: DeviceInformation): void {
    if (!unanswered || this.known(deviceId).unanswered?.code === unanswered.code) return;
    this.journal.warn('the device does not answer in one of its protocols', {
      deviceId,
      protocol: unanswered.protocol,
      problem: unanswered.code,
      detail: unanswered.detail,
    });
  }

  /** Logs a problem once, until it is another one or the device answers again. */
  #logFailure(deviceId: string, error: Error, problem: DeviceInformation['problem']): void {
    if (!problem) return void this.journal.unexpected(error, `polling ${deviceId}`);
    const { code, detail } = problem;
    const before = this.known(deviceId).problem;
    if (before?.code === code && (code !== 'other-device' || before.detail === detail)) return;
    const what = code === 'unreachable' ? 'the device does not answer' : 'the device answers, but not with information';
    this.journal.warn(what, { deviceId, problem: code, detail });
  }
}

/** null: an unexpected error. */
function problemOf(error: Error): DeviceInformation['problem'] {
  const detail = error.message.slice(0, 500);
  if (error instanceof DeviceUnreachable) return { code: 'unreachable', detail };
  if (error instanceof OtherDeviceAnswers) return { code: error.problem, detail, otherDevice: error.otherDevice };
  if (error instanceof DeviceRefused) return { code: error.problem, detail };
  return error instanceof OperationUnsupported ? { code: 'not-a-printer', detail } : null;
}
