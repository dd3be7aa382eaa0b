import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { EntityManager, In, IsNull, LessThan, MoreThan, Repository, type FindOptionsWhere } from 'typeorm';
import { SiteEntity } from '../../customers/customer.entity';
import { held } from '../../customers/customers.repository';
import { SiteOccupants } from '../../customers/site-occupants';
import { AgentEntity } from './agent.entity';
import { FoundDeviceEntity } from '../found/found-device.entity';
import { DeviceNotesEntity } from '../notes/device-notes.entity';
import { DeviceEntity } from '../device.entity';
import { removeDevices } from '../devices.repository';
import { BatchedReads } from '../../database/batched-reads';
import { BatchedWrites } from '../../database/batched-writes';
import { RemovedAgentEntity } from './removed-agent.entity';
import { EnrolmentCodeEntity } from './enrolment-code.entity';

type Installation = Pick<AgentEntity, 'installationId' | 'continuationHash'> & { installationId: string };
/** What a login is checked against. */
export type StoredAccount = Pick<AgentEntity, 'scramSha1' | 'scramSha256'>;
export type AgentPresence = Pick<AgentEntity, 'lastSeenAt' | 'asleepSince' | 'siteId' | 'wake'>;

/** An agent that has announced its sleep and is still online has been requested in that moment, and stays awake. */
export const isAsleep = (online: boolean, presence: Pick<AgentPresence, 'asleepSince'> | undefined): boolean =>
  !online && presence?.asleepSince != null;

@Injectable()
export class AgentsRepository extends SiteOccupants {
  private readonly accounts = new BatchedReads<StoredAccount>(async (ids) => {
    const select = { id: true, scramSha1: true, scramSha256: true } as const;
    const found = await this.agents.find({ where: { id: In(ids) }, select });
    return new Map(found.map((agent) => [agent.id, agent]));
  });
  private readonly present = new BatchedReads<AgentPresence>((ids) => this.presence(ids));

  constructor(
    @InjectRepository(AgentEntity) private readonly agents: Repository<AgentEntity>,
    @InjectRepository(EnrolmentCodeEntity) private readonly codes: Repository<EnrolmentCodeEntity>,
    private readonly writes: BatchedWrites,
  ) {
    super();
  }

