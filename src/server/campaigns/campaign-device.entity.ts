import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { CampaignDeviceState, SkipReason } from '../../protocol/campaign';
import type { HoldReason, JobFailure, WaitReason } from '../../protocol/maintenance';
import { Hash, Instant, Uuid } from '../database/column-types';

/**
 * A device of a campaign. The ID of its job is stored before the job is requested, so that a server that was killed in
 * between finds the one job, or none.
 */
@Entity('campaign_devices')
@Index('ux_campaign_devices_device', ['campaignId', 'deviceId'], { unique: true })
@Index('ix_campaign_devices_order', ['campaignId', 'attention', 'position'])
@Index('ix_campaign_devices_state', ['campaignId', 'state', 'wave'])
export class CampaignDeviceEntity {
  @PrimaryColumn(Uuid()) id: string;
  @Column(Uuid()) campaignId: string;
  /** In the order of the device list. */
  @Column({ type: 'integer' }) position: number;
  @Column({ type: 'varchar', length: 64 }) deviceId: string;
  @Column({ type: 'varchar', length: 100 }) deviceName: string;
  @Column({ type: 'varchar', length: 64 }) agentId: string;
  @Column(Uuid({ nullable: true })) siteId: string | null;
  @Column(Uuid({ nullable: true })) customerId: string | null;
  /** 0: skipped when the campaign was made. */
  @Column({ type: 'integer' }) wave: number;

  @Column({ type: 'varchar', length: 16 }) state: CampaignDeviceState;
  /** What the list begins with: see `attentionOf`. */
  @Column({ type: 'integer' }) attention: number;
  @Index('ux_campaign_devices_job', { unique: true }) @Column(Uuid({ nullable: true })) jobId: string | null;
  /** Of its job. */
  @Column({ type: 'varchar', length: 32, nullable: true }) hold: HoldReason | WaitReason | null;
  @Column({ type: 'varchar', length: 32, nullable: true }) skip: SkipReason | null;
  @Column({ type: 'varchar', length: 32, nullable: true }) failure: JobFailure | null;
  @Column({ type: 'varchar', length: 500, default: '' }) detail: string;
  @Column({ type: 'varchar', length: 100, default: '' }) versionBefore: string;

  /** The device while it waits for firmware or gets it, null otherwise: one campaign at a time updates a device. */
  @Index('ux_campaign_devices_updated', { unique: true })
  @Column({ type: 'varchar', length: 64, nullable: true })
  updatedDevice: string | null;
  /** Device and firmware file unless it is certain that the file was not installed: no file is installed twice. */
  @Index('ux_campaign_devices_installed', { unique: true })
  @Column(Hash({ nullable: true }))
  installed: string | null;

  @Column(Instant({ nullable: true })) startedAt: Date | null;
  @Column(Instant({ nullable: true })) endedAt: Date | null;
}
