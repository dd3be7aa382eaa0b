import type { Session } from '../protocol/api';
import { textOfDecision } from '../protocol/device-information';
import { ENDINGS, type Grant, type Half } from '../protocol/remote-session';
import type { SessionWithSteps } from './api-client';
import { storedLogin } from './credentials';
import { bytes, clock, duration, minute, moment, stateOf } from './formats';
import type { Column } from './table';
import type { TerminalIo } from './terminal-io';

const COLUMNS: Column<Session>[] = [
  { title: 'SESSION', value: ({ id }) => id, width: 36 },
  { title: 'DEVICE', value: ({ deviceId, applicationId }) => `${deviceId}/${applicationId}`, width: 16 },
  { title: 'STATE', value: stateOf, width: 17 },
  { title: 'REQUESTED', value: ({ requestedAt }) => minute(requestedAt), width: 16 },
  { title: 'TIME', value: ({ durationSeconds: time }) => (time === null ? '-' : duration(time)), width: 7 },
];

/** `platen sessions`: the newest 50. */
export async function sessions(
  io: TerminalIo,
  options: { json?: boolean; live?: boolean; device?: string },
): Promise<void> {
  const client = await storedLogin(io);
  const rows = await client.sessions({ state: options.live ? 'live' : 'all', deviceId: options.device });
  if (rows.length === 0 && options.device !== undefined) await client.device(options.device); // is it known?
  if (options.json) return io.printJson(rows);
  if (rows.length > 0) return io.printTable(COLUMNS, rows);
  const what = options.live ? 'No open sessions' : 'No sessions yet';
  io.print(`${what}. Start one: platen connect <device> <application> --reason "..."`);
}

/** `platen session <id>` */
export async function session(io: TerminalIo, id: string, options: { json?: boolean }): Promise<void> {
  const found = await (await storedLogin(io)).session(id);
  if (options.json) return io.printJson(found);
  for (const line of details(found)) io.print(line);
  if (found.steps.length === 0) return;
  io.print('');
  io.printTable(STEP_COLUMNS, found.steps);
}

function details(found: Session): string[] {
  const how = found.ending === null ? '' : ` (${ENDINGS[found.ending]})`;
  const time = found.durationSeconds === null ? '-' : duration(found.durationSeconds);
  return [
    `Session      ${found.id}`,
    `Device       ${found.deviceName} (${found.deviceId}), application ${found.applicationId}`,
    `Technician   ${found.user.displayName} (${found.user.username})`,
    `Reason       ${found.reason}`,
    `State        ${stateOf(found)}${how}`,
    ...(found.detail ? [`Detail       ${found.detail}`] : []),
    `Requested    ${moment(found.requestedAt)}, for ${found.minutes} minutes`,
    `Approved     ${moment(found.approvedAt)}${found.grant === null ? '' : GRANTED[found.grant]}`,
    `Connected    ${moment(found.establishedAt)}, valid until ${moment(found.validUntil)}`,
    `Ended        ${moment(found.endedAt)}`,
    `Duration     ${time}`,
    `Bytes        ${bytesOf(found)}`,
    ...halves(found),
  ];
}

/** What the relay counted, and whether it was more. */
export const bytesOf = (found: Session): string =>
  `${found.bytesEstimated ? 'at least ' : ''}${bytes(found.bytesFromDevice)} from the device, ${bytes(found.bytesFromTerminal)} to it` +
  (found.bytesEstimated ? ' (the relay failed before it had reported the rest)' : '');

const GRANTED: Record<Grant, string> = { operate: ', full control', view: ', view only' };

/** The start and end logs of both halves, one line each. */
export const halves = (found: Session): string[] => [
  halfLine('device', found.device),
  halfLine('terminal', found.terminal),
];

function halfLine(half: Half, { state, startedAt, endedAt, endReason }: Session['device']): string {
  const until = endedAt === null ? 'now' : clock(endedAt);
  const from = startedAt === null ? 'never connected' : `${moment(startedAt)} to ${until}`;
  const title = half === 'device' ? "Device's half   " : "Terminal's half ";
  return `${title} ${state}, ${from}${endReason === null ? '' : ` (${endReason})`}`;
}

const STEP_COLUMNS: Column<SessionWithSteps['steps'][number]>[] = [
  { title: 'TIME', value: ({ at }) => clock(at), width: 8 },
  { title: 'STEP', value: ({ step }) => step, width: 12 },
  { title: 'WHAT', value: whatOf, width: 56 },
];

function whatOf({ text, detail, decision }: SessionWithSteps['steps'][number]): string {
  const more = decision ? textOfDecision(decision) : detail;
  return more ? `${text}: ${more}` : text;
}

/** `platen end <id>` */
export async function end(io: TerminalIo, id: string): Promise<void> {
  const session = await (await storedLogin(io)).endSession(id);
  if (session.state === 'ended') io.print(`The session has ended: ${stateOf(session)}.`);
  else io.print(`The session is ending. Follow it: platen session ${session.id}`);
}
