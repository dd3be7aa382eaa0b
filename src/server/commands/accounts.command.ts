import { ProblemError } from '../../protocol/problems';
import { role } from '../../protocol/api';
import { loadConfig } from '../config/settings-file';
import { failureLine } from './failure-line';
import { askNewPassword, passwordFrom } from './password-prompt';

export interface CreateUserOptions {
  readonly role: string;
  readonly displayName?: string;
  readonly passwordStdin?: boolean;
  readonly emergency?: boolean;
}

/** `platen server create-user`. */
export async function runCreateUser(username: string, options: CreateUserOptions): Promise<void> {
  try {
    const config = loadConfig();
    const fromTerminal = process.stdin.isTTY && !options.passwordStdin;
    const password = fromTerminal ? await askNewPassword() : await passwordFrom(process.stdin);
    const { createUser } = await import('./accounts.js');
    const named = { username, displayName: options.displayName ?? username, role: role.parse(options.role) };
    await createUser(config, { ...named, password }, { emergency: options.emergency ?? false });
    process.stdout.write(`user ${username} created (${options.role})\n`);
  } catch (error) {
    process.stderr.write(`platen server create-user: ${linesOf(error)}\n`);
    process.exitCode = 1;
  }
}

/** `platen server remove-factors`. */
export async function runRemoveFactors(username: string): Promise<void> {
  try {
    const { removeFactors } = await import('./accounts.js');
    await removeFactors(loadConfig(), username);
    process.stdout.write(`user ${username} has no second factor any more\n`);
  } catch (error) {
    process.stderr.write(`platen server remove-factors: ${linesOf(error)}\n`);
    process.exitCode = 1;
  }
}

function linesOf(error: unknown): string {
  if (!(error instanceof ProblemError)) return failureLine(error);
  return error.errors?.map(({ path, message }) => `${path}: ${message}`).join('\n') ?? error.detail;
}
