import type { Device } from '../protocol/api';
import { storedLogin } from './stored-login';
import { table, type Column } from './table';
import type { TerminalIo } from './terminal-io';

const COLUMNS: Column<Device>[] = [
  { title: 'DEVICE', value: ({ id }) => id, width: 19 },
  { title: 'STATE', value: ({ online, asleep }) => (online ? 'online' : asleep ? 'asleep' : 'offline'), width: 7 },
  { title: 'CONDITION', value: conditionOf, width: 22 },
  { title: 'NAME', value: ({ name }) => name, width: 16 },
  { title: 'MODEL', value: ({ model }) => model, width: 16 },
  { title: 'APPS', value: ({ applications }) => applications.map(({ id }) => id).join(' '), width: 10 },
];

/** `platen devices` */
export async function devices(io: TerminalIo, options: { json?: boolean; search?: string }): Promise<void> {
  const all = await (await storedLogin(io)).devices();
  const wanted = options.search?.toLowerCase() ?? '';
  const found = all.filter((device) => searchable(device).includes(wanted));
  if (options.json) return io.printJson(found);
  if (found.length > 0) return table(COLUMNS, found).forEach((line) => io.print(line));
  if (all.length > 0) return io.print(`No device matches "${options.search}"; there are ${all.length}: platen devices`);
  io.print('There are no devices yet. An administrator enrols an agent in the console, then starts `platen agent`.');
}

const searchable = ({ id, name, model, serialNumber, location, agentId, condition }: Device): string =>
  [id, name, model, serialNumber, location, agentId, condition?.alert].join('\n').toLowerCase();

/** The worst alert says more than the state: `error: Paper jam`. */
function conditionOf({ condition }: Device): string {
  if (!condition) return '';
  if (!condition.reached) return 'not reached';
  return condition.severity === null ? condition.state : `${condition.severity}: ${condition.alert}`;
}
