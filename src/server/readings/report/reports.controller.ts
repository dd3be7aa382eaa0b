import { Body, Controller, Delete, Get, Param, Post, Put, Query, Res } from '@nestjs/common';
import type { Response } from 'express';
import { z } from 'zod';
import {
  meterReport,
  newReportMail,
  newReportTemplate,
  reportFileQuery,
  reportMail,
  reportPreview,
  reportPreviewQuery,
  reportQuery,
  reportTemplate,
  type MeterReport,
  type NewReportMail,
  type NewReportTemplate,
  type ReportFileQuery,
  type ReportMail,
  type ReportPreview,
  type ReportPreviewQuery,
  type ReportQuery,
  type ReportTemplate,
} from '../../../protocol/meter-report';
import { Permit, PermitClient } from '../../auth/access/access.guard';
import { CurrentActor } from '../../auth/access/identity';
import type { Actor } from '../../auth/actor';
import { Documented } from '../../http/api-docs';
import { Answers, AnswersNothing } from '../../http/answers';
import { ReportsService } from './reports.service';

const Id = (): ParameterDecorator => Param('id', { schema: z.uuid() });

@Controller('api')
@Permit('technician')
export class ReportsController {
  constructor(private readonly reports: ReportsService) {}

  @Get('meter-report')
  @PermitClient('information:read')
  @Answers(meterReport)
  report(@CurrentActor() actor: Actor, @Query({ schema: reportQuery }) query: ReportQuery): Promise<MeterReport> {
    return this.reports.report(actor, query);
  }

  @Get('meter-report/file')
  @PermitClient('information:read')
  @Documented(({ ApiProduces }) => ApiProduces('application/octet-stream'))
  @Answers(z.string())
  async file(
    @CurrentActor() actor: Actor,
    @Query({ schema: reportFileQuery }) query: ReportFileQuery,
    @Res() response: Response,
  ): Promise<void> {
    const { name, type, content } = await this.reports.file(actor, query);
    response.attachment(name).type(type).set('cache-control', 'no-store').send(content);
  }

  @Get('report-templates')
  @PermitClient('information:read')
  @Answers(z.array(reportTemplate))
  templates(): Promise<ReportTemplate[]> {
    return this.reports.templates();
  }

  @Post('report-templates')
  @Permit('admin')
  @Answers(reportTemplate, 201)
  addTemplate(
    @CurrentActor() actor: Actor,
    @Body({ schema: newReportTemplate }) template: NewReportTemplate,
  ): Promise<ReportTemplate> {
    return this.reports.addTemplate(actor, template);
  }

  @Post('report-templates/preview')
  @Permit('admin')
  @Answers(reportPreview)
  preview(
    @CurrentActor() actor: Actor,
    @Body({ schema: reportPreviewQuery }) query: ReportPreviewQuery,
  ): Promise<ReportPreview> {
    return this.reports.preview(actor, query);
  }

  @Put('report-templates/:id')
  @Permit('admin')
  @Answers(reportTemplate)
  changeTemplate(
    @CurrentActor() actor: Actor,
    @Id() id: string,
    @Body({ schema: newReportTemplate }) template: NewReportTemplate,
  ): Promise<ReportTemplate> {
    return this.reports.changeTemplate(actor, id, template);
  }

  @Delete('report-templates/:id')
  @Permit('admin')
  @AnswersNothing()
  removeTemplate(@CurrentActor() actor: Actor, @Id() id: string): Promise<void> {
    return this.reports.removeTemplate(actor, id);
  }

  @Get('report-mails')
  @Permit('admin')
  @Answers(z.array(reportMail))
  mails(@CurrentActor() actor: Actor): Promise<ReportMail[]> {
    return this.reports.mails(actor);
  }

  @Post('report-mails')
  @Permit('admin')
  @Answers(reportMail, 201)
  addMail(@CurrentActor() actor: Actor, @Body({ schema: newReportMail }) mail: NewReportMail): Promise<ReportMail> {
    return this.reports.addMail(actor, mail);
  }

  @Delete('report-mails/:id')
  @Permit('admin')
  @AnswersNothing()
  removeMail(@CurrentActor() actor: Actor, @Id() id: string): Promise<void> {
    return this.reports.removeMail(actor, id);
  }
}
