import { createJournal } from '../journal/journal';
import { DamagedMemory } from './machine/machine.errors';
import { startMfp, type MfpOptions, type RunningMfp } from './mfp';

/** Runs the simulated MFP until SIGTERM or SIGINT. */
export async function runMfp(options: MfpOptions): Promise<void> {
  const journal = createJournal('mfp', process.env.PLATEN_LOG_LEVEL || 'info');
  let mfp: RunningMfp;
  try {
    mfp = await startMfp(options, journal);
  } catch (error) {
    const known = error instanceof DamagedMemory || (error as NodeJS.ErrnoException).code !== undefined;
    if (!known) throw error;
    process.stderr.write(`The simulated MFP could not start: ${(error as Error).message}\n`);
    process.exitCode = 1;
    return;
  }
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    mfp.stop().catch((error: unknown) => {
      journal.unexpected(error, 'stopping');
      process.exitCode = 1;
    });
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}
