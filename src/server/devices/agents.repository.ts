import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { LessThan, Repository } from 'typeorm';
import { AgentEntity } from './agent.entity';
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
  find(id: string): Promise<AgentEntity | null> {
    return this.agents.findOneBy({ id });
  }
  async save(agent: AgentEntity): Promise<void> {
    await this.agents.save(agent);
  }
  async seen(id: string, change: { version?: string; lastSeenAt: Date }): Promise<void> {
    await this.agents.update({ id }, change);
  }
  async remove(id: string): Promise<boolean> {
    await this.codes.delete({ agentId: id });
    return ((await this.agents.delete({ id })).affected ?? 0) > 0;
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
