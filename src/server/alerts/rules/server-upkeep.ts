import { statfs } from 'node:fs/promises';
import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Journal } from '../../../journal/journal';
import { LIMITS } from '../../../protocol/limits';
import { AuditService } from '../../auth/audit/audit.service';
import { CONFIG, type Config } from '../../config/config';
import { ServerConditions, type ServerFinding } from './server-conditions';

const GIGABYTE = 1e9;
/** So much more than what raises the alert has to be free, so that it does not come and go. */
const RESOLVED_TIMES = 1.2;

/** The disk of the data folder, and the audit trail. */
@Injectable()
export class ServerUpkeep implements OnModuleInit, OnModuleDestroy {
  private readonly stopping = new AbortController();
  private verified: { readonly at: number; readonly findings: readonly string[] } | undefined;
  private verifying: Promise<void> | undefined;

  constructor(
    private readonly conditions: ServerConditions,
    private readonly audit: AuditService,
    private readonly journal: Journal,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  onModuleInit(): void {
    this.conditions.register('disk-full', () => this.disk());
    this.conditions.register('audit-changed', (now) => this.trail(now));
  }
  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    await this.settled();
  }
  /** What was begun is done. */
  async settled(): Promise<void> {
    await this.verifying;
  }

  private async disk(): Promise<ServerFinding[]> {
    const { bavail, bsize } = await statfs(this.config.data);
    const free = bavail * bsize;
    if (free >= LIMITS.DISK_FREE_BYTES * RESOLVED_TIMES) return [];
    // rounded, so that the alert does not change every minute
    const text = `${(free / GIGABYTE).toFixed(1)} GB`;
    return [{ severity: 'error', facts: { text }, raises: free < LIMITS.DISK_FREE_BYTES }];
  }

  /** The whole trail is read once a day, while others are checked. */
  private trail(now: Date): Promise<ServerFinding[] | undefined> {
    if (!this.verified || now.getTime() - this.verified.at >= LIMITS.AUDIT_VERIFIED_MS) this.verify(now);
    if (!this.verified) return Promise.resolve(undefined);
    const [text] = this.verified.findings;
    return Promise.resolve(text === undefined ? [] : [{ severity: 'error', facts: { text } }]);
  }

  private verify(now: Date): void {
    this.verifying ??= this.audit
      .verify(this.stopping.signal)
      .then(({ findings }) => void (this.verified = { at: now.getTime(), findings }))
      .catch((error: unknown) => {
        if (!this.stopping.signal.aborted) this.journal.unexpected(error, 'verifying the audit trail');
      })
      .finally(() => (this.verifying = undefined));
  }
}
