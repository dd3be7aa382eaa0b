import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, IsNull, LessThanOrEqual, Not, Or, QueryFailedError, Repository } from 'typeorm';
import type { DeploymentState, RelayAnswer } from '../../protocol/deployment';
import { readPage, type Page, type PageQuery } from '../database/page';
import type { LifecycleRepository } from '../state-machine/lifecycle';
import { DeploymentSessionEntity } from './halt/deployment-session.entity';
import { DeploymentEntity } from './deployment.entity';

const OPEN = Not(IsNull());

/** All SQL about deployments. */
@Injectable()
export class DeploymentsRepository implements LifecycleRepository<DeploymentEntity, DeploymentState> {
  constructor(
    @InjectRepository(DeploymentEntity) private readonly deployments: Repository<DeploymentEntity>,
    @InjectRepository(DeploymentSessionEntity) private readonly sessions: Repository<DeploymentSessionEntity>,
  ) {}

  /** @returns false if another deployment of the relay is open */
  async insert(deployment: DeploymentEntity): Promise<boolean> {
    try {
      await this.deployments.insert({ ...deployment }); // a copy: PostgreSQL's defaults come back into it
      return true;
    } catch (error) {
      if (!(error instanceof QueryFailedError)) throw error;
      const taken = await this.openOf(deployment.relayId);
      if (!taken) await this.deployments.insert({ ...deployment }); // the other one has ended meanwhile
      return !taken;
    }
  }

  async change(id: string, from: DeploymentState, values: Partial<DeploymentEntity>): Promise<boolean> {
    const { affected } = await this.deployments.update({ id, state: from }, values);
    return affected === 1;
  }

  /** @returns whether it differs from the answer before */
  async noteRelayAnswer(id: string, relayAnswer: RelayAnswer): Promise<boolean> {
    const other = { id, relayAnswer: Or(IsNull(), Not(relayAnswer)) };
    return (await this.deployments.update(other, { relayAnswer })).affected === 1;
  }

  find(id: string): Promise<DeploymentEntity | null> {
    return this.deployments.findOneBy({ id });
  }
  open(): Promise<DeploymentEntity[]> {
    return this.deployments.findBy({ openRelay: OPEN });
  }
  due(now: Date): Promise<DeploymentEntity[]> {
    return this.deployments.findBy({ openRelay: OPEN, deadlineAt: LessThanOrEqual(now) });
  }
  async nextDeadline(): Promise<Date | undefined> {
    const where = { openRelay: OPEN, deadlineAt: Not(IsNull()) };
    const first = await this.deployments.findOne({ where, order: { deadlineAt: 'ASC' } });
    return first?.deadlineAt ?? undefined;
  }
  openOf(relayId: string): Promise<DeploymentEntity | null> {
    return this.deployments.findOneBy({ openRelay: relayId });
  }
  /** The last one that succeeded. */
  lastDeployed(relayId: string): Promise<DeploymentEntity | null> {
    return this.deployments.findOne({ where: { relayId, state: 'deployed' }, order: { finishedAt: 'DESC' } });
  }

  /** Newest first. */
  page(query: PageQuery): Promise<Page<DeploymentEntity>> {
    return readPage(this.deployments.createQueryBuilder('d'), ['instructedAt', 'id'], 'DESC', query);
  }

  sessionsOf(deploymentIds: string[]): Promise<DeploymentSessionEntity[]> {
    return this.sessions.find({
      where: { deploymentId: In(deploymentIds) },
      order: { deviceName: 'ASC', userName: 'ASC', remoteSessionId: 'ASC' },
    });
  }
  /** Adds or replaces rows; `toldAt` keeps its value. */
  async saveSessions(rows: readonly Omit<DeploymentSessionEntity, 'toldAt'>[]): Promise<void> {
    if (rows.length === 0) return;
    const copies = rows.map((row) => ({ ...row }));
    await this.sessions.upsert(copies, ['deploymentId', 'remoteSessionId']);
  }
  async markNotified(remoteSessionId: string, toldAt: Date): Promise<void> {
    await this.sessions.update({ remoteSessionId, toldAt: IsNull() }, { toldAt });
  }
  /** Halted sessions whose users are not known to have been notified. */
  withoutNotice(): Promise<DeploymentSessionEntity[]> {
    return this.sessions.findBy({ toldAt: IsNull(), outcome: In(['asked', 'ended', 'forced']) });
  }
}
