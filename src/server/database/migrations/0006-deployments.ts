import { Table, TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';
import { instant, longText, text, uuid } from '../migration-columns';

const integer = (name: string) => ({ name, type: 'integer' });
const bytes = (name: string) => ({ name, type: 'bigint', default: '0' });

/** Deployments of relays, and the outcome of the sessions that were open then. */
export class Deployments1763683200006 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.createTable(
      new Table({
        name: 'deployments',
        columns: [
          uuid('id', { isPrimary: true, primaryKeyConstraintName: 'pk_deployments' }),
          text('relayId', 64),
          text('openRelay', 64, { isNullable: true }),
          text('state', 32),
          instant('enteredAt'),
          instant('deadlineAt', { isNullable: true }),
          text('when', 8),
          instant('at', { isNullable: true }),
          uuid('userId'),
          text('userName', 100),
          text('fromRelease', 64),
          text('fromVersion', 64),
          integer('fromPairs'),
          text('toRelease', 64),
          text('toVersion', 64),
          integer('toPairs'),
          uuid('instance', { isNullable: true }),
          text('reason', 32, { isNullable: true }),
          text('detail', 500, { default: "''" }),
          longText('output'),
          instant('instructedAt'),
          instant('executedAt', { isNullable: true }),
          instant('replacedAt', { isNullable: true }),
          instant('finishedAt', { isNullable: true }),
        ],
        indices: [
          new TableIndex({ name: 'ux_deployments_relay', columnNames: ['openRelay'], isUnique: true }),
          new TableIndex({ name: 'ix_deployments_instructed', columnNames: ['instructedAt'] }),
        ],
      }),
    );
    await runner.createTable(
      new Table({
        name: 'deployment_sessions',
        columns: [
          uuid('deploymentId', { isPrimary: true, primaryKeyConstraintName: 'pk_deployment_sessions' }),
          uuid('remoteSessionId', { isPrimary: true, primaryKeyConstraintName: 'pk_deployment_sessions' }),
          text('deviceId', 64),
          text('deviceName', 100),
          text('applicationId', 64),
          text('userName', 100),
          instant('since', { isNullable: true }),
          bytes('bytesFromDevice'),
          bytes('bytesFromTerminal'),
          instant('lastActiveAt', { isNullable: true }),
          text('outcome', 16),
          instant('toldAt', { isNullable: true }),
        ],
        indices: [new TableIndex({ name: 'ix_deployment_sessions_session', columnNames: ['remoteSessionId'] })],
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['deployment_sessions', 'deployments']) await runner.dropTable(table);
  }
}
