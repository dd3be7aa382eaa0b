import { z } from 'zod';
import { oneOf } from './later-names';
import { instant } from './names';

/** Levels of log lines, mildest first. */
export const LOG_LINE_LEVELS = ['trace', 'debug', 'info', 'warn', 'error'] as const;
export const logLineLevel = z.enum(LOG_LINE_LEVELS);
export type LogLineLevel = z.infer<typeof logLineLevel>;

/**
 * Which lines `logs-read` reads: from one time until another, as the clock of the agent has stamped them, and at least of a
 * level. What is missing limits nothing.
 */
const selection = {
  from: instant.optional(),
  until: instant.optional(),
};
const isRange = ({ from, until }: { from?: string; until?: string }): boolean =>
  from === undefined || until === undefined || Date.parse(from) < Date.parse(until);
const AFTER = { path: ['until'], message: 'must be after "from"' };

export const logSelection = z.strictObject({ ...selection, level: logLineLevel.optional() }).refine(isRange, AFTER);
export type LogSelection = z.infer<typeof logSelection>;
/** As an order has it; a level of a later version limits nothing. */
export const orderedLogSelection = z
  .object({ ...selection, level: oneOf(logLineLevel, 'trace').optional() })
  .refine(isRange, AFTER);

/** A line of the result of `logs-read`. */
export interface LogLine {
  /** `agent`, `device`, `history`; `log`: about the log itself. */
  readonly source: string;
  readonly level: string;
  /** To the second; empty: it is not known when. */
  readonly time: string;
  readonly text: string;
}

/** Of a line of a result: `001.agent.warn` with `2030-01-07T09:00:00Z the text`. */
export const logLineOf = ({ name, value }: { readonly name: string; readonly value: string }): LogLine => {
  const [, source = '', level = ''] = name.split('.');
  const [, time = '', text = ''] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)? ?(.*)$/.exec(value) ?? [];
  return { source, level, time, text };
};

const secondOf = (time: string): number => Math.floor(Date.parse(time) / 1000);

/**
 * Both ends are within the range. A line without a time, or of an unknown level, is not left out because of it, and a line
 * about the log never is.
 */
export function isSelected(
  { from, until, level: least }: LogSelection,
  { source, level, time }: Omit<LogLine, 'text'>,
): boolean {
  if (source === 'log') return true;
  const rank = LOG_LINE_LEVELS.indexOf(level as LogLineLevel);
  if (least !== undefined && rank !== -1 && rank < LOG_LINE_LEVELS.indexOf(least)) return false;
  if (time === '') return true;
  const second = secondOf(time);
  return (from === undefined || second >= secondOf(from)) && (until === undefined || second <= secondOf(until));
}
