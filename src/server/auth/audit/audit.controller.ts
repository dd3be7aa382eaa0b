import { Controller, Get, Query } from '@nestjs/common';
import type { z } from 'zod';
import { auditEvent, page, pageQuery, type AuditEvent } from '../../../protocol/api';
import { toInstant } from '../../../protocol/names';
import type { Page } from '../../database/page';
import { Answers } from '../../http/answers';
import { AuditService } from './audit.service';
import { Permit } from '../access/access.guard';

@Controller('api/audit')
@Permit('admin')
export class AuditController {
  constructor(private readonly audit: AuditService) {}

  @Get()
  @Answers(page(auditEvent))
  async list(@Query({ schema: pageQuery }) query: z.output<typeof pageQuery>): Promise<Page<AuditEvent>> {
    const { rows, next } = await this.audit.page(query);
    return { rows: rows.map((event) => ({ ...event, at: toInstant(event.at) })), next };
  }
}
