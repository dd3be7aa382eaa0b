import { randomUUID } from 'node:crypto';
import type { Journal } from '../../journal/journal';
import { toInstant } from '../../protocol/names';
import type { LogReporter } from './log-reporter';
import type { Owner, SessionLog } from './session-log';

/** After a relay or a pair was killed: ends its open halves in the log and reports unacknowledged logs again. */
export class Recovery {
  constructor(
    private readonly sessionLog: SessionLog,
    private readonly reporter: LogReporter,
    private readonly journal: Journal,
  ) {}

  /** @param isLost whether the link is no longer served */
  async recover(isLost: (link: Owner) => boolean): Promise<void> {
    const open = (await this.sessionLog.openHalves()).filter(isLost);
    for (const { linkId, half, tokenHash } of open) {
      const event = { kind: 'end', reason: 'relay-restarted', bytesReceived: 0, bytesSent: 0 } as const;
      await this.sessionLog.write({ id: randomUUID(), linkId, half, at: toInstant(Date.now()), event, tokenHash });
    }
    const logs = (await this.sessionLog.unacknowledged()).filter(isLost);
    // Not awaited: the control plane may be away, and the reporter retries.
    for (const { log } of logs) this.reporter.report(log).catch(() => undefined);
    if (logs.length > 0) this.journal.info('logs are reported again', { logs: logs.length, halves: open.length });
  }
}
