import { toInstant } from '../../protocol/names';
import type { AlertSeverity } from '../../protocol/device-information';
import { LIMITS } from '../../protocol/limits';
import { isSelected, type LogLine, type LogLineLevel } from '../../protocol/log-lines';
import type { ResultLine } from '../../protocol/maintenance';
import { cutText, redacted } from '../log/redaction';
import type { JobResults } from './job';
import type { OperationContext } from './operation-context';

/**
 * The alerts of the device, its history of alerts, and the lines of this agent's log that concern it or no device, the latter two
 * newest first: what a report has no room for is the oldest. Only what the order selects. The device need not answer.
 */
export async function readLogs(context: OperationContext): Promise<JobResults> {
  const { order, log } = context;
  const selected = (lines: readonly LogLine[]) => lines.filter((each) => isSelected(order.log ?? {}, each));
  const { present, past } = await alertLines(context);
  const newestFirst = selected(past).sort((one, other) => other.time.localeCompare(one.time));
  const own = (log?.lines ?? []).filter(({ deviceId }) => deviceId === undefined || deviceId === order.deviceId);
  const agent = own.toReversed().map((each): LogLine => ({ source: 'agent', ...each }));
  const device = [...selected(present), ...newestFirst.slice(0, LIMITS.LOG_HISTORY_LINES)];
  return { result: bounded([...device, ...selected(agent)]) };
}

async function alertLines({ query, access }: OperationContext): Promise<Record<'present' | 'past', LogLine[]>> {
  try {
    const { alerts } = await query();
    const past = (access.alertHistory ?? []).map((each) => alertLine('history', each));
    return { present: alerts.map((each) => alertLine('device', each)), past };
  } catch (error) {
    const text = redacted((error as Error).message);
    return { present: [{ source: 'device', level: 'error', time: '', text }], past: [] };
  }
}

const LEVEL_OF: Readonly<Record<AlertSeverity, LogLineLevel>> = { report: 'info', warning: 'warn', error: 'error' };

interface ShownAlert {
  readonly severity: AlertSeverity;
  readonly code: string;
  readonly text: string;
  readonly at?: Date;
}
const alertLine = (source: string, { severity, code, text, at }: ShownAlert): LogLine => ({
  ...{ source, level: LEVEL_OF[severity], time: at ? toSecond(at) : '' },
  text: [code, redacted(text)].filter(Boolean).join(': '),
});
const toSecond = (at: Date): string => `${toInstant(at).slice(0, 19)}Z`;

/**
 * With the number of each line, because names are unique; the last one says that lines are left out. If there is none, the
 * only one has the time of this agent's clock, which may be off.
 */
function bounded(lines: readonly LogLine[]): ResultLine[] {
  const kept: ResultLine[] = [];
  let bytes = 0;
  for (const { source, level, time, text } of lines) {
    const value = cutText(`${time} ${text}`.trim());
    bytes += bytesInXml(value);
    if (kept.length === LIMITS.JOB_RESULT_LINES - 1 || bytes > LIMITS.LOG_RESULT_BYTES) {
      kept.push({ name: `${numbered(kept.length)}.log.cut`, value: 'Older lines are left out.' });
      break;
    }
    if (value !== '') kept.push({ name: `${numbered(kept.length)}.${source}.${level}`, value });
  }
  if (kept.length > 0) return kept;
  return [{ name: `${numbered(0)}.log.none`, value: `${toSecond(new Date())} There are no such lines.` }];
}

const numbered = (index: number): string => String(index + 1).padStart(3, '0');
const bytesInXml = (text: string): number => Buffer.byteLength(text.replace(/[&<>"']/g, '&quot;'));
