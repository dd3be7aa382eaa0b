import type { SettingRow } from '../../protocol/device-settings';
import { storedLogin } from '../credentials';
import { moment } from '../formats';
import type { Column } from '../table';
import type { TerminalIo } from '../terminal-io';
import { MaintenanceApi } from './maintenance-api';

const COLUMNS: Column<SettingRow>[] = [
  { title: 'SETTING', value: ({ name }) => name, width: 26 },
  { title: 'VALUE', value: ({ value }) => value ?? '-', width: 34 },
  { title: 'SOURCE', value: ({ source }) => source ?? '-', width: 6 },
  { title: 'SETTABLE', value: ({ settable }) => (settable ? 'yes' : 'no'), width: 8 },
  { title: 'CHOICES', value: ({ choices }) => choices.join(', ') || '-', width: 40 },
];

/** `platen settings <device>` */
export async function settings(io: TerminalIo, deviceId: string, options: { json?: boolean }): Promise<void> {
  const known = await new MaintenanceApi(await storedLogin(io)).settings(deviceId);
  if (options.json) return io.printJson(known);
  if (known.readAt === null) return io.print(`Not read yet. Read them: platen maintain ${deviceId} settings-read`);
  io.print(`Read ${moment(known.readAt)}`);
  io.printTable(COLUMNS, known.rows);
}
