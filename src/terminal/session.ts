import { ENDINGS, type Grant, type Half } from '../protocol/remote-session';
import type { Session } from '../protocol/api';
import type { SessionWithSteps } from './api-client';
import { bytes, duration, moment, stateOf } from './formats';
import { storedLogin } from './stored-login';
import { table } from './table';
import type { TerminalIo } from './terminal-io';

/** `platen session <id>` */
export async function session(io: TerminalIo, id: string, options: { json?: boolean }): Promise<void> {
  const found = await (await storedLogin(io)).session(id);
  if (options.json) return io.printJson(found);
  for (const line of [...details(found), ...timeline(found)]) io.print(line);
}

function details(found: Session): string[] {
  const how = found.ending === null ? '' : ` - ${ENDINGS[found.ending]}`;
  const time = found.durationSeconds === null ? '-' : duration(found.durationSeconds);
  return [
    `Session      ${found.id}`,
    `Device       ${found.deviceName} (${found.deviceId}), application ${found.applicationId}`,
    `Technician   ${found.user.displayName} (${found.user.username})`,
    `Reason       ${found.reason}`,
    `State        ${stateOf(found)}${how}`,
    ...(found.detail ? [`Detail       ${found.detail}`] : []),
    `Asked        ${moment(found.requestedAt)}, for ${found.minutes} minutes`,
    `Approved     ${moment(found.approvedAt)}${found.grant === null ? '' : GRANTED[found.grant]}`,
    `Established  ${moment(found.establishedAt)}, valid until ${moment(found.validUntil)}`,
    `Ended        ${moment(found.endedAt)}`,
    `Duration     ${time}`,
    `Bytes        ${bytes(found.bytesFromDevice)} from the device, ${bytes(found.bytesFromTerminal)} to it`,
    ...halves(found),
  ];
}

const GRANTED: Record<Grant, string> = { operate: ', to see and operate it', view: ', to look only' };

/** Both halves as the server's books have them, a line each. */
export const halves = (found: Session): string[] => [
  halfLine('device', found.device),
  halfLine('terminal', found.terminal),
];

function halfLine(half: Half, { state, startedAt, endedAt, endReason }: Session['device']): string {
  const until = endedAt === null ? 'now' : moment(endedAt).slice(11);
  const from = startedAt === null ? 'never connected' : `${moment(startedAt)} to ${until}`;
  const title = half === 'device' ? "Device's half   " : "Terminal's half ";
  return `${title} ${state}, ${from}${endReason === null ? '' : ` (${endReason})`}`;
}

function timeline({ steps }: SessionWithSteps): string[] {
  if (steps.length === 0) return [];
  const columns = [
    { title: 'TIME', value: (row: SessionWithSteps['steps'][number]) => moment(row.at).slice(11), width: 8 },
    { title: 'STEP', value: (row: SessionWithSteps['steps'][number]) => row.step, width: 12 },
    { title: 'WHAT', value: (row: SessionWithSteps['steps'][number]) => row.text, width: 76 },
  ];
  return ['', ...table(columns, steps)];
}
