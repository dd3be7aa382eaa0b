import { EXIT_CODES, type Exit } from './exit-codes';
import { TerminalError } from './terminal.errors';
import type { TerminalIo } from './terminal-io';

/** Runs a command and reports a failure in two lines: what happened, and what to do. */
export async function runCommand(
  io: TerminalIo,
  command: (io: TerminalIo) => Promise<Exit | void>,
  options: { json?: boolean } = {},
): Promise<number> {
  try {
    const exit = (await command(io)) ?? 'ok';
    return EXIT_CODES[exit].code;
  } catch (error) {
    const failure = error instanceof TerminalError ? error : unexpected(io, error);
    io.clearLine();
    io.report(failure.message);
    if (failure.remedy) io.report(failure.remedy);
    const { code } = EXIT_CODES[failure.exit];
    if (options.json)
      io.printJson({
        event: 'error',
        error: failure.exit,
        message: failure.message,
        remedy: failure.remedy,
        exitCode: code,
      });
    return code;
  }
}

function unexpected(io: TerminalIo, error: unknown): { message: string; remedy: string; exit: Exit } {
  io.journal.unexpected(error, 'running a command');
  const message = error instanceof Error ? error.message : String(error);
  return {
    message: `Unexpected error: ${message}`,
    remedy: 'Run the command again with PLATEN_LOG_LEVEL=debug for details.',
    exit: 'unexpected',
  };
}
