import type { JobOrder, JobReport } from '../../protocol/ad-hoc-command';
import type { SettingRow } from '../../protocol/device-settings';
import type { SignedRecord } from '../../protocol/approval-record';
import type { HoldReason, JobFailure, ResultLine } from '../../protocol/maintenance';
import type { DeviceFacts } from './executability';
import type { OwnerFacts } from './owner-rules';

/**
 * The state of a job at this agent: waiting -> started -> over, or waiting -> over. Times are milliseconds of the
 * monotonic clock (`performance.now`), as in agent-session.ts.
 */
export type JobPhase =
  /** `hold` is null until the agent has determined whether the device can execute the job. */
  | {
      readonly name: 'waiting';
      readonly hold: HoldReason | null;
      readonly detail: string;
      readonly expiresAt: number;
      /** YES at the device; a restarted agent asks again. */
      readonly approved?: true;
    }
  | {
      readonly name: 'started';
      readonly activity: string;
      readonly percent: number | null;
      /** The device has received firmware; survives a restart of the agent. */
      readonly wait?: VersionWait;
    }
  | { readonly name: 'over'; readonly report: JobReport; readonly forgetAt: number };

/** The wait for a device that has received firmware, until it reports the new version. */
export interface VersionWait {
  /** The version that it reported before; empty: none. */
  readonly before: string;
  /** When the wait ends. */
  readonly until: number;
}

export interface AgentJob {
  /** Without the firmware's address and token after the job has ended. */
  readonly order: JobOrder;
  readonly phase: JobPhase;
  /** Of the answer at the device. */
  readonly record?: SignedRecord;
}
/** By job ID, in order of arrival. */
export type AgentJobs = ReadonlyMap<string, AgentJob>;

/** What a job has found or done. */
export interface JobResults {
  readonly result?: readonly ResultLine[];
  readonly settings?: readonly SettingRow[];
}

/** The outcome of a job that was started; `failure` null: it succeeded. */
export interface JobOutcome extends JobResults {
  readonly failure: JobFailure | null;
  readonly detail: string;
}

export type JobInput =
  /** The agent has started and loaded its stored jobs; `refusals` by job ID, as for `execute`. */
  | { readonly kind: 'resumed'; readonly refusals: ReadonlyMap<string, JobFailure> }
  /** `refusal`: why this agent will never carry it out. */
  | { readonly kind: 'execute'; readonly order: JobOrder; readonly refusal: JobFailure | null }
  | { readonly kind: 'cancel'; readonly jobId: string }
  /** Device information that was just acquired, and what the owner's decision about the first job of the device rests on. */
  | ({ readonly kind: 'information'; readonly deviceId: string; readonly owner: OwnerFacts } & DeviceFacts)
  /** The answer of a person at the device. */
  | {
      readonly kind: 'decide';
      readonly jobId: string;
      readonly decision: 'approved' | 'declined';
      readonly record?: SignedRecord;
    }
  /** The device cannot be asked whether it can execute the job, and waiting does not help. */
  | { readonly kind: 'refused'; readonly jobId: string; readonly outcome: JobOutcome }
  | {
      readonly kind: 'progress';
      readonly jobId: string;
      /** `sending`, `downloading`, ...: a value of the report. */
      readonly activity: string;
      readonly percent: number | null;
    }
  /** The device has received the firmware. */
  | { readonly kind: 'received'; readonly jobId: string; readonly wait: VersionWait }
  | { readonly kind: 'ended'; readonly jobId: string; readonly outcome: JobOutcome }
  /** Time has passed. */
  | { readonly kind: 'clock' };

export type JobAction =
  /** Acquire the device information; the input `information` follows. */
  | { readonly do: 'poll'; readonly deviceId: string }
  /** S123; only after the jobs have been stored in this state. With `wait`, the device has received the firmware already. */
  | { readonly do: 'start'; readonly order: JobOrder; readonly wait?: VersionWait };

/** The planner's answer to a command. */
export type JobAnswer = 'accepted' | 'unknown-job' | 'started' | 'too-many' | 'not-asking';

export interface JobPlan {
  readonly jobs: AgentJobs;
  readonly actions: readonly JobAction[];
  readonly answer: JobAnswer;
}

const NOTHING = {
  hold: null,
  percent: null,
  activity: '',
  failure: null,
  detail: '',
  result: [],
  settings: [],
  record: null,
};

/** The report of a job to the control plane. */
export function reportOf({ phase, record: given }: AgentJob): JobReport {
  const record = given ?? null;
  switch (phase.name) {
    case 'waiting': // without a hold, the device has not answered yet
      return { ...NOTHING, status: 'executing', hold: phase.hold ?? 'unreachable', detail: phase.detail, record };
    case 'started':
      return { ...NOTHING, status: 'executing', activity: phase.activity, percent: phase.percent, record };
    case 'over':
      return phase.report;
  }
}

/** The report of a job that has ended. */
export function finalReport({ failure, detail, result = [], settings = [] }: JobOutcome): JobReport {
  const results = { result: [...result], settings: [...settings] };
  return { ...NOTHING, status: 'completed', failure, detail: detail.slice(0, 500), ...results };
}
export const cancelledReport: JobReport = { ...NOTHING, status: 'canceled' };
