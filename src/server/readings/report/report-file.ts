import { xlsxOf, type Cell } from './xlsx';
import {
  REPORT_FIELDS,
  type MeterReport,
  type NewReportTemplate,
  type ReportColumn,
  type ReportedDevice,
  type ReportedMeter,
  type ReportField,
  type ReportFormat,
} from '../../../protocol/meter-report';

/** A finished file. */
export interface ReportFile {
  readonly name: string;
  readonly type: string;
  readonly content: Buffer;
}

type Layout = Omit<NewReportTemplate, 'name'>;
/** Every field, one line for each meter of a device. */
const USUAL: Layout = {
  line: 'meter',
  separator: ',',
  headings: true,
  columns: (Object.entries(REPORT_FIELDS) as [ReportField, string][])
    .filter(([field]) => field !== 'empty')
    .map(([field, heading]) => ({ field, heading })),
};

const TYPES: Record<ReportFormat, string> = {
  csv: 'text/csv; charset=utf-8; header=present',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  json: 'application/json',
};

/** The report as a file of this format. JSON is the report itself, whatever the template. */
export async function fileOf(report: MeterReport, format: ReportFormat, layout: Layout = USUAL): Promise<ReportFile> {
  const customer = (report.customerName ?? 'all').replaceAll(/[^\p{L}\p{N}]+/gu, '-');
  const name = `meters-${customer}-${report.from}-${report.to}.${format}`;
  return { name, type: TYPES[format], content: await contentOf(report, format, layout) };
}

async function contentOf(report: MeterReport, format: ReportFormat, layout: Layout): Promise<Buffer> {
  if (format === 'json') return Buffer.from(JSON.stringify(report));
  const lines = linesOf(report, layout);
  const headings = layout.columns.map(({ heading }) => heading);
  const all: Cell[][] = layout.headings ? [headings, ...lines] : lines;
  if (format === 'csv') return Buffer.from(csvOf(all, layout.separator));
  return xlsxOf(all);
}

/** The cells of a file, without headings. */
export function linesOf(report: MeterReport, { line, columns }: Layout): Cell[][] {
  return report.devices.flatMap((device) =>
    line === 'device'
      ? [columns.map((column) => valueOf(column, report, device, meterNamed(device, column.counter)))]
      : device.meters.map((meter) => columns.map((column) => valueOf(column, report, device, meter))),
  );
}

const meterNamed = ({ meters }: ReportedDevice, counter: string | undefined): ReportedMeter | undefined =>
  meters.find((meter) => meter.counter === counter);

function valueOf(
  { field }: ReportColumn,
  { from, to }: MeterReport,
  device: ReportedDevice,
  meter: ReportedMeter | undefined,
): Cell {
  const values: Record<ReportField, Cell | undefined> = {
    customer: device.customerName,
    site: device.siteName,
    device: device.deviceId,
    name: device.name,
    model: device.model,
    serial: device.serialNumber,
    meter: meter?.counter,
    'first-at': meter?.first?.at,
    first: meter?.first?.value,
    'first-origin': meter?.first?.origin,
    'last-at': meter?.last?.at,
    last: meter?.last?.value,
    'last-origin': meter?.last?.origin,
    offset: meter?.offset,
    volume: meter?.volume,
    problem: meter?.problem,
    from,
    to,
    empty: '',
  };
  return values[field] ?? null;
}

/** With these, also behind blanks, spreadsheets take a text for a formula. */
const FORMULA = /^\s*[=+\-@＝＋－＠]|^[\t\r\n]/;

/** RFC 4180, with a byte order mark, without which spreadsheets take UTF-8 for another encoding. */
export function csvOf(lines: readonly (readonly Cell[])[], separator: string): string {
  const text = lines.map((line) => line.map((value) => csvCell(value, separator)).join(separator)).join('\r\n');
  return `\uFEFF${text}\r\n`;
}

function csvCell(value: Cell, separator: string): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const text = FORMULA.test(value) ? `'${value}` : value;
  return /["\r\n]/.test(text) || text.includes(separator) ? `"${text.replaceAll('"', '""')}"` : text;
}
