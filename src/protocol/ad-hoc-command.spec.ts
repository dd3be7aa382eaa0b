import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { orderFields, readOrder, readReport, reportFields, type JobOrder, type JobReport } from './ad-hoc-command';
import { hasSignedText } from '../tunnel/signing-key';
import { jobApprovalRecord, jobRecordMessage } from './job-approval';
import type { Operation } from './maintenance';

type Fields = Record<string, string>;
const vectors = JSON.parse(readFileSync(join(__dirname, '../../test/vectors/ad-hoc-command.json'), 'utf8')) as {
  orders: { order: JobOrder; fields: Fields }[];
  recordKey: string;
  reports: { report: JobReport; fields: Fields }[];
  malformedOrders: { operation: Operation; fields: Fields }[];
  malformedReports: { status: string; fields: Fields }[];
};

describe('forms of maintenance commands', () => {
  it.each(vectors.orders)('write and read back an order of $order.operation', ({ order, fields }) => {
    expect(orderFields(order)).toEqual(fields);
    expect(readOrder(order.operation, fields)).toEqual(order);
  });
  it.each(vectors.reports)('write and read back a report: $fields', ({ report, fields }) => {
    expect(reportFields(report)).toEqual(fields);
    expect(readReport(report.status, fields)).toEqual(report);
  });
  it('carry an approval record that is verified with the key', () => {
    const { text, signature } = vectors.reports.find(({ report }) => report.record)!.report.record!;
    expect(jobApprovalRecord.parse(JSON.parse(text))).toMatchObject({ operation: 'restart', decision: 'declined' });
    expect(hasSignedText(vectors.recordKey, jobRecordMessage(text), signature)).toBe(true);
    expect(hasSignedText(vectors.recordKey, text, signature)).toBe(false);
  });
  it.each(vectors.malformedOrders)('reject as an order: $fields', ({ operation, fields }) => {
    expect(readOrder(operation, fields)).toBeUndefined();
  });
  it.each(vectors.malformedReports)('reject as a report: $status $fields', ({ status, fields }) => {
    expect(readReport(status, fields)).toBeUndefined();
  });
});
