import { writeSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import type { DestinationStream } from 'pino';
import { LIMITS } from '../protocol/limits';

/** Where log lines are written. */
export interface LogLines extends DestinationStream {
  /** Calls `report` with the number of lines that were left out, as soon as lines are written again. */
  onMissing?(report: (lines: number) => void): void;
}

/** How long a full pipe is left alone before it is tried again while the program exits. */
const EXIT_TRY_MS = 10;
const sleeping = new Int32Array(new SharedArrayBuffer(4));

/**
 * Standard error as a destination of log lines. What reads the log from a pipe, as a container engine does, may be slow or stop;
 * the program continues, with up to LIMITS.LOG_WAITING_BYTES of lines that wait, and leaves further ones out. As long as there is
 * room, a line is written before `write` returns. Each is written by one call of the system, because several programs share a pipe.
 */
export class StandardError implements LogLines {
  readonly #waiting: string[] = [];
  #waitingBytes = 0;
  #missing = 0;
  /** Lines that the stream has; while some wait, at least one. Others, such as warnings of Node.js, write to the stream, too. */
  #writing = 0;
  /** The line that the stream has and may not have written. */
  #line = '';
  #isClosed = false;
  #report: (lines: number) => void = () => undefined;

  constructor(private readonly stream: Writable & { readonly fd: number }) {
    stream.on('error', () => this.#close()); // a closed pipe must not stop the program
    process.once('exit', () => this.#writeRest());
  }

  onMissing(report: (lines: number) => void): void {
    this.#report = report;
  }

  write(line: string): void {
    if (this.#isClosed) return;
    // of a file: the stream would end at the first write that a full disk refuses
    if (!(this.stream instanceof Socket)) return void this.#writeNow(Buffer.from(line));
    const isNext = this.#waiting.length === 0 && (this.#writing === 0 || this.stream.writableLength === 0);
    if (isNext) return this.#write(line);
    const bytes = Buffer.byteLength(line);
    if (this.#waitingBytes + bytes > LIMITS.LOG_WAITING_BYTES) return void this.#missing++;
    this.#waiting.push(line);
    this.#waitingBytes += bytes;
  }

  #write(line: string): void {
    this.#line = line;
    this.#writing++;
    this.stream.write(line, this.#next);
  }

  readonly #next = (): void => {
    this.#writing--;
    if (this.#isClosed || this.#writing > 0) return;
    const line = this.#waiting.shift();
    if (line !== undefined) {
      this.#waitingBytes -= Buffer.byteLength(line);
      return this.#write(line);
    }
    if (this.#missing === 0) return;
    const missing = this.#missing;
    this.#missing = 0;
    this.#report(missing);
  };

  #close(): void {
    this.#isClosed = true;
    this.#waiting.length = 0;
  }

  /** The last lines say why a program ends. */
  #writeRest(): void {
    if (this.#isClosed) return;
    const end = performance.now() + LIMITS.LOG_EXIT_MS;
    const lines = this.stream.writableLength > 0 ? [this.#line, ...this.#waiting] : this.#waiting;
    for (const line of lines)
      for (let rest = Buffer.from(line); rest.length > 0; rest = rest.subarray(this.#writeNow(rest)))
        if (performance.now() > end) return;
  }

  /** @returns how many bytes; 0 if the pipe is full */
  #writeNow(bytes: Buffer): number {
    try {
      return writeSync(this.stream.fd, bytes);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return bytes.length; // closed
      Atomics.wait(sleeping, 0, 0, EXIT_TRY_MS);
      return 0;
    }
  }
}

let shared: StandardError | undefined;
/** Of this process: all loggers share what waits. */
export const standardError = (): StandardError => (shared ??= new StandardError(process.stderr));
