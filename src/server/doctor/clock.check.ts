import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { note, problem, type CheckFinding } from '../../protocol/check-finding';
import { toInstant } from '../../protocol/names';

const LIMIT_MS = 5_000;

/** Tokens, certificates, schedules and logs depend on the clock. systemd knows whether it is kept right by NTP. */
export async function clockCheck(): Promise<CheckFinding> {
  const now = toInstant(Date.now());
  try {
    const asked = ['show', '--property=NTPSynchronized', '--value'];
    const { stdout } = await promisify(execFile)('timedatectl', asked, { timeout: LIMIT_MS });
    if (stdout.trim() === 'yes') return note('clock', `is synchronized, ${now}`);
    return problem('clock', `says ${now} and is not synchronized; switch on NTP: timedatectl set-ntp true`);
  } catch {
    return note('clock', `says ${now}; whether it is synchronized is not known, because timedatectl does not answer`);
  }
}
