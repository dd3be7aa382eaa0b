import { HOLD_REASONS, JOB_FAILURES, JOB_STATES, type Job, type ResultLine } from '../../protocol/maintenance';
import type { Exit } from '../exit-codes';
import { moment } from '../formats';
import { table } from '../table';

/** How a command ends with a job; undefined while that goes on. */
export function exitOf({ state, failure }: Pick<Job, 'state' | 'failure'>): Exit | undefined {
  if (state === 'succeeded') return 'ok';
  if (state === 'cancelled') return 'cancelled';
  if (state === 'failed') return failure === 'expired' ? 'job-expired' : 'job-failed';
  return undefined;
}

export const operationWords = ({ operation, firmware }: Pick<Job, 'operation' | 'firmware'>): string =>
  firmware ? `${operation} ${firmware.version}` : operation;

/** State, what it waits for or does, and why it failed, in one line. */
export function stateLine({ state, hold, failure, detail, activity, percent }: Job): string {
  const part = percent === null ? '' : `${percent} %`;
  const doing = [activity, part].filter(Boolean).join(', ');
  if (state === 'executing') return `executing: ${doing || JOB_STATES.executing}`;
  if (state === 'held' && hold) return `held: ${HOLD_REASONS[hold]} ${detail}`.trim();
  if (failure) return `${state}: ${JOB_FAILURES[failure]} ${detail}`.trim();
  return `${state}: ${JOB_STATES[state]}`;
}

/** The result as a table of names and values. */
export const resultTable = (result: readonly ResultLine[]): string[] =>
  result.length === 0
    ? []
    : table(
        [
          { title: 'NAME', value: ({ name }: ResultLine) => name, width: 40 },
          { title: 'VALUE', value: ({ value }: ResultLine) => value, width: 300 },
        ],
        result,
      );

/** A job with its course, a line each. */
export const details = (of: Job): string[] => [
  `Job          ${of.id}`,
  `Operation    ${of.operation}`,
  ...(of.firmware ? [`Firmware     ${of.firmware.version} (${of.firmware.name})`] : []),
  `Device       ${of.deviceName} (${of.deviceId})`,
  `Technician   ${of.user.displayName} (${of.user.username})`,
  `State        ${stateLine(of)}`,
  `Asked        ${moment(of.requestedAt)}, may begin until ${moment(of.expiresAt)}`,
  `Sent         ${moment(of.sentAt)}`,
  `Begun        ${moment(of.beganAt)}`,
  `Ended        ${moment(of.endedAt)}`,
];
