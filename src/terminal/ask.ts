import { createInterface } from 'node:readline';
import { Interrupted, UsageError } from './terminal.errors';
import type { TerminalIo } from './terminal-io';
import { TERMINAL_LIMITS } from './terminal-limits';

export const CTRL_C = '\u0003';
const TOO_LONG = new UsageError('The input is too long.', 'Give one line.');

/** One line from the person. @throws Interrupted */
export async function ask(io: TerminalIo, text: string): Promise<string> {
  io.question(text);
  const lines = createInterface({ input: io.input, terminal: false });
  const stopListening = io.onInterrupt(() => lines.close());
  try {
    for await (const line of lines) return line.trim();
    throw new Interrupted();
  } finally {
    stopListening();
    lines.close();
  }
}

/** One line that is not shown while it is typed. @throws Interrupted */
export async function askHidden(io: TerminalIo, text: string): Promise<string> {
  io.question(text);
  io.input.setRawMode?.(true);
  io.input.resume();
  try {
    return await new Promise<string>((resolve, reject) => {
      const typed = new HiddenLine(resolve, reject);
      const onData = (chunk: Buffer | string): void => {
        if (typed.take(chunk.toString())) io.input.off('data', onData);
      };
      io.input.on('data', onData);
    });
  } finally {
    io.input.setRawMode?.(false);
    io.input.pause();
    io.question('\n');
  }
}

/**
 * Waits until one of the keys is pressed, or CTRL_C, which a raw terminal does not turn into a signal.
 * @returns undefined when stopped
 */
export async function askKey(io: TerminalIo, keys: readonly string[], stop: AbortSignal): Promise<string | undefined> {
  io.input.setRawMode?.(true);
  io.input.resume();
  let take: (chunk: Buffer | string) => void = () => undefined;
  try {
    return await new Promise<string | undefined>((resolve) => {
      take = (chunk) => {
        for (const key of chunk.toString().toLowerCase()) {
          if (key === CTRL_C || keys.includes(key)) resolve(key);
        }
      };
      io.input.on('data', take);
      if (stop.aborted) resolve(undefined);
      stop.addEventListener('abort', () => resolve(undefined), { once: true });
    });
  } finally {
    io.input.off('data', take);
    io.input.setRawMode?.(false);
    io.input.pause();
  }
}

/** What a raw terminal sends, key by key, up to Enter. */
class HiddenLine {
  private text = '';

  constructor(
    private readonly resolve: (line: string) => void,
    private readonly reject: (error: Error) => void,
  ) {}

  /** True when the line is complete. */
  take(keys: string): boolean {
    for (const key of keys) {
      if (key === '\r' || key === '\n') return this.done(() => this.resolve(this.text));
      if (key === CTRL_C || key === '\u0004') return this.done(() => this.reject(new Interrupted()));
      if (key === '\u007f' || key === '\b') this.text = [...this.text].slice(0, -1).join('');
      else this.text += key;
      if (this.text.length > TERMINAL_LIMITS.PASSWORD_INPUT_BYTES) return this.done(() => this.reject(TOO_LONG));
    }
    return false;
  }

  private done(how: () => void): true {
    how();
    return true;
  }
}

/** All of standard input without its last line break, for `--password-stdin`. */
export async function readPassword(io: TerminalIo): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of io.input as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > TERMINAL_LIMITS.PASSWORD_INPUT_BYTES) throw TOO_LONG;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '');
}
