import type { ResultLine } from '../../../protocol/maintenance';

/** A line of the result of `logs-read`. */
export interface LogLine {
  readonly source: string;
  readonly level: string;
  /** Empty: the device does not say when. */
  readonly time: string;
  readonly text: string;
}

/** `001.agent.warn` with `2030-01-07T09:00:00Z the text`. */
export const logLineOf = ({ name, value }: ResultLine): LogLine => {
  const [, source = '', level = ''] = name.split('.');
  const [, time = '', text = ''] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)? ?(.*)$/.exec(value) ?? [];
  return { source, level, time, text };
};

/** Mildest first. */
const LEVELS = ['trace', 'debug', 'info', 'warn', 'error'];

/** Lines of at least a level that contain a text; the mark that lines are left out is always among them. */
export const filtered = (lines: readonly LogLine[], least: string, text: string): LogLine[] =>
  lines.filter(
    (line) =>
      line.level === 'cut' ||
      (LEVELS.indexOf(line.level) >= LEVELS.indexOf(least) && line.text.toLowerCase().includes(text.toLowerCase())),
  );

export const asText = (lines: readonly LogLine[]): string =>
  lines.map(({ source, level, time, text }) => `${[time || '-', source, level, text].join('\t')}\n`).join('');
