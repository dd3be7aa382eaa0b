import { z } from 'zod';
import type { LogField } from '../../journal/log-fields';
import { LIMITS } from '../../protocol/limits';
import { logLineLevel } from '../../protocol/log-lines';
import { deviceId } from '../../protocol/names';
import { parseJson } from '../../protocol/parse-json';
import { shownText } from '../../protocol/shown-text';

const REMOVED = '[removed]';

/** What free text must not contain. In this order: a later rule must not cut what an earlier one removes as a whole. */
const RULES: readonly (readonly [what: RegExp, by: string])[] = [
  // an address with credentials, a path or a query
  [/\b[a-z][a-z0-9+.-]*:\/\/\S+/gi, REMOVED],
  [/\b(basic|bearer|digest)\s+\S.*/gi, `$1 ${REMOVED}`],
  [
    /\b([\w-]*(?:pass(?:word|wd|phrase)?|pwd|pin|secret|token|ticket|cookie|authorization|api-?key|community|user(?:name)?|login|owner|account|author|subject|title|document|job-?name)[\w-]*)["']?\s*[:=]\s*.*/gi,
    `$1: ${REMOVED}`,
  ],
  // titles of jobs and names of documents; an apostrophe within a word is none
  [/"[^"]*"?|“[^”]*”?|„[^“]*“?|«[^»]*»?|「[^」]*」?|『[^』]*』?|`[^`]*`?/g, REMOVED],
  [/(?<![\p{L}\d])'[^']*(?:'|$)|‘[^’]*(?:’|$)/gu, REMOVED],
  [/[^\s@]+@[^\s@]+/g, REMOVED],
  [/[^\s/\\]*[/\\][^\s]*/g, REMOVED],
  [
    /\S+\.(?:docx?|xlsx?|pptx?|od[tsp]|pdf|ps|rtf|txt|csv|eml|msg|jpe?g|png|gif|tiff?|bmp|svg|html?|xml|json|zip|dwg)\b/gi,
    REMOVED,
  ],
  // addresses, IPv4 and IPv6, and of Ethernet
  [/\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b/g, REMOVED],
  [/(?:[0-9a-f]{0,4}:){3,}[0-9a-f.]*/gi, REMOVED],
  // secrets are long; IDs of jobs and sessions are UUIDs
  [/(?<![\w-])(?![0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![\w-]))[\w+=-]{20,}/gi, REMOVED],
];

/** One line of free text without what must not leave the customer's network. */
export const redacted = (text: string): string =>
  RULES.reduce((rest, [what, by]) => rest.replace(what, by), beginning(shownText(text)));

/** Bounds the time that a hostile line takes. A word that is cut is left out, since the rest would not be recognized. */
const beginning = (text: string): string =>
  text.length <= LIMITS.LOG_REDACTED_CHARACTERS
    ? text
    : text.slice(0, LIMITS.LOG_REDACTED_CHARACTERS).replace(/\S*$/, '');

/** Fields that leave: names from lists, IDs, numbers. Others, of people, addresses and files, never do. */
const SHOWN: readonly LogField[] = [
  ...([
    'step',
    'state',
    'ending',
    'reason',
    'problem',
    'failure',
    'outcome',
    'decision',
    'phase',
    'operation',
  ] as const),
  ...([
    'exchange',
    'protocol',
    'errorCode',
    'exit',
    'status',
    'durationMs',
    'retryMs',
    'attempts',
    'repeated',
  ] as const),
  ...(['remoteSessionId', 'jobId', 'applicationId', 'incident', 'version', 'firmwareVersion'] as const),
];

/** A line of this agent's log as it may leave, and as it is stored. */
export const redactedLineOf = z.object({
  level: logLineLevel,
  /** Seconds; empty if the line has none. */
  time: z.string().regex(/^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)?$/),
  text: z.string().max(LIMITS.LOG_TEXT_CHARACTERS),
  /** The device that it is about; missing: none. */
  deviceId: deviceId.optional(),
});
export type RedactedLine = z.infer<typeof redactedLineOf>;

/** Without half a character at the end. */
export const cutText = (text: string): string =>
  text
    .slice(0, LIMITS.LOG_TEXT_CHARACTERS)
    .replace(/\p{Surrogate}$/u, '')
    .trimEnd();

/** Undefined if it is no line of a log, or about several devices. */
export function redactedLine(line: string): RedactedLine | undefined {
  const parsed: unknown = parseJson(line);
  if (typeof parsed !== 'object' || parsed === null) return undefined;
  const fields = parsed as Readonly<Record<string, unknown>>;
  const { time, msg, detail, deviceId } = fields;
  const level = logLineLevel.safeParse(fields.level).data;
  if (level === undefined || typeof msg !== 'string' || fields.deviceIds !== undefined) return undefined;
  if (deviceId !== undefined && typeof deviceId !== 'string') return undefined;
  const shown = SHOWN.flatMap((name) => {
    const value = fields[name];
    return typeof value === 'string' || typeof value === 'number' ? [`${name}=${redacted(String(value))}`] : [];
  });
  const why = typeof detail === 'string' ? [redacted(detail)] : [];
  const at = typeof time === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(time) ? `${time.slice(0, 19)}Z` : '';
  const text = cutText([redacted(msg), ...shown, ...why].join(' '));
  return { level, time: at, text, ...(deviceId !== undefined && { deviceId }) };
}
