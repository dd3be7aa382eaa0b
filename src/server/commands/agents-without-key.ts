import 'reflect-metadata';
import { openDatabase } from '../database/open-database';
import { BatchedWrites } from '../database/batched-writes';
import { AgentEntity } from '../devices/agents/agent.entity';
import { AgentsRepository } from '../devices/agents/agents.repository';
import { EnrolmentCodeEntity } from '../devices/agents/enrolment-code.entity';
import type { Config } from '../config/config';
import { loadSettings } from '../settings';

/** IDs of the agents that have not stored this next key of the control channel, whether or not the server runs. */
export async function agentsWithoutKey(config: Config, nextPin: string): Promise<string[]> {
  const { dataSource, secrets } = await loadSettings(config);
  const database = await openDatabase(dataSource, secrets);
  try {
    const rows = [database.getRepository(AgentEntity), database.getRepository(EnrolmentCodeEntity)] as const;
    const agents = await new AgentsRepository(...rows, new BatchedWrites(database)).all();
    return agents.filter((agent) => agent.nextPin !== nextPin).map(({ id }) => id);
  } finally {
    await database.destroy();
  }
}
