import { Controller, Get, Query, Res } from '@nestjs/common';
import { Throttle } from '@nestjs/throttler';
import type { Response } from 'express';
import { z } from 'zod';
import {
  auditEvent,
  auditExportQuery,
  auditQuery,
  page,
  type AuditEvent,
  type AuditExportQuery,
} from '../../../protocol/api';
import { LIMITS } from '../../../protocol/limits';
import type { Page } from '../../database/page';
import { Answers } from '../../http/answers';
import { Documented } from '../../http/api-docs';
import { sendTexts } from '../../http/download';
import { ExternalClientsService } from '../clients/external-clients.service';
import { EXPORT_FORMATS, exportOf } from './audit-export';
import { presentedAuditEvent } from './audit.presenter';
import { AuditService } from './audit.service';
import { Permit } from '../access/access.guard';
import { CurrentActor } from '../access/identity';
import type { Actor } from '../actor';

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
    return { rows: rows.map(presentedAuditEvent), next };
  }

  /** Read in batches while it is sent, oldest first. */
  @Get('export')
  @Throttle({ default: { limit: LIMITS.EXPORTS_PER_MINUTE, ttl: 60_000 } })
  @Documented(({ ApiProduces }) => ApiProduces('text/csv', 'application/jsonl'))
  @Answers(z.string())
  async export(
    @CurrentActor() actor: Actor,
    @Query({ schema: auditExportQuery }) query: AuditExportQuery,
    @Res() response: Response,
  ): Promise<void> {
    const format = EXPORT_FORMATS[query.format];
    const file = `audit-${new Date().toISOString().slice(0, 10)}.${query.format}`;
    await sendTexts(response, { type: format.type, file }, exportOf(this.audit.export(actor, query), format));
  }
}
