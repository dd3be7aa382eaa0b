import {
  BUILT_IN,
  DEPLOYMENT_REASONS,
  DEPLOYMENT_STATES,
  RELAY_ANSWERS,
  SESSION_DIFFERENCES,
  type Deployment,
  type DeploymentSession,
  type DeploymentState,
  type DeploymentTarget,
  type HaltOutcome,
} from '../../protocol/deployment';
import type { Exit } from '../exit-codes';
import { bytes, duration, moment, pairs } from '../formats';
import { table, type Column } from '../table';

const EXITS: Partial<Record<DeploymentState, Exit>> = {
  deployed: 'ok',
  'rolled-back': 'rolled-back',
  aborted: 'deployment-aborted',
  failed: 'deployment-failed',
};

/** The exit for the outcome of a deployment; undefined while it is open. */
export const exitOf = ({ state }: Deployment): Exit | undefined => EXITS[state];

/** The same terms as in the console. */
export const STATES: Record<DeploymentState, string> = {
  listed: 'waiting for a decision',
  'awaiting-idle': 'waiting until idle',
  scheduled: 'scheduled',
  trying: 'testing',
  draining: 'ending sessions',
  'taking-over': 'taking over',
  proving: 'monitoring',
  'going-back': 'rolling back',
  deployed: 'deployed',
  'rolled-back': 'rolled back',
  aborted: 'aborted',
  failed: 'failed',
};

const targetWords = ({ release, version, pairs: count }: DeploymentTarget): string =>
  `${release === version ? version : `${version} (${release === BUILT_IN ? 'bundled' : release})`}, ${pairs(count)}`;

export const changeWords = ({ from, to }: Deployment): string => `${targetWords(from)} -> ${targetWords(to)}`;

const sinceOf = (instant: string | null, now: number): string =>
  instant === null ? '-' : duration((now - Date.parse(instant)) / 1000);

/** A session with a byte within this time is active. */
const BUSY_MS = 5_000;
const activity = ({ lastActiveAt }: DeploymentSession, now: number): string => {
  if (lastActiveAt === null) return '-';
  return now - Date.parse(lastActiveAt) < BUSY_MS ? 'active' : `idle ${sinceOf(lastActiveAt, now)}`;
};

const OUTCOMES: Record<HaltOutcome, string> = {
  open: 'in session',
  asked: 'asked to end',
  ended: 'ended cleanly',
  forced: 'ended by force',
  'ended-by-itself': 'ended before',
};

const nameOf = ({ deviceName, deviceId }: DeploymentSession): string => deviceName || deviceId || 'unknown device';
const targetOf = ({ deviceId, applicationId }: DeploymentSession): string =>
  `${deviceId ?? '-'}/${applicationId ?? '-'}`;

const columns = (now: number): Column<DeploymentSession>[] => [
  { title: 'DEVICE', value: nameOf, width: 22 },
  { title: 'APPLICATION', value: targetOf, width: 22 },
  { title: 'TECHNICIAN', value: ({ userName }) => userName, width: 16 },
  { title: 'SINCE', value: ({ since }) => sinceOf(since, now), width: 8 },
  { title: 'BYTES', value: (row) => bytes(row.bytesFromDevice + row.bytesFromTerminal), width: 8 },
  { title: 'STATE', value: (row) => (row.outcome === 'open' ? activity(row, now) : OUTCOMES[row.outcome]), width: 15 },
];

/** The device list screen (Fig. 18), and how the relay's answer differs from the records of the server. */
export function deviceList(of: Deployment, now = Date.now()): string[] {
  const { sessions, relayAnswer } = of;
  const isDoubtful = exitOf(of) === undefined && relayAnswer !== null && relayAnswer !== 'complete';
  const list = sessions.length === 0 ? ['No devices in session.'] : table(columns(now), sessions);
  const differences = sessions.flatMap((row) =>
    row.difference ? [`${nameOf(row)} (${targetOf(row)}): ${SESSION_DIFFERENCES[row.difference]}`] : [],
  );
  return [
    ...(isDoubtful ? [RELAY_ANSWERS[relayAnswer]] : []),
    ...list,
    ...(differences.length > 0
      ? ['Differences between relay and server:', ...differences.map((each) => `  ${each}`)]
      : []),
  ];
}

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

export const stateLine = ({ state, at }: Deployment): string => {
  const when = state === 'scheduled' && at !== null ? ` (${moment(at)})` : '';
  return `${capitalised(STATES[state])}${when}: ${DEPLOYMENT_STATES[state]}`;
};

/** The outcome: its reason, the sessions that were ended by force, and the output of a program that failed. */
export function outcome(of: Deployment): string[] {
  const time = of.durationSeconds === null ? '' : `, ${duration(of.durationSeconds)}`;
  const reason = of.reason === null ? [] : [`Reason: ${DEPLOYMENT_REASONS[of.reason]} ${of.detail}`.trim()];
  const forced = of.sessions.filter(({ outcome }) => outcome === 'forced');
  const names = forced.map((row) => `  ${nameOf(row)} (${targetOf(row)})${row.userName && `, ${row.userName}`}`);
  const output = of.output.trim();
  return [
    `${changeWords(of)}: ${STATES[of.state]}${time}.`,
    ...reason,
    ...(names.length > 0 ? ['Ended by force, because one end did not answer in time:', ...names] : []),
    ...(output ? ['Output:', ...output.split('\n').map((line) => `  ${line}`)] : []),
  ];
}
