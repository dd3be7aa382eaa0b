import { isLasting, LASTING_PROBLEMS, textOfDecision } from '../../protocol/device-information';
import {
  HOLD_REASONS,
  JOB_FAILURES,
  JOB_STATES,
  WAIT_REASONS,
  type Job,
  type JobState,
  type ResultLine,
} from '../../protocol/maintenance';
import { jobApprovalRecord } from '../../protocol/job-approval';
import { parseJson } from '../../protocol/parse-json';
import { textOfTry } from '../../protocol/wake-try';
import type { SettingRow } from '../../protocol/device-settings';
import type { Exit } from '../exit-codes';
import { moment } from '../formats';
import { placeOf } from '../verify-session';
import type { Column } from '../table';
import type { TerminalIo } from '../terminal-io';

/** The exit for the outcome of a job; undefined while it is open. */
export function exitOf({ state, failure }: Pick<Job, 'state' | 'failure'>): Exit | undefined {
  if (state === 'succeeded') return 'ok';
  if (state === 'cancelled') return 'cancelled';
  if (state === 'failed') return failure === 'expired' ? 'job-expired' : 'job-failed';
  return undefined;
}

export const operationWords = ({ operation, firmware }: Pick<Job, 'operation' | 'firmware'>): string =>
  firmware ? `${operation} ${firmware.version}` : operation;

/** The same terms as in the console. */
export const STATES: Record<JobState, string> = {
  requested: 'waiting',
  executing: 'running',
  held: 'on hold',
  succeeded: 'done',
  failed: 'failed',
  cancelled: 'cancelled',
};

/** The state and the code of a hold or failure: `on hold: stopped`. */
export const stateWords = ({ state, hold, failure }: Job): string =>
  [STATES[state], failure ?? hold].filter(Boolean).join(': ');

/** The state and, in one line, the job's activity, hold or failure. */
export function stateLine({ state, waiting, hold, failure, detail, activity, percent }: Job): string {
  const part = percent === null ? '' : `${percent} %`;
  const doing = [activity, part].filter(Boolean).join(', ');
  if (state === 'executing') return `Running: ${doing || JOB_STATES.executing}`;
  if (state === 'held' && hold) return `On hold: ${HOLD_REASONS[hold]} ${detail}`.trim();
  if (failure && isLasting(failure)) {
    const why = detail === '' ? '' : `${detail.replace(/\.$/, '')}.`;
    return ['Failed:', JOB_FAILURES[failure], why, LASTING_PROBLEMS[failure].remedy].filter(Boolean).join(' ');
  }
  if (failure) return `Failed: ${JOB_FAILURES[failure]} ${detail}`.trim();
  if (waiting)
    return ['Waiting:', WAIT_REASONS[waiting.reason], waiting.tries.map(textOfTry).join('; ')].join(' ').trim();
  return JOB_STATES[state];
}

const RESULT_COLUMNS: Column<ResultLine>[] = [
  { title: 'NAME', value: ({ name }) => name, width: 40 },
  { title: 'VALUE', value: ({ value }) => value, width: 38 },
];

/** What a job has read or set. */
export const SETTING_COLUMNS: Column<SettingRow>[] = [
  { title: 'SETTING', value: ({ name }) => name, width: 26 },
  { title: 'VALUE', value: ({ value }) => value ?? '-', width: 30 },
  { title: 'SOURCE', value: ({ source }) => source ?? '-', width: 6 },
  { title: 'OUTCOME', value: ({ outcome, detail }) => (detail ? `${outcome}: ${detail}` : outcome), width: 40 },
];

/** Prints the results of a job that is over. */
export function printResults(io: TerminalIo, { result, settingRows }: Job): void {
  if (result.length > 0) io.printTable(RESULT_COLUMNS, result);
  if (settingRows.length > 0) io.printTable(SETTING_COLUMNS, settingRows);
}

/** The facts of a job, one per line. */
export const details = (of: Job): string[] => [
  `Job          ${of.id}`,
  `Operation    ${of.operation}`,
  ...(of.firmware ? [`Firmware     ${of.firmware.version} (${of.firmware.name})`] : []),
  `Device       ${of.deviceName} (${of.deviceId})`,
  `Technician   ${of.user.displayName} (${of.user.username})`,
  `State        ${stateLine(of)}`,
  ...(of.decision ? [`Information  ${textOfDecision(of.decision)}`] : []),
  `Requested    ${moment(of.requestedAt)}, must start by ${moment(of.expiresAt)}`,
  `Sent         ${moment(of.sentAt)}`,
  `Started      ${moment(of.beganAt)}`,
  `Ended        ${moment(of.endedAt)}`,
  ...answerLines(of),
];

/** What the agent has signed, as the server shows it. */
function answerLines({ approvalRecord }: Job): string[] {
  const record = approvalRecord && jobApprovalRecord.safeParse(parseJson(approvalRecord.text)).data;
  if (!record) return [];
  const { decision, answeredBy, answeredAt } = record;
  return [`Answer       ${decision}, ${moment(answeredAt)}, ${placeOf(answeredBy)}`];
}
