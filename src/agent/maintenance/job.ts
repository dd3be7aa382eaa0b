import type { JobOrder, JobReport } from '../../protocol/ad-hoc-command';
import type { DeviceInformation } from '../../protocol/device-information';
import type { HoldReason, JobFailure, ResultLine } from '../../protocol/maintenance';

/**
 * Where a job stands at this agent: waiting -> begun -> over, or waiting -> over. Moments are milliseconds of a clock
 * that only runs on (`performance.now`), as in agent-session.ts.
 */
export type JobPhase =
  /** `hold` is null while the device is being asked whether it can execute it. */
  | { readonly name: 'waiting'; readonly hold: HoldReason | null; readonly detail: string; readonly expiresAt: number }
  | { readonly name: 'begun'; readonly activity: string; readonly percent: number | null }
  | { readonly name: 'over'; readonly report: JobReport; readonly forgetAt: number };

export interface AgentJob {
  /** Without the firmware's address and token once the job is over. */
  readonly order: JobOrder;
  readonly phase: JobPhase;
}
/** By job ID, in order of arrival. */
export type AgentJobs = ReadonlyMap<string, AgentJob>;

/** What came of a job that had begun; `failure` null: it succeeded. */
export interface JobOutcome {
  readonly failure: JobFailure | null;
  readonly detail: string;
  readonly result: readonly ResultLine[];
}

export type JobInput =
  /** The agent has started with what it had stored; `refusals` by job ID, as for `execute`. */
  | { readonly kind: 'started'; readonly refusals: ReadonlyMap<string, JobFailure> }
  /** `refusal`: why this will never be carried out here. */
  | { readonly kind: 'execute'; readonly order: JobOrder; readonly refusal: JobFailure | null }
  | { readonly kind: 'cancel'; readonly jobId: string }
  /** What a device says of itself at this moment. */
  | { readonly kind: 'seen'; readonly deviceId: string; readonly information: DeviceInformation }
  | {
      readonly kind: 'progress';
      readonly jobId: string;
      /** `sending`, `downloading`, ...; a word of the report. */
      readonly activity: string;
      readonly percent: number | null;
    }
  | { readonly kind: 'ended'; readonly jobId: string; readonly outcome: JobOutcome }
  /** Time has passed. */
  | { readonly kind: 'clock' };

export type JobAction =
  /** Ask the device how it is; `seen` follows. */
  | { readonly do: 'look'; readonly deviceId: string }
  /** S123: only after the jobs have been stored as they are now. */
  | { readonly do: 'begin'; readonly order: JobOrder };

/** What the asker is told where it is not the report. */
export type JobAnswer = 'taken' | 'unknown-job' | 'begun' | 'too-many';

export interface JobPlan {
  readonly jobs: AgentJobs;
  readonly actions: readonly JobAction[];
  readonly answer: JobAnswer;
}

const NOTHING = { hold: null, percent: null, activity: '', failure: null, detail: '', result: [] };

/** What the control plane is told of a job. */
export function reportOf({ phase }: AgentJob): JobReport {
  switch (phase.name) {
    case 'waiting': // a device that is still being asked has not answered yet
      return { ...NOTHING, status: 'executing', hold: phase.hold ?? 'unreachable', detail: phase.detail };
    case 'begun':
      return { ...NOTHING, status: 'executing', activity: phase.activity, percent: phase.percent };
    case 'over':
      return phase.report;
  }
}

/** The report of a job that is over. */
export function finalReport({ failure, detail, result }: JobOutcome): JobReport {
  return { ...NOTHING, status: 'completed', failure, detail: detail.slice(0, 500), result: [...result] };
}
export const cancelledReport: JobReport = { ...NOTHING, status: 'canceled' };
