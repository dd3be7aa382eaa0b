import type { DeviceInformation } from '../../../src/protocol/device-information';
import { SETTING_NAMES, type SettingRow } from '../../../src/protocol/device-settings';
import type { HoldReason, JobFailure } from '../../../src/protocol/maintenance';
import type { ScriptedAgent } from './scripted-agent';
import type { ScriptedCommand } from './scripted-command';

/** A job as its agent stores it: it outlives the connection, and is not begun twice. */
interface StoredJob {
  readonly deviceId: string;
  /** Of an operation on settings. */
  readonly wanted: Readonly<Record<string, string>> | undefined;
  state: 'held' | 'executing' | 'done' | 'failed' | 'cancelled';
}

/** Agents that carry out jobs, each once, and devices that have firmware. Attach it again after each connection. */
export class SimulatedFleet {
  /** The IDs of the jobs that each device has begun, in order. */
  readonly begun = new Map<string, string[]>();
  /** By device; otherwise `version`. */
  readonly versions = new Map<string, string>();
  /** By device and name; a setting that is missing is none of the device. */
  readonly settings = new Map<string, Record<string, string>>();
  /** What a device fails with, by its ID. */
  readonly failures = new Map<string, JobFailure>();
  /** What holds the jobs of a device, by its ID. */
  readonly holds = new Map<string, HoldReason>();
  /** Devices that do not finish what they have begun. */
  readonly slow = new Set<string>();
  private readonly jobs = new Map<string, StoredJob>();

  constructor(
    private readonly installed: string,
    private readonly version = '2.14',
  ) {}

  attach(agent: ScriptedAgent): void {
    agent.answers.set('acquire-information', ({ deviceId }) => ({ body: this.informationOf(String(deviceId)) }));
    agent.onCommand = (command) => this.answer(command);
  }

  informationOf(deviceId: string): DeviceInformation {
    return {
      ...{ reached: true, problem: null, state: 'idle', alerts: [], supplies: [], counters: {}, serialNumber: '' },
      ...{ model: '3050ci', firmwareVersion: this.versionOf(deviceId) },
    };
  }
  versionOf(deviceId: string): string {
    return this.versions.get(deviceId) ?? this.version;
  }
  /** Devices that have begun a job, once or more often. */
  timesBegun(deviceId: string): number {
    return this.begun.get(deviceId)?.length ?? 0;
  }

  private answer(command: ScriptedCommand): void {
    const job = this.jobs.get(command.jobId) ?? this.accept(command);
    if (!job) return command.refuse('bad-sessionid');
    if (command.action === 'cancel' && job.state === 'executing') return command.refuse('not-allowed');
    if (command.action === 'cancel' && job.state === 'held') job.state = 'cancelled';
    if (command.action === 'next') this.advance(command, job);
    this.report(command, job);
  }

  private accept({ action, jobId, fields, operation }: ScriptedCommand): StoredJob | undefined {
    if (action !== 'execute') return undefined;
    const deviceId = String(fields.device);
    const wanted = Object.entries(fields).flatMap(([name, value]): [string, string][] =>
      name.startsWith('setting.') ? [[name.slice('setting.'.length), value]] : [],
    );
    const isOnSettings = operation === 'settings-set' || operation === 'settings-read';
    const job: StoredJob = { deviceId, state: 'held', wanted: isOnSettings ? Object.fromEntries(wanted) : undefined };
    this.jobs.set(jobId, job);
    if (!this.holds.has(deviceId)) this.begin(jobId, job);
    if (operation === 'firmware-install') this.firmwareJobs.add(jobId);
    return job;
  }
  private readonly firmwareJobs = new Set<string>();

  private advance({ jobId }: ScriptedCommand, job: StoredJob): void {
    if (job.state === 'held' && !this.holds.has(job.deviceId)) return this.begin(jobId, job);
    if (job.state !== 'executing' || this.slow.has(job.deviceId)) return;
    job.state = this.failures.has(job.deviceId) ? 'failed' : 'done';
    const has = this.settings.get(job.deviceId) ?? {};
    if (job.state === 'done')
      for (const [name, value] of Object.entries(job.wanted ?? {})) if (name in has) has[name] = value;
    if (job.state === 'done' && this.firmwareJobs.has(jobId)) this.versions.set(job.deviceId, this.installed);
  }
  private begin(jobId: string, job: StoredJob): void {
    job.state = 'executing';
    this.begun.set(job.deviceId, [...(this.begun.get(job.deviceId) ?? []), jobId]);
  }

  private rowsOf({ deviceId, wanted }: StoredJob): SettingRow[] {
    const has = this.settings.get(deviceId) ?? {};
    const isRead = wanted && Object.keys(wanted).length === 0;
    return (isRead ? SETTING_NAMES : Object.keys(wanted ?? {})).map((name): SettingRow => {
      const value = has[name] ?? null;
      const outcome = value === null ? 'unsupported' : isRead ? 'read' : 'set';
      return { name, outcome, value, source: 'ipp', settable: value !== null, choices: [], detail: '' };
    });
  }

  private report(command: ScriptedCommand, job: StoredJob): void {
    const { deviceId, state } = job;
    switch (state) {
      case 'held':
        return command.answer({ hold: this.holds.get(deviceId) ?? null });
      case 'executing':
        return command.answer({ percent: 50, activity: 'sending' });
      case 'cancelled':
        return command.answer({ status: 'canceled' });
      case 'done':
        return command.answer({ status: 'completed', settings: this.rowsOf(job) });
      case 'failed':
        return command.answer({ status: 'completed', failure: this.failures.get(deviceId) ?? 'device-refused' });
    }
  }
}
