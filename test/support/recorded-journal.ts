import { pino } from 'pino';
import { Journal } from '../../src/journal/journal';

export interface RecordedJournal {
  readonly journal: Journal;
  /** Every line so far, as written: nothing is redacted here. */
  readonly lines: Record<string, unknown>[];
  readonly text: () => string;
  readonly messages: () => unknown[];
  readonly steps: () => unknown[];
}

/** A journal that keeps its lines for a test to read. */
export function recordedJournal(): RecordedJournal {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>);
  return {
    journal: new Journal(
      pino({ level: 'debug', base: null, formatters: { level: (level) => ({ level }) } }, { write }),
    ),
    lines,
    text: () => JSON.stringify(lines),
    messages: () => lines.map((line) => line.msg),
    steps: () => lines.map((line) => line.step).filter((step) => step !== undefined),
  };
}
