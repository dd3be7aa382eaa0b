import type { DeviceAlert } from '../../protocol/device-information';
import { LIMITS } from '../../protocol/limits';
import type { ResultLine } from '../../protocol/maintenance';
import { redacted, redactedLine } from '../log/redaction';
import type { JobResults } from './job';
import type { OperationContext } from './operation-context';

/**
 * The alerts of the device, then the newest lines of this agent's log that concern it or no device, newest first: what a report
 * has no room for is the oldest. The device need not answer.
 */
export async function readLogs({ order, query, log }: OperationContext): Promise<JobResults> {
  const alerts = await query().then(
    (information) => information.alerts.map(alertLine),
    (error: Error) => [line('device', 'error', redacted(error.message))],
  );
  const own: Line[] = [];
  for (const each of [...(log?.lines ?? [])].reverse()) {
    if (own.length >= LIMITS.JOB_RESULT_LINES) break;
    const shown = redactedLine(each, order.deviceId);
    if (shown) own.push(line('agent', shown.level, `${shown.time} ${shown.text}`.trim()));
  }
  return { result: bounded([...alerts, ...own]) };
}

interface Line {
  readonly name: string;
  readonly value: string;
}
const line = (source: 'device' | 'agent', level: string, text: string): Line => ({
  name: `${source}.${level}`,
  value: text
    .slice(0, LIMITS.LOG_TEXT_CHARACTERS)
    .replace(/\p{Surrogate}$/u, '')
    .trimEnd(),
});

const LEVEL_OF = { report: 'info', warning: 'warn', error: 'error' } as const;
const alertLine = ({ severity, code, text }: DeviceAlert): Line =>
  line('device', LEVEL_OF[severity], [code, redacted(text)].filter(Boolean).join(': '));

/** With the number of each line, because names are unique; the last one says that lines are left out. */
function bounded(lines: readonly Line[]): ResultLine[] {
  const kept: ResultLine[] = [];
  let bytes = 0;
  for (const { name, value } of lines) {
    bytes += bytesInXml(value);
    if (kept.length === LIMITS.JOB_RESULT_LINES - 1 || bytes > LIMITS.LOG_RESULT_BYTES) {
      kept.push({ name: `${numbered(kept.length)}.log.cut`, value: 'Older lines are left out.' });
      break;
    }
    kept.push({ name: `${numbered(kept.length)}.${name}`, value });
  }
  return kept.filter(({ value }) => value !== '');
}

const numbered = (index: number): string => String(index + 1).padStart(3, '0');
const bytesInXml = (text: string): number => Buffer.byteLength(text.replace(/[&<>"']/g, '&quot;'));
