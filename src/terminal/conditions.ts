import { DENIALS, type AccessCondition, type PermittedAccess, type WeeklyHours } from '../protocol/access-conditions';
import type { DeniedAccess } from '../protocol/api';
import type { Asker } from '../protocol/asker';
import { storedLogin } from './credentials';
import { bytes, minute } from './formats';
import type { Column } from './table';
import type { TerminalIo } from './terminal-io';

/** `platen conditions <device>` */
export async function conditions(io: TerminalIo, deviceId: string, options: { json?: boolean }): Promise<void> {
  const client = await storedLogin(io);
  const [known, denials] = await Promise.all([client.conditions(deviceId), client.denials(deviceId)]);
  if (options.json) return io.printJson({ ...known, denials });
  if (known.reportedAt === null) io.print('The agent of this device has not reported its access conditions yet.');
  else if (known.conditions.length === 0)
    io.print(
      'No access conditions: every session needs YES, and the document boxes are closed. The owner sets conditions at the device.',
    );
  else {
    io.printTable(CONDITION_COLUMNS, known.conditions);
    io.print(`As reported by the agent at ${minute(known.reportedAt)}. Conditions are set at the device only.`);
  }
  if (denials.length === 0) return;
  io.print('');
  io.print('Latest denials:');
  io.printTable(DENIAL_COLUMNS, denials);
}

const CONDITION_COLUMNS: Column<AccessCondition>[] = [
  { title: 'WHO', value: ({ who }) => askerText(who), width: 16 },
  { title: 'PERMITS', value: ({ access }) => accessText(access), width: 24 },
  { title: 'WHEN', value: whenText, width: 24 },
  { title: 'USED', value: usageText, width: 12 },
  { title: 'SET', value: ({ setAt, setBy }) => `${minute(setAt)} by ${setBy}`, width: 16 },
];

const DENIAL_COLUMNS: Column<DeniedAccess>[] = [
  { title: 'TIME', value: ({ at }) => minute(at), width: 16 },
  { title: 'WHO', value: ({ asker }) => askerText(asker), width: 12 },
  { title: 'WHAT', value: ({ what, count }) => (count === 1 ? what : `${what} (${count} times)`), width: 20 },
  { title: 'WHY', value: ({ reason }) => DENIALS[reason], width: 30 },
];

const askerText = ({ kind, id, name }: Asker): string =>
  kind === 'user' ? `${name} (${id})` : `client ${name} (${id})`;

function accessText(access: PermittedAccess): string {
  if (access.kind === 'box') return `${access.operations.join(', ')} in ${access.box ?? 'every box'}`;
  return `sessions with ${access.applications.join(', ')}${access.grant === 'view' ? ', view only' : ''}`;
}

function whenText({ from, until, hours }: AccessCondition): string {
  const parts = [
    ...(from === null ? [] : [`from ${minute(from)}`]),
    ...(until === null ? [] : [`until ${minute(until)}`]),
    ...hours.map(hoursText),
  ];
  return parts.join(', ') || 'always';
}

const DAYS = ['', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const hoursText = ({ days, from, until }: WeeklyHours): string =>
  `${days.map((day) => DAYS[day]).join(' ')} ${from}-${until}`;

function usageText({ times, bytes: most, used }: AccessCondition): string {
  const count = times === null ? `${used.times} times` : `${used.times} of ${times} times`;
  if (most === null && used.bytes === 0) return count;
  return `${count}, ${bytes(used.bytes)}${most === null ? '' : ` of ${bytes(most)}`}`;
}