  all(): Promise<AgentEntity[]> {
    return this.agents.find({ order: { id: 'ASC' } });
  }
  /** Where these agents are, how to wake them, and the times at which they fell asleep and were last seen. */
  async presence(ids: string[]): Promise<Map<string, AgentPresence>> {
    const select = { id: true, lastSeenAt: true, asleepSince: true, siteId: true, wake: true } as const;
    const found = await this.agents.find({ where: { id: In(ids) }, select });
    return new Map(found.map((agent) => [agent.id, agent]));
  }
  /** After a restart of the server, all agents log in at once. */
  account(id: string): Promise<StoredAccount | undefined> {
    return this.accounts.find(id);
  }
  /** As `presence`, of one agent whose connection has changed: so have those of many at the same time. */
  presenceOf(id: string): Promise<AgentPresence | undefined> {
    return this.present.find(id);
  }
  findRemoved(id: string): Promise<RemovedAgentEntity | null> {
    return this.agents.manager.findOneBy(RemovedAgentEntity, { id });
  }
  find(id: string): Promise<AgentEntity | null> {
    return this.agents.findOneBy({ id });
  }
  /** Creates or replaces an agent. @returns false if its site has been removed */
  save(agent: AgentEntity): Promise<boolean> {
    return this.agents.manager.transaction(async (manager) => {
      if (agent.siteId !== null && !(await held(manager, SiteEntity, agent.siteId))) return false;
      await manager.save(AgentEntity, agent);
      await manager.delete(RemovedAgentEntity, { id: agent.id });
      return true;
    });
  }
  /** @returns false if the agent or the site has been removed */
  move(id: string, siteId: string): Promise<boolean> {
    return this.agents.manager.transaction(async (manager) => {
      if (!(await held(manager, SiteEntity, siteId))) return false;
      return (await manager.update(AgentEntity, { id }, { siteId })).affected === 1;
    });
  }
  /** Also forgets its last announcement, so that the next one is compared with them. @returns false if there is no such agent */
  async allow(id: string, deviceIds: string[]): Promise<boolean> {
    return (await this.agents.update({ id }, { deviceIds, announcementHash: null })).affected === 1;
  }
  /** The agent has stored the next key of the control channel. */
  async learnedNextKey(id: string, nextPin: string): Promise<void> {
    await this.agents.update({ id }, { nextPin });
  }
  knowsNextKey(id: string, nextPin: string): Promise<boolean> {
    return this.agents.existsBy({ id, nextPin });
  }
  async seen(id: string, lastSeenAt: Date): Promise<void> {
    await this.writes.run(id, (manager) => manager.update(AgentEntity, { id }, { lastSeenAt }));
  }
  /**
   * Binds an account that belongs to no installation yet; the agent is seen with it.
   * @returns false if it belongs to one meanwhile, or was removed
   */
  bindInstallation(id: string, installation: Installation): Promise<boolean> {
    return this.login({ id, installationId: IsNull() }, installation);
  }
  /**
   * The agent is seen with it.
   * @returns false if the account belongs to another installation, if the continuation is not `from`, or if the agent was
   * removed
   */
  continueInstallation(id: string, from: string, next: Installation): Promise<boolean> {
    return this.login({ id, installationId: next.installationId, continuationHash: from }, next);
  }
  private login(of: FindOptionsWhere<AgentEntity> & { id: string }, installation: Installation): Promise<boolean> {
    const values = { ...installation, lastSeenAt: new Date() };
    return this.writes.run(of.id, async (manager) => (await manager.update(AgentEntity, of, values)).affected === 1);
  }
  /** @returns false if there is no such agent */
  async releaseInstallation(id: string): Promise<boolean> {
    const { affected } = await this.agents.update({ id }, { installationId: null, continuationHash: null });
    return affected === 1;
  }
  async fellAsleep(id: string): Promise<void> {
    await this.agents.update({ id }, { asleepSince: new Date() });
  }
  /** IDs of the agents that are enrolled at a site. */
  async ofSite(siteId: string): Promise<string[]> {
    return (await this.agents.find({ where: { siteId }, select: { id: true } })).map(({ id }) => id);
  }
  /** The agents that are enrolled at sites. */
  atSites(siteIds: readonly string[]): Promise<Pick<AgentEntity, 'id' | 'siteId'>[]> {
    return this.agents.find({ where: { siteId: In([...siteIds]) }, select: { id: true, siteId: true } });
  }
  /** IDs of the other agents at the site of an agent. */
  async besides(id: string): Promise<string[]> {
    const siteId = (await this.agents.findOne({ where: { id }, select: { id: true, siteId: true } }))?.siteId;
    return siteId == null ? [] : (await this.ofSite(siteId)).filter((other) => other !== id);
  }
  async agentsAt(manager: EntityManager, siteIds: readonly string[]): Promise<string[]> {
    const where = { siteId: In([...siteIds]) };
    const found = await manager.find(AgentEntity, { where, select: { id: true }, order: { id: 'ASC' } });
    return found.map(({ id }) => id);
  }
  /** Removes an agent with its unused codes and its devices. @returns false if there is no such agent */
  remove(id: string): Promise<boolean> {
    return this.agents.manager.transaction(async (manager) => {
      // the agent first: a concurrent announcement holds its row, and has finished when the rest is removed
      const agent = await manager.findOneBy(AgentEntity, { id });
      const { affected } = await manager.delete(AgentEntity, { id });
      const { scramSha1, scramSha256 } = agent ?? {};
      if (scramSha1 && scramSha256 && affected === 1)
        await manager.save(RemovedAgentEntity, { id, scramSha1, scramSha256, removedAt: new Date() });
      await manager.delete(EnrolmentCodeEntity, { agentId: id });
      const devices = await manager.findBy(DeviceEntity, { agentId: id });
      await removeDevices(manager, id, devices);
      for (const about of [DeviceNotesEntity, FoundDeviceEntity]) await manager.delete(about, { agentId: id });
      return affected === 1;
    });
  }

  async addCode(code: EnrolmentCodeEntity): Promise<void> {
    await this.codes.delete({ expiresAt: LessThan(new Date()) });
    await this.codes.save(code);
  }
  /** The codes that can be used, those that expire first in front. */
  openCodes(): Promise<EnrolmentCodeEntity[]> {
    return this.codes.find({ where: { expiresAt: MoreThan(new Date()) }, order: { expiresAt: 'ASC' } });
  }
  /** Removes a code, so that of two concurrent requests with it only one succeeds. */
  async takeCode(codeHash: string): Promise<EnrolmentCodeEntity | undefined> {
    const code = await this.codes.findOneBy({ codeHash });
    if (!code) return undefined;
    const { affected } = await this.codes.delete({ codeHash });
    return affected === 1 ? code : undefined;
  }
}
