import { Controller, Get, Query } from '@nestjs/common';
import { z } from 'zod';
import { auditEvent, page, pageQuery, type AuditEvent } from '../../../protocol/api';
import { toInstant } from '../../../protocol/names';
import type { Page } from '../../database/page';
import { Answers } from '../../http/answers';
import { AuditService } from './audit.service';
import { Permit } from '../access/access.guard';

/** The cursor is an event's number. */
const auditQuery = pageQuery.extend({ cursor: z.coerce.number().int().positive().optional() });

@Controller('api/audit')
@Permit('admin')
export class AuditController {
  constructor(private readonly audit: AuditService) {}

  @Get()
  @Answers(page(auditEvent))
  async list(@Query({ schema: auditQuery }) query: z.infer<typeof auditQuery>): Promise<Page<AuditEvent>> {
    const { rows, next } = await this.audit.page(query);
    return { rows: rows.map((event) => ({ ...event, at: toInstant(event.at) })), next };
  }
}
