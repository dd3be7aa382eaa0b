import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { NewReportTemplate, ReportFormat } from '../../../protocol/meter-report';
import type { Language } from '../../../protocol/api';
import { Instant, Json, Uuid } from '../../database/column-types';

/** Columns of the files of reports, as another system imports them. */
@Entity('report_templates')
export class ReportTemplateEntity {
  @PrimaryColumn(Uuid()) id: string;
  @Index('ux_report_templates_name', { unique: true }) @Column({ type: 'varchar', length: 100 }) name: string;
  @Column(Json()) layout: Omit<NewReportTemplate, 'name'>;
}

/** A report that is mailed each month; removed with its customer. */
@Entity('report_mails')
export class ReportMailEntity {
  @PrimaryColumn(Uuid()) id: string;
  @Index('ix_report_mails_customer') @Column(Uuid()) customerId: string;
  @Column({ type: 'varchar', length: 254 }) to: string;
  @Column({ type: 'integer' }) day: number;
  @Column({ type: 'varchar', length: 8 }) format: ReportFormat;
  @Column(Uuid({ nullable: true })) templateId: string | null;
  @Column({ type: 'varchar', length: 8 }) language: Language;
  /** When the report of the month before is due, or its next attempt. */
  @Index('ix_report_mails_due') @Column(Instant()) nextAt: Date;
  /** The month that is due, by its first moment. */
  @Column(Instant()) month: Date;
  @Column({ type: 'integer' }) attempts: number;
  /** Start of the current attempt; null if there is none. */
  @Column(Instant({ nullable: true })) claimedAt: Date | null;
  @Column(Instant({ nullable: true })) sentAt: Date | null;
  /** Of the last attempt; empty: it has not failed. */
  @Column({ type: 'varchar', length: 300 }) problem: string;
}
