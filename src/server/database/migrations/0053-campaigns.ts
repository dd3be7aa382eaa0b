import { Table, TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';
import { hash, instant, longText, text, uuid } from '../migration-columns';

/** Campaigns, and their devices. */
export class Campaigns1763683200053 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.createTable(
      new Table({
        name: 'campaigns',
        columns: [
          uuid('id', { isPrimary: true, primaryKeyConstraintName: 'pk_campaigns' }),
          text('name', 100),
          text('state', 16),
          text('reason', 16, { isNullable: true }),
          text('detail', 200, { default: "''" }),
          instant('deadlineAt', { isNullable: true }),
          text('operation', 32),
          uuid('firmwareId', { isNullable: true }),
          text('firmwareName', 120, { isNullable: true }),
          text('firmwareVersion', 64, { isNullable: true }),
          text('firmwareModel', 200, { isNullable: true }),
          longText('fromVersions'),
          uuid('userId'),
          text('userName', 100),
          uuid('apiTokenId', { isNullable: true }),
          { name: 'waves', type: 'integer' },
          { name: 'wave', type: 'integer' },
          instant('waveBeganAt', { isNullable: true }),
          { name: 'pauseAfterFirstWave', type: 'boolean' },
          { name: 'failurePercent', type: 'integer', isNullable: true },
          { name: 'failureLeast', type: 'integer' },
          longText('window', { isNullable: true }),
          { name: 'waitHours', type: 'integer' },
          instant('createdAt'),
          instant('startsAt'),
          instant('countedFrom'),
          instant('endedAt', { isNullable: true }),
        ],
        indices: [
          new TableIndex({ name: 'ix_campaigns_deadline', columnNames: ['state', 'deadlineAt'] }),
          new TableIndex({ name: 'ix_campaigns_created', columnNames: ['createdAt'] }),
        ],
      }),
    );
    await runner.createTable(
      new Table({
        name: 'campaign_devices',
        columns: [
          uuid('id', { isPrimary: true, primaryKeyConstraintName: 'pk_campaign_devices' }),
          uuid('campaignId'),
          { name: 'position', type: 'integer' },
          text('deviceId', 64),
          text('deviceName', 100),
          text('agentId', 64),
          uuid('siteId', { isNullable: true }),
          uuid('customerId', { isNullable: true }),
          { name: 'wave', type: 'integer' },
          text('state', 16),
          { name: 'attention', type: 'integer' },
          uuid('jobId', { isNullable: true }),
          text('hold', 32, { isNullable: true }),
          text('skip', 32, { isNullable: true }),
          text('failure', 32, { isNullable: true }),
          text('detail', 500, { default: "''" }),
          text('versionBefore', 100, { default: "''" }),
          text('updatedDevice', 64, { isNullable: true }),
          hash('installed', { isNullable: true }),
          instant('startedAt', { isNullable: true }),
          instant('endedAt', { isNullable: true }),
        ],
        indices: [
          unique('ux_campaign_devices_device', 'campaignId', 'deviceId'),
          unique('ux_campaign_devices_job', 'jobId'),
          unique('ux_campaign_devices_updated', 'updatedDevice'),
          unique('ux_campaign_devices_installed', 'installed'),
          new TableIndex({
            name: 'ix_campaign_devices_order',
            columnNames: ['campaignId', 'attention', 'position'],
          }),
          new TableIndex({ name: 'ix_campaign_devices_state', columnNames: ['campaignId', 'state', 'wave'] }),
        ],
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['campaign_devices', 'campaigns']) await runner.dropTable(table);
  }
}

const unique = (name: string, ...columnNames: string[]): TableIndex =>
  new TableIndex({ name, columnNames, isUnique: true });
