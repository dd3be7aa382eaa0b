import { Controller, Get, HttpCode, Post } from '@nestjs/common';
import { backups, type Backups } from '../../protocol/backup';
import { Permit } from '../auth/access/access.guard';
import { CurrentActor } from '../auth/access/identity';
import type { Actor } from '../auth/actor';
import { AuditService } from '../auth/audit/audit.service';
import { Answers } from '../http/answers';
import { BackupRuns } from './backup-runs';

/**
 * Backups are not sent: one contains all secrets of the server, which a stolen login of an administrator must not
 * give away.
 */
@Controller('api/backups')
@Permit('admin')
export class BackupsController {
  constructor(
    private readonly runs: BackupRuns,
    private readonly audit: AuditService,
  ) {}

  @Get()
  @Answers(backups)
  list(): Promise<Backups> {
    return this.runs.state();
  }

  /** Starts one; `GET` shows its progress. */
  @Post()
  @HttpCode(202)
  @Answers(backups, 202)
  async start(@CurrentActor() actor: Actor): Promise<Backups> {
    this.runs.start().catch(() => undefined); // logged, and shown by `state`
    await this.audit.record(actor, 'backup.requested', '');
    return this.runs.state();
  }
}
