import { z } from 'zod';
import { instant } from './names';

/** What the server keeps of the past. */
export const HISTORY_KINDS = [
  'sessions',
  'jobs',
  'campaigns',
  'deployments',
  'notices',
  'alerts',
  'denials',
  'readings',
  'audit',
] as const;
export type HistoryKind = (typeof HISTORY_KINDS)[number];

/** How long one kind of history is kept. */
export const kept = z.object({
  days: z.number().int(),
  /** The number of rows beyond which the oldest are deleted earlier; null: no number. */
  most: z.number().int().nullable(),
  /** What ended before is deleted. A whole day in UTC, or later where there were more rows than `most`. */
  since: instant,
});
export const retention = z.object(
  Object.fromEntries(HISTORY_KINDS.map((kind) => [kind, kept])) as Record<HistoryKind, typeof kept>,
);
export type Retention = z.infer<typeof retention>;
