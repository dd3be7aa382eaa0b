import { InvalidArgumentError, type Command } from 'commander';
import { EXIT_CODES, type Exit } from './exit-codes';
import type { TerminalIo } from './terminal-io';

/** A command; without a result it exits with `ok`. */
export type Action = (io: TerminalIo) => Promise<Exit | void>;

export interface Json {
  json?: boolean;
}
export const JSON_ANSWER = ['--json', 'print the answer of the API as JSON'] as const;
export const JSON_ROWS = ['--json', 'print the rows of the API as JSON'] as const;

/** How long a finished command waits for sockets that are still closing. */
const LINGER_MS = 2_000;

/** Adds commands whose usage errors have their own exit code. */
export const adder =
  (parent: Command) =>
  (usage: string, description: string): Command =>
    parent.command(usage).description(description).exitOverride(usageError);

export async function perform(command: Action, options: Json = {}): Promise<void> {
  const { config } = await import('zod');
  config({ jitless: true }); // compiling a schema takes longer than what one command reads
  const { processIo } = await import('./terminal-io.js');
  const { runCommand } = await import('./run-command.js');
  process.exitCode = await runCommand(processIo(), command, options);
  setTimeout(() => process.exit(), LINGER_MS).unref();
}

/** Help exits with `ok`; every error in the arguments exits with `usage`. */
function usageError(error: { exitCode: number }): never {
  process.exit(error.exitCode === 0 ? EXIT_CODES.ok.code : EXIT_CODES.usage.code);
}

/** Parser of an option with a whole number. */
export function whole(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Enter a number from ${least} to ${most}.`);
  };
}

/** Parser of an option that may be repeated, with a setting and its value: `location=Hall 2`. */
export function setting(text: string, earlier: Record<string, string> = {}): Record<string, string> {
  const at = text.indexOf('=');
  const name = text.slice(0, at);
  if (at < 1 || Object.hasOwn(earlier, name))
    throw new InvalidArgumentError('Enter each setting once, as name=value, such as location="Hall 2".');
  return { ...earlier, [name]: text.slice(at + 1) };
}

/** Parser of an option with a time; without a zone, it is local. @returns RFC 3339 in UTC */
export function moment(text: string): string {
  const isTime = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?$/.test(text);
  const at = isTime ? Date.parse(text.replace(' ', 'T')) : NaN;
  if (Number.isNaN(at))
    throw new InvalidArgumentError('Enter a time such as 2030-01-07T09:00 or 2030-01-07T09:00:00Z.');
  return new Date(at).toISOString();
}
