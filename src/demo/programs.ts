import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { parseJson } from '../protocol/parse-json';

/** A log line (journal/journal.ts). */
export interface LogLine {
  readonly program: string;
  /** Milliseconds since 1970, with fractions: its `time`. */
  readonly at: number;
  readonly level: string;
  readonly msg: string;
  readonly step?: string;
  readonly remoteSessionId?: string;
  readonly [field: string]: unknown;
}

export class ProgramFailed extends Error {
  override readonly name = 'ProgramFailed';
}

/** Longest wait for the last lines of a program that has exited. */
const LAST_LINES_MS = 1_000;

/** Long enough for a busy computer. */
const WAIT_MS = 90_000;

/** Stored lines per program; the oldest are dropped first. */
const KEPT_LINES = 20_000;

/** A running program, with its log from standard error and its output. */
export class Program {
  readonly log: LogLine[] = [];
  readonly printed: string[] = [];
  readonly exited: Promise<number | NodeJS.Signals>;
  private readonly listeners = new Set<() => void>();

  private constructor(
    readonly name: string,
    readonly child: ChildProcess,
    onLog: (line: LogLine) => void,
  ) {
    this.exited = new Promise((resolve) => {
      child.once('error', (error) => {
        this.keep(this.printed, error.message);
        resolve(127);
      });
      // not `close` alone: a relay that outlives its server keeps the server's standard error open
      child.once('exit', (code, signal) => {
        const done = (): void => resolve(code ?? signal ?? 0);
        child.once('close', done);
        setTimeout(done, LAST_LINES_MS).unref();
      });
    });
    void this.exited.then(() => this.notify());
    createInterface({ input: child.stderr! }).on('line', (text) => {
      const line = parse(text);
      if (line) onLog(line);
      if (line) this.keep(this.log, line);
      else this.keep(this.printed, text);
    });
    createInterface({ input: child.stdout! }).on('line', (text) => this.keep(this.printed, text));
  }

  /** @param command program and arguments */
  static start(
    name: string,
    [file, ...args]: [string, ...string[]],
    options: { env?: Record<string, string>; input?: string; onLog?: (line: LogLine) => void } = {},
  ): Program {
    const env = { ...process.env, ...options.env };
    const child = spawn(file, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
    child.stdin.on('error', () => undefined); // it may exit before it has read
    child.stdin.end(options.input ?? '');
    return new Program(name, child, options.onLog ?? (() => undefined));
  }

  /** Waits for a log line. @throws ProgramFailed if the program exits or the time is up first */
  async logged(message: string, timeoutMs = WAIT_MS): Promise<LogLine> {
    return this.until(() => this.log.find((line) => line.msg === message), `logs '${message}'`, timeoutMs);
  }

  /** Waits until `find` returns a value. @throws ProgramFailed if the program exits or the time is up first */
  async until<T>(find: () => T | undefined, what: string, timeoutMs = WAIT_MS): Promise<T> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      if (this.child.exitCode !== null || this.child.signalCode !== null) throw this.failed(`exited before it ${what}`);
      if (performance.now() >= deadline) throw this.failed(`took longer than ${timeoutMs} ms until it ${what}`);
      await this.change(deadline - performance.now());
    }
  }

  /** Stops the program and waits for its exit; kills it if it does not exit in time. */
  async stop(signal: NodeJS.Signals = 'SIGTERM', timeoutMs = WAIT_MS): Promise<number | NodeJS.Signals> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(signal);
    const force = setTimeout(() => this.child.kill('SIGKILL'), timeoutMs);
    const how = await this.exited;
    clearTimeout(force);
    return how;
  }

  private failed(how: string): ProgramFailed {
    const last = [...this.printed.slice(-5), ...this.log.filter(isTrouble).map((line) => line.msg)];
    return new ProgramFailed(`${this.name} ${how}${last.length > 0 ? `: ${last.slice(-5).join(' | ')}` : ''}`);
  }

  private keep<T>(list: T[], entry: T): void {
    list.push(entry);
    if (list.length > KEPT_LINES) list.shift();
    this.notify();
  }
  private notify(): void {
    for (const listener of [...this.listeners]) listener();
  }
  private change(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.listeners.delete(done);
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      this.listeners.add(done);
    });
  }
}

/** Whether it is a warning or an error. */
export const isTrouble = ({ level }: LogLine): boolean => level === 'warn' || level === 'error';

function parse(text: string): LogLine | undefined {
  const line = text.startsWith('{') ? (parseJson(text) as { time?: string } | undefined) : undefined;
  return line && ({ ...line, at: momentOf(line.time ?? '') } as unknown as LogLine);
}

/** The time of a log line in milliseconds since 1970; `Date.parse` would lose its microseconds. */
export const momentOf = (time: string): number =>
  Date.parse(`${time.slice(0, 23)}Z`) + Number(time.slice(23, 26)) / 1000;
