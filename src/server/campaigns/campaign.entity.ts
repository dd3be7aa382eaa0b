import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { CampaignReason, CampaignState, CampaignWindow } from '../../protocol/campaign';
import type { WantedSettings } from '../../protocol/device-settings';
import type { Operation } from '../../protocol/maintenance';
import { Instant, Json, Uuid } from '../database/column-types';

/** A campaign. User and firmware file are copied in, so that its history outlives them. */
@Entity('campaigns')
@Index('ix_campaigns_deadline', ['state', 'deadlineAt'])
export class CampaignEntity {
  @PrimaryColumn(Uuid()) id: string;
  @Column({ type: 'varchar', length: 100 }) name: string;
  @Column({ type: 'varchar', length: 16 }) state: CampaignState;
  @Column({ type: 'varchar', length: 16, nullable: true }) reason: CampaignReason | null;
  @Column({ type: 'varchar', length: 200, default: '' }) detail: string;
  /** When the wait of this state is over. */
  @Column(Instant({ nullable: true })) deadlineAt: Date | null;

  @Column({ type: 'varchar', length: 32 }) operation: Operation;
  @Column(Uuid({ nullable: true })) firmwareId: string | null;
  @Column({ type: 'varchar', length: 120, nullable: true }) firmwareName: string | null;
  @Column({ type: 'varchar', length: 64, nullable: true }) firmwareVersion: string | null;
  @Column({ type: 'varchar', length: 200, nullable: true }) firmwareModel: string | null;
  @Column(Json()) fromVersions: string[];
  /** What `settings-set` sets. */
  @Column(Json({ nullable: true })) settings: WantedSettings | null;
  /** The template that they were copied from, which may have been changed or removed since. */
  @Column(Uuid({ nullable: true })) templateId: string | null;
  @Column({ type: 'varchar', length: 100, nullable: true }) templateName: string | null;
  /** Devices that are known to have these settings get no job. */
  @Column({ type: 'boolean', default: false }) onlyDiffering: boolean;

  /** Whose access its jobs are started with. */
  @Column(Uuid()) userId: string;
  @Column({ type: 'varchar', length: 100 }) userName: string;
  /** The API token that it was started with. */
  @Column(Uuid({ nullable: true })) apiTokenId: string | null;

  @Column({ type: 'integer' }) waves: number;
  /** The wave that runs; 1 is the first. */
  @Column({ type: 'integer' }) wave: number;
  /** null: none of its devices has had its turn. */
  @Column(Instant({ nullable: true })) waveBeganAt: Date | null;
  @Column({ type: 'boolean' }) pauseAfterFirstWave: boolean;
  @Column({ type: 'integer', nullable: true }) failurePercent: number | null;
  /** From how many devices on that are over. */
  @Column({ type: 'integer' }) failureLeast: number;
  @Column(Json({ nullable: true })) window: CampaignWindow | null;
  @Column({ type: 'integer' }) waitHours: number;

  @Index('ix_campaigns_created') @Column(Instant()) createdAt: Date;
  @Column(Instant()) startsAt: Date;
  /** Failures from then on count: the start, or the last time it was resumed. */
  @Column(Instant()) countedFrom: Date;
  @Column(Instant({ nullable: true })) endedAt: Date | null;
}
