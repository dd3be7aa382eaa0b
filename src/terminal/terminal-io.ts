import type { Readable, Writable } from 'node:stream';
import { createJournal, type Journal } from '../journal/journal';
import { table, type Column } from './table';

/**
 * Characters of untrusted text that must not reach the technician's terminal: control characters, and those that change
 * the text direction (UAX #9) or break lines.
 */
// eslint-disable-next-line no-control-regex
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Cuts a line to a number of columns; East Asian characters take two (UAX #11). */
function cut(line: string, columns: number): string {
  let width = 0;
  let shown = '';
  for (const character of line) {
    width += (character.codePointAt(0) ?? 0) >= 0x1100 ? 2 : 1;
    if (width > columns) break;
    shown += character;
  }
  return shown;
}

/** Input and output of a command. Results go to `out`, progress and errors to `err`. */
export class TerminalIo {
  private drawn = 0;

  constructor(
    readonly env: NodeJS.ProcessEnv,
    readonly input: Readable & { isTTY?: boolean; setRawMode?: (raw: boolean) => unknown },
    private readonly out: Writable & { isTTY?: boolean; columns?: number },
    private readonly err: Writable & { isTTY?: boolean; columns?: number; rows?: number },
    readonly journal: Journal,
    private readonly signals: NodeJS.EventEmitter,
  ) {}

  /** Whether the user can be prompted. */
  get interactive(): boolean {
    return this.input.isTTY === true && this.err.isTTY === true;
  }

  print(line: string): void {
    this.out.write(`${line.replace(CONTROLS, '')}\n`);
  }

  /** Prints rows under titles. On a terminal they are cut to its width; for programs they stay whole. */
  printTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): void {
    for (const line of table(columns, rows, this.out.isTTY ? this.out.columns : undefined)) this.print(line);
  }

  printJson(value: unknown): void {
    this.out.write(`${JSON.stringify(value).replace(CONTROLS, escaped)}\n`);
  }

  report(line: string): void {
    this.err.write(`${line.replace(CONTROLS, '')}\n`);
  }

  /** Writes a line that the next one replaces; only on a terminal. */
  reportInPlace(line: string): void {
    if (this.err.isTTY) this.err.write(`\r\u001b[K${line.replace(CONTROLS, '')}`);
  }

  /** Clears the line that `reportInPlace` wrote. */
  clearLine(): void {
    if (this.err.isTTY) this.err.write('\r\u001b[K');
  }

  /** Replaces the lines drawn before, as many as fit; only on a terminal. */
  redraw(lines: readonly string[]): void {
    if (!this.err.isTTY) return;
    const { columns = 80, rows = 24 } = this.err;
    const most = rows - 2;
    const all = lines.map((line) => cut(line.replace(CONTROLS, ''), columns - 1));
    // the last lines show the keys
    const fit = all.length > most ? [...all.slice(0, most - 3), '...', ...all.slice(-2)] : all;
    const back = this.drawn > 0 ? `\u001b[${this.drawn}A` : '';
    this.err.write(`\r${back}\u001b[J${fit.map((line) => `${line}\n`).join('')}`);
    this.drawn = fit.length;
  }

  /** Writes a prompt, without a line break. */
  question(text: string): void {
    this.err.write(text);
  }

  /** For Ctrl-C that was read as a key. */
  interrupt(): void {
    this.signals.emit('SIGINT');
  }

  /** Calls the listener on Ctrl-C and SIGTERM until the returned function is called. */
  onInterrupt(listener: () => void): () => void {
    for (const name of ['SIGINT', 'SIGTERM']) this.signals.on(name, listener);
    return () => {
      for (const name of ['SIGINT', 'SIGTERM']) this.signals.off(name, listener);
    };
  }
}

/** Input and output of this process. The journal is silent unless PLATEN_LOG_LEVEL is set. */
export function processIo(): TerminalIo {
  const journal = createJournal('terminal', process.env.PLATEN_LOG_LEVEL || 'silent');
  return new TerminalIo(process.env, process.stdin, process.stdout, process.stderr, journal, process);
}
