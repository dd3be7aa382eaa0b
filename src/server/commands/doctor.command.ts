import { dataSourceOptions } from '../../../ormconfig';
import { loadConfig } from '../config/settings-file';
import { diagnose } from '../doctor/doctor';
import { failureLine } from './failure-line';

/** `platen doctor`: prints one line for each finding, problems on standard error; exit code 1 if there are any. */
export async function runDoctor(): Promise<void> {
  try {
    const config = loadConfig();
    for await (const { subject, isProblem, text } of diagnose(config, dataSourceOptions(config))) {
      (isProblem ? process.stderr : process.stdout).write(`${subject}: ${text}\n`);
      if (isProblem) process.exitCode = 1;
    }
  } catch (error) {
    process.stderr.write(`platen doctor: ${failureLine(error)}\n`);
    process.exitCode = 1;
  }
}
