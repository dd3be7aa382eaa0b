import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AuditExportQuery } from '../../../protocol/api';
import { toInstant } from '../../../protocol/names';
import { BYTE_ORDER_MARK, csvLine } from '../../http/csv';
import type { AuditEventEntity } from './audit-event.entity';

interface Format {
  readonly type: string;
  readonly head: string;
  readonly line: (event: AuditEventEntity) => string;
}

const FIELDS = ['id', 'at', 'actor', 'action', 'target', 'detail', 'hash'] as const;
const valuesOf = (event: AuditEventEntity) => ({ ...event, at: toInstant(event.at) });

export const EXPORT_FORMATS: Record<AuditExportQuery['format'], Format> = {
  csv: {
    type: 'text/csv; charset=utf-8',
    head: BYTE_ORDER_MARK + csvLine(FIELDS),
    line: (event) => {
      const values = valuesOf(event);
      return csvLine(FIELDS.map((name) => values[name]));
    },
  },
  jsonl: {
    type: 'application/jsonl; charset=utf-8',
    head: '',
    line: (event) => `${JSON.stringify(valuesOf(event), [...FIELDS])}\n`,
  },
};

/** Entries as texts, one for each batch that is not empty. */
export async function* exportOf(
  batches: AsyncIterable<AuditEventEntity[]>,
  { head, line }: Format,
): AsyncGenerator<string, void> {
  if (head) yield head;
  for await (const rows of batches) {
    if (rows.length > 0) yield rows.map(line).join('');
    await nextTurn(); // the database may answer within the same turn
  }
}
