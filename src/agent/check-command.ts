import { ConfigurationError, readConfiguration } from './configuration/configuration';

/** `platen agent check`: each problem in one line on standard error, exit code 1 if there is any. */
export async function checkConfiguration(file: string): Promise<void> {
  try {
    const { devices } = await readConfiguration(file);
    const applications = devices.flatMap((device) => device.applications);
    process.stdout.write(`${file}: ${devices.length} device(s), ${applications.length} application(s)\n`);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    process.stderr.write(error.problems.map((line) => `${line}\n`).join(''));
    process.exitCode = 1;
  }
}
