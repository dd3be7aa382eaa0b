import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Agents that were enrolled for every unused device ID may announce those that they have announced. A code without IDs is
 * one for an agent that keeps its own.
 */
export class NamedDevices1763683200034 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const ids = (await runner.query(
      'SELECT d."agentId" AS agent, d.id AS device FROM devices d JOIN agents a ON a.id = d."agentId" ' +
        'WHERE a."deviceIds" IS NULL ORDER BY d.id',
    )) as { agent: string; device: string }[];
    const of = new Map<string, string[]>();
    for (const { agent, device } of ids) of.set(agent, [...(of.get(agent) ?? []), device]);
    const [list, id] = runner.connection.options.type === 'postgres' ? ['$1', '$2'] : ['?', '?'];
    for (const [agent, devices] of of)
      await runner.query(`UPDATE agents SET "deviceIds" = ${list} WHERE id = ${id}`, [JSON.stringify(devices), agent]);
    await runner.query(`UPDATE agents SET "deviceIds" = '[]' WHERE "deviceIds" IS NULL`);
  }

  /** The earlier version lets an agent without a list announce every unused ID, so the lists stay. */
  down(): Promise<void> {
    return Promise.resolve();
  }
}
