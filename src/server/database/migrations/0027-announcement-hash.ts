import { TableColumn, type MigrationInterface, type QueryRunner } from 'typeorm';
import { hash } from '../migration-columns';

/** By it the server recognizes an announcement that changes nothing. */
export class AnnouncementHash1763683200027 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.addColumn('agents', new TableColumn(hash('announcementHash', { isNullable: true })));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropColumn('agents', 'announcementHash');
  }
}
