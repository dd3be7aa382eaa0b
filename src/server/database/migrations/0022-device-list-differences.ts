import { TableColumn, type MigrationInterface, type QueryRunner } from 'typeorm';
import { text } from '../migration-columns';

/** What the relay answered when it was asked for its sessions, and how the answer differs from the server's records. */
export class DeviceListDifferences1763683200022 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.addColumn('deployments', column('relayAnswer'));
    await runner.addColumn('deployment_sessions', column('difference'));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropColumn('deployment_sessions', 'difference');
    await runner.dropColumn('deployments', 'relayAnswer');
  }
}

const column = (name: string): TableColumn => new TableColumn(text(name, 24, { isNullable: true }));
