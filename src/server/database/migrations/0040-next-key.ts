import { TableColumn, type MigrationInterface, type QueryRunner } from 'typeorm';
import { hash } from '../migration-columns';

/** Which next key of the control channel an agent has stored. */
export class NextKey1763683200040 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.addColumn('agents', new TableColumn(hash('nextPin', { isNullable: true })));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropColumn('agents', 'nextPin');
  }
}
