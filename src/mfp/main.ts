import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createJournal } from '../journal/journal';
import type { DeviceKind } from '../protocol/device-kinds';
import { firmwareVersion } from '../protocol/maintenance';
import { BadSecretFile } from './display/agent-interface';
import { makeFirmware } from './firmware/firmware-file';
import { DEFAULT_SERIAL, PRODUCTS } from './machine/identity';
import { DamagedMemory } from './machine/machine.errors';
import { startMfp, type MfpOptions, type RunningMfp } from './mfp';

/** A further device in the same process: its web pages and IPP. */
export interface Beside {
  readonly kind: DeviceKind;
  readonly port: number;
}

/** Runs the simulated MFP, and the devices beside it, until SIGTERM or SIGINT. */
export async function runMfp({ beside = [], ...options }: MfpOptions & { beside?: readonly Beside[] }): Promise<void> {
  const journal = createJournal('mfp', process.env.PLATEN_LOG_LEVEL || 'info');
  const running: RunningMfp[] = [];
  const stopAll = () => Promise.all(running.map((each) => each.stop()));
  try {
    for (const [index, { kind, port }] of beside.entries()) {
      const { host, data } = options;
      const identity = { kind, name: PRODUCTS[kind], serialNumber: `${DEFAULT_SERIAL}-${index + 1}` };
      const folder = data === undefined ? undefined : join(data, `beside-${index + 1}`);
      running.push(await startMfp({ ...identity, host, port, data: folder }, journal));
    }
    running.push(await startMfp(options, journal));
  } catch (error) {
    await stopAll();
    const named = error instanceof DamagedMemory || error instanceof BadSecretFile;
    const known = named || (error as NodeJS.ErrnoException).code !== undefined;
    if (!known) throw error;
    process.stderr.write(`The simulated MFP could not start: ${(error as Error).message}\n`);
    process.exitCode = 1;
    return;
  }
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    stopAll().catch((error: unknown) => {
      journal.unexpected(error, 'stopping');
      process.exitCode = 1;
    });
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

/** `platen mfp firmware`: exit code 2 for an invalid version, 1 if the file cannot be written. */
export async function writeFirmware(
  version: string,
  file: string,
  options: { model?: string; bytes?: number },
): Promise<void> {
  const checked = firmwareVersion.safeParse(version);
  if (!checked.success) return fail(`The version ${checked.error.issues[0]?.message}.`, 2);
  try {
    await writeFile(file, makeFirmware(version, options));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    fail(message, 1);
  }
}

function fail(words: string, exitCode: number): void {
  process.stderr.write(`${words}\n`);
  process.exitCode = exitCode;
}
