import { z } from 'zod';
import type { deploymentExecution } from '../../protocol/deployment';
import { toInstant } from '../../protocol/names';
import { UsageError } from '../terminal.errors';
import type { TerminalIo } from '../terminal-io';

export interface WhenOptions {
  /** `ask`, `now`, `idle` or a time (RFC 3339). */
  when: string;
  /** Executes what would be asked about. */
  yes?: boolean;
  json?: boolean;
}
export type When = { when: 'ask' } | z.input<typeof deploymentExecution>;

/** @throws UsageError also when a question would have nobody to answer it */
export function whenOf(io: TerminalIo, { when, yes, json }: WhenOptions): When {
  if (when === 'now' || when === 'idle') return { when };
  if (when === 'ask') {
    if (yes || (io.interactive && !json)) return { when };
    const remedy = 'Say when: --when now, --when idle or --when <RFC 3339 time>; or --yes to execute at once.';
    throw new UsageError('Nobody can be asked here whether the deployment is to be executed.', remedy);
  }
  const time = z.iso.datetime({ offset: true }).safeParse(when);
  if (time.success) return { when: 'at', at: toInstant(Date.parse(when)) };
  throw new UsageError(`"${when}" is no time.`, 'Give ask, now, idle or a time such as 2026-03-02T22:00:00+01:00.');
}
