import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, LessThan, Repository } from 'typeorm';
import { AgentEntity } from './agent.entity';
import { DeviceEntity } from './device.entity';
import { EnrolmentCodeEntity } from './enrolment-code.entity';

@Injectable()
export class AgentsRepository {
  constructor(
    @InjectRepository(AgentEntity) private readonly agents: Repository<AgentEntity>,
    @InjectRepository(EnrolmentCodeEntity) private readonly codes: Repository<EnrolmentCodeEntity>,
  ) {}

  all(): Promise<AgentEntity[]> {
    return this.agents.find({ order: { id: 'ASC' } });
  }
  /** When these agents were last seen. */
  async lastSeen(ids: string[]): Promise<Map<string, Date | null>> {
    const found = await this.agents.find({ where: { id: In(ids) }, select: { id: true, lastSeenAt: true } });
    return new Map(found.map((agent) => [agent.id, agent.lastSeenAt]));
  }
  find(id: string): Promise<AgentEntity | null> {
    return this.agents.findOneBy({ id });
  }
  async save(agent: AgentEntity): Promise<void> {
    await this.agents.save(agent);
  }
  async seen(id: string, change: { version?: string; lastSeenAt: Date }): Promise<void> {
    await this.agents.update({ id }, change);
  }
  /** With its unused codes and its devices. @returns false when there is no such agent */
  remove(id: string): Promise<boolean> {
    return this.agents.manager.transaction(async (manager) => {
      // the agent first: an announcement under way holds its row, and is over when this goes on
      const { affected } = await manager.delete(AgentEntity, { id });
      await manager.delete(EnrolmentCodeEntity, { agentId: id });
      await manager.delete(DeviceEntity, { agentId: id });
      return affected === 1;
    });
  }

  async addCode(code: EnrolmentCodeEntity): Promise<void> {
    await this.codes.delete({ expiresAt: LessThan(new Date()) });
    await this.codes.save(code);
  }
  /** Takes a code out, so that of two who present it at once only one gets it. */
  async takeCode(codeHash: string): Promise<EnrolmentCodeEntity | undefined> {
    const code = await this.codes.findOneBy({ codeHash });
    if (!code) return undefined;
    const { affected } = await this.codes.delete({ codeHash });
    return affected === 1 ? code : undefined;
  }
}
