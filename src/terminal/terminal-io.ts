import type { Readable, Writable } from 'node:stream';
import { createJournal, type Journal } from '../journal/journal';

/**
 * What a name from elsewhere must not send to the technician's terminal: control characters, and those that turn the
 * order of writing round (UAX #9) or break lines.
 */
// eslint-disable-next-line no-control-regex
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Where a command reads and writes. Results go to `out`, progress and errors to `err`. */
export class TerminalIo {
  constructor(
    readonly env: NodeJS.ProcessEnv,
    readonly input: Readable & { isTTY?: boolean; setRawMode?: (raw: boolean) => unknown },
    private readonly out: Writable,
    private readonly err: Writable & { isTTY?: boolean },
    readonly journal: Journal,
    private readonly signals: NodeJS.EventEmitter,
  ) {}

  /** A person can be asked. */
  get interactive(): boolean {
    return this.input.isTTY === true && this.err.isTTY === true;
  }

  print(line: string): void {
    this.out.write(`${line.replace(CONTROLS, '')}\n`);
  }

  printJson(value: unknown): void {
    this.out.write(`${JSON.stringify(value).replace(CONTROLS, escaped)}\n`);
  }

  tell(line: string): void {
    this.err.write(`${line.replace(CONTROLS, '')}\n`);
  }

  /** A line that the next one replaces; only where a person looks on. */
  tellInPlace(line: string): void {
    if (this.err.isTTY) this.err.write(`\r\u001b[K${line.replace(CONTROLS, '')}`);
  }

  /** Wipes what `tellInPlace` left. */
  clearLine(): void {
    if (this.err.isTTY) this.err.write('\r\u001b[K');
  }

  /** A question without a line break after it. */
  question(text: string): void {
    this.err.write(text);
  }

  /** Calls on Ctrl-C and SIGTERM until the returned function is called. */
  onInterrupt(listener: () => void): () => void {
    for (const name of ['SIGINT', 'SIGTERM']) this.signals.on(name, listener);
    return () => {
      for (const name of ['SIGINT', 'SIGTERM']) this.signals.off(name, listener);
    };
  }
}

/** The process's own; the journal is silent unless PLATEN_LOG_LEVEL is set. */
export function processIo(): TerminalIo {
  const journal = createJournal('terminal', process.env.PLATEN_LOG_LEVEL || 'silent');
  return new TerminalIo(process.env, process.stdin, process.stdout, process.stderr, journal, process);
}
