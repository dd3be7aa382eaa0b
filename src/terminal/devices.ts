import type { Device } from '../protocol/api';
import type { DeviceKind } from '../protocol/device-kinds';
import { DEVICE_PROBLEMS, type DeviceState } from '../protocol/device-information';
import { storedLogin } from './credentials';
import type { Column } from './table';
import type { TerminalIo } from './terminal-io';

const COLUMNS: Column<Device>[] = [
  { title: 'DEVICE', value: ({ id }) => id, width: 17 },
  { title: 'STATE', value: ({ online, asleep }) => (online ? 'online' : asleep ? 'asleep' : 'offline'), width: 7 },
  { title: 'CONDITION', value: conditionOf, width: 22 },
  { title: 'NAME', value: ({ name }) => name, width: 12 },
  { title: 'MODEL', value: ({ model }) => model, width: 14 },
  { title: 'SITE', value: ({ site }) => (site ? `${site.customerName}, ${site.name}` : ''), width: 8 },
  { title: 'APPS', value: ({ applications }) => applications.map(({ id }) => id).join(' '), width: 8 },
];

/** `platen devices` */
export async function devices(
  io: TerminalIo,
  options: { json?: boolean; search?: string; customer?: string },
): Promise<void> {
  const all = await (await storedLogin(io)).devices();
  const text = options.search?.toLowerCase() ?? '';
  const isOfCustomer = ({ site }: Device) => options.customer === undefined || site?.customerName === options.customer;
  const found = all.filter((device) => isOfCustomer(device) && searchable(device).includes(text));
  if (options.json) return io.printJson(found);
  if (found.length > 0) return io.printTable(COLUMNS, found);
  if (all.length > 0) {
    const wanted = options.search ?? options.customer;
    return io.print(`No devices match "${wanted}". List all ${all.length}: platen devices`);
  }
  io.print('No devices yet. An administrator enrols an agent, or assigns you to a customer.');
}

const searchable = ({ id, name, model, serialNumber, location, agentId, site, condition }: Device): string =>
  [id, name, model, serialNumber, location, agentId, site?.customerName, site?.name, condition?.alert]
    .join('\n')
    .toLowerCase();

/** The same terms as in the console. */
const STATES: Record<Exclude<DeviceState, 'processing'>, string> = {
  idle: 'ready',
  stopped: 'stopped',
  unknown: 'unknown',
};

const BUSY: Record<DeviceKind, string> = {
  mfp: 'printing',
  printer: 'printing',
  copier: 'copying',
  fax: 'sending or receiving',
  scanner: 'scanning',
};

/** The most severe alert, because it is more precise than the state: `error: Paper jam`. */
function conditionOf({ kind, condition }: Device): string {
  if (!condition) return '';
  if (!condition.reached) return DEVICE_PROBLEMS[condition.problem ?? 'unreachable'].label.toLowerCase();
  const { state, severity, alert } = condition;
  if (severity !== null) return `${severity}: ${alert}`;
  return state === 'processing' ? BUSY[kind] : STATES[state];
}
