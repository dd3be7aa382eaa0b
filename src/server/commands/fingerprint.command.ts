import { existsSync } from 'node:fs';
import { loadCertificate } from '../config/certificate';
import { readConfig } from '../config/config';
import { prepareDataFolder } from '../config/data-folder';
import { failureLine } from './failure-line';

/** `platen server fingerprint`: what `platen login` asks to compare, and what enrolment codes contain. */
export async function runFingerprint(): Promise<void> {
  try {
    if (existsSync('.env')) process.loadEnvFile('.env');
    const config = readConfig(process.env);
    prepareDataFolder(config.data);
    const { pin } = await loadCertificate(config);
    process.stdout.write(`${pin}\n`);
  } catch (error) {
    process.stderr.write(`platen server fingerprint: ${failureLine(error)}\n`);
    process.exitCode = 1;
  }
}
