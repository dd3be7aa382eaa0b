import { Controller, Get, Query } from '@nestjs/common';
import type { z } from 'zod';
import { auditEvent, auditQuery, page, type AuditEvent } from '../../../protocol/api';
import { toInstant } from '../../../protocol/names';
import type { Page } from '../../database/page';
import { Answers } from '../../http/answers';
import { ExternalClientsService } from '../clients/external-clients.service';
import { AuditService } from './audit.service';
import { Permit } from '../access/access.guard';

@Controller('api/audit')
@Permit('admin')
export class AuditController {
  constructor(
    private readonly audit: AuditService,
    private readonly clients: ExternalClientsService,
  ) {}

  @Get()
  @Answers(page(auditEvent))
  async list(
    @Query({ schema: auditQuery }) { clientId, ...query }: z.output<typeof auditQuery>,
  ): Promise<Page<AuditEvent>> {
    const of = clientId === undefined ? undefined : await this.clients.auditNames(clientId);
    const { rows, next } = await this.audit.page(query, of);
    return { rows: rows.map((event) => ({ ...event, at: toInstant(event.at) })), next };
  }
}
