import {
  DeviceRefused,
  DeviceUnreachable,
  OperationUnsupported,
  type DeviceAccess,
} from '../../../src/agent/device/device-access';
import type { KnownSetting, NewSettings, SettingRefusals } from '../../../src/agent/device/known-setting';
import { UNREPORTED, type Readiness } from '../../../src/agent/device/readiness';
import type { DeviceInformation } from '../../../src/protocol/device-information';
import type { SettingName } from '../../../src/protocol/device-settings';
import type { Operation } from '../../../src/protocol/maintenance';
import { OPERATIONS } from '../../../src/protocol/operations';

/** Information about a device without faults. */
export const DEVICE_INFORMATION: DeviceInformation = {
  reached: true,
  problem: null,
  state: 'idle',
  alerts: [],
  supplies: [{ name: 'Black toner', type: 'toner', colour: '#000000', level: 40 }],
  counters: { impressions: 128456, 'media-sheets': 90211 },
  model: '3050ci',
  serialNumber: 'PL0001',
  firmwareVersion: '2.14.003',
};

type Act = (signal?: AbortSignal) => Promise<void> | void;

/** A device that a test plays: `says` is the information it gives, `acts` how it carries out commands. */
export class ScriptedDevice implements DeviceAccess {
  readonly operations: readonly Operation[];
  says: DeviceInformation = DEVICE_INFORMATION;
  readiness: Readiness = UNREPORTED;
  /** In place of an answer; `silent` never answers. */
  fault: 'unreachable' | 'refused' | 'silent' | undefined;
  acts: Partial<Record<Operation, Act>> = {};
  /** Its settings, why it refuses values, and what it makes of those that it accepts. */
  readonly has = new Map<SettingName, KnownSetting>();
  refuses: Partial<Record<SettingName, string>> = {};
  makesOf = (_name: SettingName, value: string): string => value;
  /** Its commands in order, without queries. */
  readonly did: string[] = [];
  questions = 0;
  /** Questions that were open at the same time, at most. */
  atOnce = 0;
  #open = 0;

  constructor({ operations = Object.keys(OPERATIONS) as Operation[] }: { operations?: readonly Operation[] } = {}) {
    this.operations = operations;
  }

  async information(signal?: AbortSignal): Promise<DeviceInformation> {
    this.questions++;
    this.#open++;
    this.atOnce = Math.max(this.atOnce, this.#open);
    try {
      await this.acts.information?.(signal);
      this.#answer();
      if (this.fault === 'silent') await untilAborted(signal);
      return this.says;
    } finally {
      this.#open--;
    }
  }
  identify(signal?: AbortSignal): Promise<void> {
    return this.#do('identify', 'identify', signal);
  }
  printTestPage(title: string, signal?: AbortSignal): Promise<void> {
    return this.#do('test-page', `test-page ${title}`, signal);
  }
  restart(signal?: AbortSignal): Promise<void> {
    return this.#do('restart', 'restart', signal);
  }
  async sendFirmware(file: string, onSent: (bytes: number) => void, signal?: AbortSignal): Promise<void> {
    onSent(1);
    await this.#do('firmware-install', `firmware ${file}`, signal);
  }

  settings(): Promise<readonly KnownSetting[]> {
    this.#answer();
    return Promise.resolve([...this.has.values()]);
  }
  async setSettings(wanted: NewSettings, signal?: AbortSignal): Promise<SettingRefusals> {
    await this.#do('settings-set', `set ${wanted.map(([name]) => name).join(' ')}`, signal);
    const refusals = new Map<SettingName, string>();
    for (const [name, value] of wanted) {
      const refusal = this.refuses[name];
      if (refusal === undefined) this.has.set(name, { ...this.has.get(name)!, value: this.makesOf(name, value) });
      else refusals.set(name, refusal);
    }
    return refusals;
  }

  async #do(operation: Operation, what: string, signal?: AbortSignal): Promise<void> {
    if (!this.operations.includes(operation)) throw new OperationUnsupported(operation);
    this.#answer();
    this.did.push(what);
    await this.acts[operation]?.(signal);
  }

  #answer(): void {
    if (this.fault === 'unreachable') throw new DeviceUnreachable('connection refused');
    if (this.fault === 'refused') throw new DeviceRefused('client-error-not-possible');
  }
}

const untilAborted = (signal?: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error)));
