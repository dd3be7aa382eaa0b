import { createInterface } from 'node:readline';
import { pause } from './interrupts';
import { Interrupted, UsageError } from './terminal.errors';
import type { TerminalIo } from './terminal-io';
import { TERMINAL_LIMITS } from './terminal-limits';

const CTRL_C = '\u0003';
const TOO_LONG = new UsageError('The input is too long.', 'Enter one line.');

/** One line from the user. @throws Interrupted */
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

/** Reads one of the keys, without Enter. Handles Ctrl-C itself, because a raw terminal sends no signal for it. */
export class KeyQuestion {
  private pressed: string | undefined;
  private wake = (): void => undefined;
  private readonly take: (chunk: Buffer | string) => void;

  constructor(
    private readonly io: TerminalIo,
    keys: readonly string[],
  ) {
    this.take = (chunk) => {
      for (const key of chunk.toString().toLowerCase()) {
        if (key === CTRL_C) io.interrupt();
        if (keys.includes(key)) this.pressed = key;
      }
      if (this.pressed !== undefined) this.wake();
    };
    io.input.setRawMode?.(true);
    io.input.on('data', this.take);
    io.input.resume();
  }

  /** The key, or undefined if none is pressed in time. */
  async answerWithin(ms: number, stop: AbortSignal): Promise<string | undefined> {
    if (this.pressed === undefined) {
      const woken = new Promise<void>((resolve) => (this.wake = resolve));
      await Promise.race([woken, pause(ms, stop)]);
    }
    return this.pressed;
  }

  /** Restores the terminal. */
  end(): void {
    this.io.input.off('data', this.take);
    this.io.input.setRawMode?.(false);
    this.io.input.pause();
  }
}

/** A line as a raw terminal sends it, key by key. */
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
