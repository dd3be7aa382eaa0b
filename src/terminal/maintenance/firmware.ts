import { basename } from 'node:path';
import { LIMITS } from '../../protocol/limits';
import type { Firmware } from '../../protocol/maintenance';
import { sha256Hex } from '../../tunnel/sha256';
import { storedLogin } from '../credentials';
import { readBounded, showSent } from '../files';
import { bytes, minute } from '../formats';
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
  io.print('No firmware files yet. Administrators upload them: platen firmware upload <file>');
}

export interface FirmwareUploadOptions {
  firmwareVersion: string;
  model: string;
  json?: boolean;
}

/** `platen firmware upload`: the server verifies the SHA-256 of the file. */
export async function firmwareUpload(io: TerminalIo, path: string, options: FirmwareUploadOptions): Promise<void> {
  const api = new MaintenanceApi(await storedLogin(io));
  const content = await readBounded(path, LIMITS.FIRMWARE_BYTES);
  const about = {
    name: basename(path),
    version: options.firmwareVersion,
    model: options.model,
    sha256: sha256Hex(content),
  };
  const stored = await api.uploadFirmware(content, about, showSent(io, content.length));
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
