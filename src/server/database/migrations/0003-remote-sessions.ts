import { Table, TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';
import { hash, instant, longText, text, uuid } from '../migration-columns';

const bytes = (name: string) => ({ name, type: 'bigint', default: '0' });

/** Remote sessions, the logs of their halves, and their timelines. */
export class RemoteSessions1763683200003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.createTable(
      new Table({
        name: 'remote_sessions',
        columns: [
          uuid('id', { isPrimary: true, primaryKeyConstraintName: 'pk_remote_sessions' }),
          uuid('userId'),
          text('username', 64),
          text('displayName', 100),
          text('deviceId', 64),
          text('deviceName', 100),
          text('agentId', 64),
          text('applicationId', 64),
          text('reason', 500),
          { name: 'minutes', type: 'integer' },
          text('openPair', 140, { isNullable: true }),
          text('state', 32),
          instant('deadlineAt', { isNullable: true }),
          text('ending', 32, { isNullable: true }),
          text('detail', 500, { default: "''" }),
          instant('requestedAt'),
          instant('approvedAt', { isNullable: true }),
          instant('establishedAt', { isNullable: true }),
          instant('endedAt', { isNullable: true }),
          instant('validUntil', { isNullable: true }),
          text('relayId', 64, { isNullable: true }),
          uuid('linkId', { isNullable: true }),
          hash('deviceTokenHash', { isNullable: true }),
          hash('terminalTokenHash', { isNullable: true }),
          longText('terminalConnection', { isNullable: true }),
          text('deviceHalf', 16, { default: "'waiting'" }),
          text('terminalHalf', 16, { default: "'waiting'" }),
          bytes('bytesFromDevice'),
          bytes('bytesFromTerminal'),
        ],
        indices: [
          new TableIndex({ name: 'ux_remote_sessions_pair', columnNames: ['openPair'], isUnique: true }),
          new TableIndex({ name: 'ux_remote_sessions_link', columnNames: ['linkId'], isUnique: true }),
          new TableIndex({ name: 'ix_remote_sessions_device', columnNames: ['deviceId'] }),
          new TableIndex({ name: 'ix_remote_sessions_deadline', columnNames: ['deadlineAt'] }),
          new TableIndex({ name: 'ix_remote_sessions_requested', columnNames: ['requestedAt'] }),
        ],
      }),
    );
    await runner.createTable(
      new Table({
        name: 'half_logs',
        columns: [
          uuid('id', { isPrimary: true, primaryKeyConstraintName: 'pk_half_logs' }),
          uuid('sessionId'),
          text('half', 16),
          text('kind', 8),
          instant('at'),
          instant('keptAt'),
          text('reason', 32, { isNullable: true }),
          text('peerAddress', 64, { isNullable: true }),
          bytes('bytesReceived'),
          bytes('bytesSent'),
        ],
        indices: [new TableIndex({ name: 'ix_half_logs_session', columnNames: ['sessionId'] })],
      }),
    );
    await runner.createTable(
      new Table({
        name: 'session_steps',
        columns: [
          {
            name: 'id',
            type: 'integer',
            isPrimary: true,
            isGenerated: true,
            generationStrategy: 'increment',
            primaryKeyConstraintName: 'pk_session_steps',
          },
          uuid('sessionId'),
          text('step', 8),
          instant('at'),
        ],
        indices: [new TableIndex({ name: 'ix_session_steps_session', columnNames: ['sessionId'] })],
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['session_steps', 'half_logs', 'remote_sessions']) await runner.dropTable(table);
  }
}
