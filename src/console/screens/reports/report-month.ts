import type { ReportQuery } from '../../../protocol/meter-report';

/** The month before this one, which is over. */
export function lastMonth(): string {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1)).toISOString().slice(0, 7);
}

/** @param month as in `2026-03` */
export function queryFor(month: string, customerId: string | null): ReportQuery {
  const [year = 0, number = 1] = month.split('-').map(Number);
  const to = new Date(Date.UTC(year, number, 0)).toISOString().slice(0, 10);
  return { from: `${month}-01`, to, ...(customerId && { customerId }) };
}
