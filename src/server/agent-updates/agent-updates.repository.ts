import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, Repository } from 'typeorm';
import type { ReportedUpdate, RolloutState } from '../../protocol/agent-update';
import { insertWithoutReading } from '../database/statements';
import { AgentUpdateEntity, RolloutEntity } from './agent-update.entities';

@Injectable()
export class AgentUpdatesRepository {
  constructor(
    @InjectRepository(AgentUpdateEntity) private readonly updates: Repository<AgentUpdateEntity>,
    @InjectRepository(RolloutEntity) private readonly rollouts: Repository<RolloutEntity>,
  ) {}

  /** By agent ID. */
  async all(): Promise<Map<string, AgentUpdateEntity>> {
    return new Map((await this.updates.find()).map((each) => [each.agentId, each]));
  }
  /** A phase without an offer ends the right to download. */
  async report(agentId: string, { permitted, phase, version, detail }: ReportedUpdate): Promise<void> {
    await this.updates.upsert({ agentId, permitted, phase, version, detail }, ['agentId']);
  }
  /** Before the offer is sent, so that no other one follows before the agent has reported. */
  async offered(agentId: string, version: string, tokenHash: string): Promise<void> {
    await this.updates.update({ agentId }, { offered: version, tokenHash, phase: 'downloading', version, detail: '' });
  }
  /** The offer did not arrive. */
  async notOffered(agentId: string, version: string): Promise<void> {
    const nothing = { phase: 'none', version: null } as const;
    await this.updates.update({ agentId, phase: 'downloading', version }, nothing);
  }
  async refused(agentId: string, version: string, detail: string): Promise<void> {
    await this.updates.update({ agentId }, { phase: 'refused', version, detail: detail.slice(0, 200) });
  }
  /** Agents that could not be updated to this version are as if they had not been offered it. */
  async forgetFailures(version: string): Promise<void> {
    for (const phase of ['refused', 'put-back'] as const)
      await this.updates.update({ version, phase }, { phase: 'none', version: null, detail: '' });
  }
  mayDownload(version: string, tokenHash: string): Promise<boolean> {
    return this.updates.existsBy({ offered: version, tokenHash });
  }
  async remove(agentId: string): Promise<void> {
    await this.updates.delete({ agentId });
  }

  /** @returns false if another one is open */
  async add(rollout: RolloutEntity): Promise<boolean> {
    // one statement, which the unique `open` decides: two people may start at the same moment
    await insertWithoutReading(this.rollouts, [rollout], { orIgnore: true });
    return this.rollouts.existsBy({ id: rollout.id });
  }
  open(): Promise<RolloutEntity | null> {
    return this.rollouts.findOneBy({ open: 'open' });
  }
  find(id: string): Promise<RolloutEntity | null> {
    return this.rollouts.findOneBy({ id });
  }
  async latest(): Promise<RolloutEntity | null> {
    return (await this.rollouts.find({ order: { startedAt: 'DESC' }, take: 1 }))[0] ?? null;
  }
  /** @param states which it must be in. @returns false if it has ended, or is in another state */
  async change(
    id: string,
    states: readonly RolloutState[],
    to: Partial<Pick<RolloutEntity, 'state' | 'open' | 'reason' | 'endedAt' | 'canariesUpdatedAt' | 'retry'>>,
  ): Promise<boolean> {
    return (await this.rollouts.update({ id, state: In(states), open: 'open' }, to)).affected === 1;
  }
}
