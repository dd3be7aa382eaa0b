import { EventEmitter } from 'node:events';
import { PassThrough, Writable } from 'node:stream';
import { TerminalIo } from '../../../src/terminal/terminal-io';
import { recordedJournal, type RecordedJournal } from '../recorded-journal';

export interface RecordedTerminal {
  readonly io: TerminalIo;
  readonly input: PassThrough & { isTTY?: boolean; rawModes: boolean[] };
  readonly out: () => string;
  readonly err: () => string;
  readonly journal: RecordedJournal;
  /** Ctrl-C. */
  interrupt(): void;
}

/**
 * A terminal whose two outputs the test reads.
 * @param person standard input and standard error are a terminal
 * @param columns standard output is a terminal of that width
 */
export function recordedTerminal(
  env: NodeJS.ProcessEnv,
  { person = false, columns }: { person?: boolean; columns?: number } = {},
): RecordedTerminal {
  const rawModes: boolean[] = [];
  const setRawMode = (raw: boolean): void => void rawModes.push(raw);
  const input = Object.assign(new PassThrough(), { isTTY: person, setRawMode, rawModes });
  const out = Object.assign(new Kept(), columns && { isTTY: true, columns });
  const err = Object.assign(new Kept(), { isTTY: person });
  const journal = recordedJournal();
  const signals = new EventEmitter();
  const io = new TerminalIo(env, input, out, err, journal.journal, signals);
  const interrupt = (): void => void signals.emit('SIGINT');
  return { io, input, out: () => out.text, err: () => err.text, journal, interrupt };
}

class Kept extends Writable {
  text = '';
  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}
