import type { Page } from 'playwright-core';
import type { Backups } from '../../../src/protocol/backup';

const HOUR_MS = 3_600_000;
const at = (hours: number): string => new Date(Date.now() - hours * HOUR_MS).toISOString();
const rowAt = (hours: number, bytes: number): Backups['rows'][number] => ({
  name: `platen-${at(hours).slice(0, 19).replaceAll(':', '')}Z.backup`,
  ...{ at: at(hours), bytes, encrypted: hours < 100 },
});

/** One that is being written, or has failed. */
export const sampleBackups = (state: 'running' | 'failed'): Backups => ({
  schedule: { folder: '/backup/platen', hours: 24, kept: 7, encrypted: true },
  rows: [rowAt(26, 412_300_000), rowAt(50, 409_100_000), rowAt(74, 405_800_000), rowAt(146, 398_000_000)],
  running: state === 'running' ? { startedAt: at(0.01), bytes: 184_500_000, expectedBytes: 412_300_000 } : null,
  failure: state === 'failed' ? { at: at(2), detail: 'ENOSPC: no space left on device, write' } : null,
  overdue: false,
});

export const withSampleBackups = (page: Page, state: 'running' | 'failed'): Promise<unknown> =>
  page.route(/\/api\/backups$/, (route) => route.fulfill({ json: sampleBackups(state) }));
