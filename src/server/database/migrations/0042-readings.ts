import { Table, TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';
import { instant, longText, text, uuid } from '../migration-columns';

/** Meter readings, thinned with age; counters that jumped; how often the devices of a customer are read. */
export class Readings1763683200042 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.createTable(
      new Table({
        name: 'metered_devices',
        columns: [
          {
            name: 'id',
            type: 'integer',
            isPrimary: true,
            isGenerated: true,
            generationStrategy: 'increment',
            primaryKeyConstraintName: 'pk_metered_devices',
          },
          text('deviceId', 64),
          text('serialNumber', 100),
          uuid('customerId', { isNullable: true }),
          uuid('siteId', { isNullable: true }),
          text('name', 100),
          text('model', 200),
          longText('supplies'),
          longText('counters'),
          longText('sources'),
          instant('countedAt', { isNullable: true }),
          instant('firstAt'),
          instant('lastAt'),
          instant('nextAt', { isNullable: true }),
          instant('dailyUntil'),
          instant('monthlyUntil'),
        ],
        indices: [
          new TableIndex({ name: 'ix_metered_devices_device', columnNames: ['deviceId', 'lastAt'] }),
          new TableIndex({ name: 'ix_metered_devices_customer', columnNames: ['customerId'] }),
          new TableIndex({ name: 'ix_metered_devices_due', columnNames: ['nextAt'] }),
          new TableIndex({ name: 'ix_metered_devices_thinned', columnNames: ['dailyUntil'] }),
        ],
      }),
    );
    const inKey = { isPrimary: true, primaryKeyConstraintName: 'pk_readings' };
    await runner.createTable(
      new Table({
        name: 'readings',
        columns: [
          { name: 'meteredDeviceId', type: 'integer', ...inKey },
          instant('at', inKey),
          text('state', 16),
          longText('counters', { isNullable: true }),
          longText('levels'),
          text('enteredBy', 100, { isNullable: true }),
          text('reason', 500, { isNullable: true }),
        ],
      }),
    );
    await runner.createTable(
      new Table({
        name: 'meter_jumps',
        columns: [
          uuid('id', { isPrimary: true, primaryKeyConstraintName: 'pk_meter_jumps' }),
          { name: 'meteredDeviceId', type: 'integer' },
          text('counter', 48),
          instant('at'),
          { name: 'before', type: 'bigint' },
          { name: 'after', type: 'bigint' },
          { name: 'offset', type: 'bigint', isNullable: true },
          text('reason', 500),
          text('enteredBy', 100),
        ],
        indices: [new TableIndex({ name: 'ix_meter_jumps_device', columnNames: ['meteredDeviceId', 'at'] })],
      }),
    );
    await runner.createTable(
      new Table({
        name: 'reading_schedules',
        columns: [
          uuid('customerId', { isPrimary: true, primaryKeyConstraintName: 'pk_reading_schedules' }),
          { name: 'hours', type: 'integer' },
        ],
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['reading_schedules', 'meter_jumps', 'readings', 'metered_devices'])
      await runner.dropTable(table);
  }
}
