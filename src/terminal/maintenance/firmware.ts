import type { Firmware } from '../../protocol/maintenance';
import { storedLogin } from '../credentials';
import { readBounded, showSent } from '../files';
import { bytes, minute } from '../formats';
import { FIRMWARE_FILE_BYTES } from '../releases/signed-file';
import type { Column } from '../table';
import type { TerminalIo } from '../terminal-io';
import { MaintenanceApi } from './maintenance-api';

const COLUMNS: Column<Firmware>[] = [
  { title: 'FIRMWARE', value: ({ id }) => id, width: 36 },
  { title: 'VERSION', value: ({ version }) => version, width: 14 },
  { title: 'MODEL', value: ({ model }) => model || 'any', width: 16 },
  { title: 'SIZE', value: ({ bytes: count }) => bytes(count), width: 7 },
  { title: 'UPLOADED', value: ({ uploadedAt }) => minute(uploadedAt), width: 16 },
];

/** `platen firmware list` */
export async function firmwareList(io: TerminalIo, options: { json?: boolean }): Promise<void> {
  const files = await new MaintenanceApi(await storedLogin(io)).firmware();
  if (options.json) return io.printJson(files);
  if (files.length > 0) return io.printTable(COLUMNS, files);
  io.print('No firmware files yet. Sign one: platen firmware sign <file>. Then an administrator uploads it.');
}

/** `platen firmware upload`: the server verifies it while it arrives. */
export async function firmwareUpload(io: TerminalIo, path: string, options: { json?: boolean }): Promise<void> {
  const api = new MaintenanceApi(await storedLogin(io));
  const content = await readBounded(path, FIRMWARE_FILE_BYTES);
  const stored = await api.uploadFirmware(content, showSent(io, content.length));
  io.clearLine();
  if (options.json) return io.printJson(stored);
  io.print(`Firmware ${stored.version} has been stored as ${stored.id}, SHA-256 ${stored.sha256}.`);
  io.print(`Install it: platen maintain <device> firmware-install --firmware ${stored.id}`);
}

/** `platen firmware remove` */
export async function firmwareRemove(io: TerminalIo, id: string): Promise<void> {
  await new MaintenanceApi(await storedLogin(io)).removeFirmware(id);
  io.print(`Firmware ${id} has been removed.`);
}
