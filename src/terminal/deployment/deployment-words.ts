import {
  DEPLOYMENT_REASONS,
  DEPLOYMENT_STATES,
  type Deployment,
  type DeploymentSession,
  type DeploymentState,
  type DeploymentTarget,
} from '../../protocol/deployment';
import type { Exit } from '../exit-codes';
import { bytes, duration, moment } from '../formats';
import { table, type Column } from '../table';

const EXITS: Partial<Record<DeploymentState, Exit>> = {
  deployed: 'ok',
  'rolled-back': 'rolled-back',
  aborted: 'deployment-aborted',
  failed: 'deployment-failed',
};

/** How a command ends with a deployment; undefined while that goes on. */
export const exitOf = ({ state }: Deployment): Exit | undefined => EXITS[state];

export const targetWords = ({ release, version, pairs }: DeploymentTarget): string =>
  `${release === version ? version : `${version} (${release})`}, ${pairs} ${pairs === 1 ? 'pair' : 'pairs'}`;

export const changeWords = ({ from, to }: Deployment): string => `${targetWords(from)} -> ${targetWords(to)}`;

const sinceOf = (instant: string | null, now: number): string =>
  instant === null ? '-' : duration((now - Date.parse(instant)) / 1000);

/** A byte within this time: the session is at work. */
const BUSY_MS = 5_000;
const activity = ({ lastActiveAt }: DeploymentSession, now: number): string => {
  if (lastActiveAt === null) return '-';
  return now - Date.parse(lastActiveAt) < BUSY_MS ? 'moving' : `idle ${sinceOf(lastActiveAt, now)}`;
};

const columns = (now: number): Column<DeploymentSession>[] => [
  { title: 'DEVICE', value: ({ deviceName }) => deviceName, width: 22 },
  { title: 'APPLICATION', value: ({ deviceId, applicationId }) => `${deviceId}/${applicationId}`, width: 22 },
  { title: 'TECHNICIAN', value: ({ userName }) => userName, width: 16 },
  { title: 'SINCE', value: ({ since }) => sinceOf(since, now), width: 8 },
  { title: 'BYTES', value: (row) => bytes(row.bytesFromDevice + row.bytesFromTerminal), width: 8 },
  { title: 'STATE', value: (row) => (row.outcome === 'open' ? activity(row, now) : row.outcome), width: 15 },
];

/** The device list screen (Fig. 18). */
export function deviceList({ sessions }: Deployment, now = Date.now()): string[] {
  if (sessions.length === 0) return ['No device is in session.'];
  return table(columns(now), sessions);
}

export const stateLine = ({ state, at }: Deployment): string => {
  const when = state === 'scheduled' && at !== null ? ` (${moment(at)})` : '';
  return `${state}${when}: ${DEPLOYMENT_STATES[state]}`;
};

/** What came of it: why, what was forced, and what a program said that failed. */
export function outcome(of: Deployment): string[] {
  const time = of.durationSeconds === null ? '' : `, ${duration(of.durationSeconds)}`;
  const reason = of.reason === null ? [] : [`Why: ${DEPLOYMENT_REASONS[of.reason]} ${of.detail}`.trim()];
  const forced = of.sessions.filter(({ outcome }) => outcome === 'forced');
  const names = forced.map((row) => `  ${row.deviceName} (${row.deviceId}/${row.applicationId}), ${row.userName}`);
  const output = of.output.trim();
  return [
    `${changeWords(of)}: ${of.state}${time}.`,
    ...reason,
    ...(names.length > 0 ? ['Ended by the relay, because the device did not answer in time:', ...names] : []),
    ...(output ? ['Output:', ...output.split('\n').map((line) => `  ${line}`)] : []),
  ];
}
