import { loadCertificate } from '../config/certificate';
import { prepareDataFolder } from '../config/data-folder';
import { loadConfig } from '../config/settings-file';
import { failureLine } from './failure-line';

/** `platen server fingerprint`: what `platen login` asks to compare, and what enrolment codes contain. */
export async function runFingerprint(): Promise<void> {
  try {
    const config = loadConfig();
    prepareDataFolder(config.data);
    const { pin } = await loadCertificate(config);
    process.stdout.write(`${pin}\n`);
  } catch (error) {
    process.stderr.write(`platen server fingerprint: ${failureLine(error)}\n`);
    process.exitCode = 1;
  }
}
