import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { SignedRecord } from '../../protocol/approval-record';
import type { AskerKind } from '../../protocol/asker';
import type { SettingRow, WantedSettings } from '../../protocol/device-settings';
import type { UpdateDecision } from '../../protocol/device-information';
import type { LogSelection } from '../../protocol/log-lines';
import type { HoldReason, JobFailure, JobState, JobWait, Operation, ResultLine } from '../../protocol/maintenance';
import { Instant, Json, Uuid } from '../database/column-types';
import { Encrypted } from '../database/encrypted-column';

/** A maintenance job. User, device and file are copied in, so that its history outlives them. */
@Entity('maintenance_jobs')
@Index('ix_maintenance_jobs_requested', ['requestedAt'])
@Index('ix_maintenance_jobs_agent', ['agentId', 'state'])
@Index('ix_maintenance_jobs_deadline', ['state', 'deadlineAt'])
export class JobEntity {
  @PrimaryColumn(Uuid()) id: string;
  /** Whether `userId` names a user or an external client. */
  @Column({ type: 'varchar', length: 8, default: 'user' }) askerKind: AskerKind;
  @Index('ix_maintenance_jobs_user') @Column(Uuid()) userId: string;
  @Column({ type: 'varchar', length: 64 }) username: string;
  @Column({ type: 'varchar', length: 100 }) displayName: string;
  @Index('ix_maintenance_jobs_device') @Column({ type: 'varchar', length: 64 }) deviceId: string;
  @Column({ type: 'varchar', length: 100 }) deviceName: string;
  @Column({ type: 'varchar', length: 64 }) agentId: string;
  /** The site of the agent at the time of the request; null if it had none. */
  @Index('ix_maintenance_jobs_site') @Column(Uuid({ nullable: true })) siteId: string | null;
  @Column({ type: 'varchar', length: 32 }) operation: Operation;
  /** That has requested it. */
  @Column(Uuid({ nullable: true })) campaignId: string | null;

  @Column(Uuid({ nullable: true })) firmwareId: string | null;
  @Column({ type: 'varchar', length: 120, nullable: true }) firmwareName: string | null;
  @Column({ type: 'varchar', length: 64, nullable: true }) firmwareVersion: string | null;
  /** With it the agent downloads the file. The same each time the job is sent; removed when the job is over. */
  @Column(Encrypted<string>({ nullable: true })) firmwareToken: string | null;

  /** What `settings-set` is to set. */
  @Column(Json({ nullable: true })) settings: WantedSettings | null;
  /** What `logs-read` is to read; null: the latest lines. */
  @Column(Json({ nullable: true })) log: LogSelection | null;

  @Column({ type: 'varchar', length: 32 }) state: JobState;
  /** When the wait of this state is over. */
  @Column(Instant({ nullable: true })) deadlineAt: Date | null;
  /** Why its agent was not woken; null once the agent has answered. */
  @Column(Json({ nullable: true })) waiting: JobWait | null;
  /** Whether device information was acquired before it was sent, and why (B2). */
  @Column(Json({ nullable: true })) decision: UpdateDecision | null;
  @Column({ type: 'varchar', length: 32, nullable: true }) hold: HoldReason | null;
  @Column({ type: 'integer', nullable: true }) percent: number | null;
  @Column({ type: 'varchar', length: 60, default: '' }) activity: string;
  @Column({ type: 'varchar', length: 32, nullable: true }) failure: JobFailure | null;
  @Column({ type: 'varchar', length: 500, default: '' }) detail: string;
  @Column(Json()) result: ResultLine[];
  /** What became of each setting; without the choices of the device. */
  @Column(Json({ nullable: true })) settingRows: SettingRow[] | null;
  /** Of the answer at the device, and the key that it was checked with. */
  @Column(Json({ nullable: true })) approvalRecord: (SignedRecord & { readonly key: string }) | null;

  /** The API token that it was requested with. */
  @Column(Uuid({ nullable: true })) apiTokenId: string | null;
  /** When the access of its user ended: the agent is asked to drop it if it has not started. */
  @Column(Instant({ nullable: true })) revokedAt: Date | null;
  @Column(Instant()) requestedAt: Date;
  /** Until when it may start. */
  @Column(Instant()) expiresAt: Date;
  /** When it was first sent. From then on the agent may have it, whether it has answered or not. */
  @Column(Instant({ nullable: true })) askedAt: Date | null;
  /** When the agent first answered. */
  @Column(Instant({ nullable: true })) sentAt: Date | null;
  @Column(Instant({ nullable: true })) beganAt: Date | null;
  @Column(Instant({ nullable: true })) endedAt: Date | null;
}
