import { text } from 'node:stream/consumers';
import { ZodError } from 'zod';
import { credentialsFileFor, refuseExisting, storeCredentials } from './credentials';
import { enrol } from './enrolment';

export interface EnrolOptions {
  readonly config: string;
  readonly credentials?: string;
  readonly server: string;
  readonly force: boolean;
}

/** `platen agent enrol`: stores the account, or says in one line why not (exit code 1). */
export async function enrolAgent(code: string, options: EnrolOptions): Promise<void> {
  const file = options.credentials ?? credentialsFileFor(options.config);
  try {
    // Before the code is used up: it works once.
    if (!options.force) await refuseExisting(file);
    const account = await enrol(code === '-' ? await text(process.stdin) : code, options.server);
    await storeCredentials(file, account, options.force);
    process.stdout.write(`Enrolled as ${account.agentId}. The credentials are in ${file}\n`);
  } catch (error) {
    const message = error instanceof ZodError ? error.issues[0]?.message : (error as Error).message;
    process.stderr.write(`${message}\n`);
    process.exitCode = 1;
  }
}
