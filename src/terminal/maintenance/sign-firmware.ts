import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { LIMITS } from '../../protocol/limits';
import { readBounded } from '../files';
import { bytes, moment } from '../formats';
import {
  FIRMWARE_FILE_BYTES,
  packedFirmware,
  privateKeyFrom,
  publicKeyFrom,
  verifiedFirmware,
} from '../releases/signed-file';
import { UsageError } from '../terminal.errors';
import type { TerminalIo } from '../terminal-io';

export interface SignOptions {
  firmwareVersion: string;
  /** Empty: any. */
  model: string;
  key: string;
  out: string;
}

/** `platen firmware sign`: packs a firmware file and its manifest into one signed file. Away from the server. */
export async function firmwareSign(io: TerminalIo, path: string, options: SignOptions): Promise<void> {
  const content = await readBounded(path, LIMITS.FIRMWARE_BYTES);
  const about = { name: basename(path), version: options.firmwareVersion, model: options.model };
  const file = packedFirmware(content, about, await privateKeyFrom(options.key));
  await writeFile(options.out, file).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${options.out} cannot be written (${error.code}).`, 'Choose another file.');
  });
  io.print(
    `${options.out}: firmware ${about.version}, ${bytes(file.length)}. Next: platen firmware upload ${options.out}`,
  );
}

/** `platen firmware verify` */
export async function firmwareVerify(
  io: TerminalIo,
  path: string,
  options: { key: string; json?: boolean },
): Promise<void> {
  const manifest = verifiedFirmware(await readBounded(path, FIRMWARE_FILE_BYTES), await publicKeyFrom(options.key));
  if (options.json) return io.printJson(manifest);
  io.print(`Firmware   ${manifest.version}, signed with this key`);
  io.print(`Model      ${manifest.model || 'any'}`);
  io.print(`File       ${manifest.name}, ${bytes(manifest.bytes)}, SHA-256 ${manifest.sha256}`);
  io.print(`Created    ${moment(manifest.createdAt)}`);
}
