import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
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

/** `platen agent enrol`: stores the account, or reports the error in one line (exit code 1). */
export async function enrolAgent(code: string, options: EnrolOptions): Promise<void> {
  const file = options.credentials ?? credentialsFileFor(options.config);
  try {
    // Checked first, because the code works only once.
    if (!options.force) await refuseExisting(file);
    const account = await enrol(
      code === '-' ? await presentedCode(process.stdin, process.stderr) : code,
      options.server,
    );
    await storeCredentials(file, account, options.force);
    process.stdout.write(`Enrolled as ${account.agentId}. The credentials are in ${file}\n`);
  } catch (error) {
    const message = error instanceof ZodError ? error.issues[0]?.message : (error as Error).message;
    process.stderr.write(`${message}\n`);
    process.exitCode = 1;
  }
}

/** All of `input`; on a terminal one line, after a prompt. */
export async function presentedCode(input: Readable & { isTTY?: boolean }, prompts: Writable): Promise<string> {
  if (!input.isTTY) return text(input);
  prompts.write('Enrolment code: ');
  const lines = createInterface({ input, terminal: false });
  try {
    for await (const line of lines) return line;
    return '';
  } finally {
    lines.close();
  }
}
