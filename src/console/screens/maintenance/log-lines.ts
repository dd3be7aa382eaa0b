import { isSelected, type LogLine, type LogLineLevel } from '../../../protocol/log-lines';

/** Lines of at least a level that contain a text; what is said about the log is always among them. */
export const filtered = (lines: readonly LogLine[], least: LogLineLevel, text: string): LogLine[] =>
  lines.filter(
    (line) =>
      isSelected({ level: least }, line) &&
      (line.source === 'log' || line.text.toLowerCase().includes(text.toLowerCase())),
  );

export const asText = (lines: readonly LogLine[]): string =>
  lines.map(({ source, level, time, text }) => `${[time || '-', source, level, text].join('\t')}\n`).join('');
