import { randomUUID } from 'node:crypto';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { z } from 'zod';
import type { deploymentExecution, DeploymentTarget, newDeployment } from '../../protocol/deployment';
import { LIMITS } from '../../protocol/limits';
import { ServerConditions } from '../alerts/rules/server-conditions';
import type { Actor } from '../auth/actor';
import { AuditService } from '../auth/audit/audit.service';
import type { Page, PageQuery } from '../database/page';
import {
  DeploymentInWrongState,
  DeploymentOpen,
  NothingToDeploy,
  TimeNotPossible,
  UnknownDeployment,
} from './deployment.errors';
import type { DeploymentEntity } from './deployment.entity';
import { DeploymentLifecycle } from './deployment.lifecycle';
import { DEPLOYMENT_MACHINE, type DeploymentInput } from './deployment.machine';
import { DeploymentsRepository } from './deployments.repository';
import { DeploymentViews } from './deployment-views';
import type { DeploymentInView } from './deployments.presenter';
import { DeviceList } from './halt/device-list';
import { RelayDrivers } from './drivers/relay-drivers';

type Execution = z.output<typeof deploymentExecution>;

/** The input of the machine for each way to execute a listed deployment. */
const INPUTS = { now: 'execute', idle: 'wait-for-idle', at: 'schedule' } as const satisfies Record<
  string,
  DeploymentInput
>;

/** What administrators do with deployments. */
@Injectable()
export class DeploymentsService implements OnModuleInit {
  constructor(
    private readonly repository: DeploymentsRepository,
    private readonly lifecycle: DeploymentLifecycle,
    private readonly drivers: RelayDrivers,
    private readonly list: DeviceList,
    private readonly views: DeploymentViews,
    private readonly audit: AuditService,
    private readonly conditions: ServerConditions,
  ) {}

  onModuleInit(): void {
    this.conditions.register('deployment-undone', async () => {
      const { rows } = await this.repository.page({ limit: LIMITS.PAGE_ROWS });
      const last = rows.filter(({ relayId }, index) => rows.findIndex((each) => each.relayId === relayId) === index);
      return last
        .filter(({ state }) => state === 'rolled-back' || state === 'failed')
        .map(({ id, relayId, state }) => ({
          severity: state === 'failed' ? 'error' : 'warning',
          subject: id,
          facts: { code: state, text: relayId },
        }));
    });
  }

  /**
   * S311-S313; executed immediately if no session is open, or on request.
   * @throws UnknownRelay, DeploymentUnsupported, RelayUnavailable, UnknownRelease, NothingToDeploy, DeploymentOpen,
   * TimeNotPossible
   */
  async instruct(actor: Actor, requested: z.output<typeof newDeployment>): Promise<DeploymentInView> {
    const { relayId, when } = requested;
    const at = timeOf(requested.at);
    const open = await this.repository.openOf(relayId);
    if (open) throw new DeploymentOpen(relayId, open);
    const driver = this.drivers.find(relayId);
    const from = await driver.present(relayId);
    const to = await driver.target(from, requested.release, requested.pairs);
    if (isSame(from, to)) throw new NothingToDeploy(from.version, from.pairs);
    const deployment = this.newDeployment(actor, relayId, from, to);
    if (!(await this.repository.insert(deployment)))
      throw new DeploymentOpen(relayId, (await this.repository.openOf(relayId)) ?? undefined);
    this.lifecycle.start(deployment);
    await this.audit.record(actor, 'deployment.instructed', deployment.id, description(relayId, from, to));
    const isIdle = await this.list.create(deployment);
    const input = isIdle && when !== 'at' ? 'execute' : when !== 'ask' && INPUTS[when];
    if (input) await this.lifecycle.apply(deployment.id, input, { values: { when, at } });
    return this.get(deployment.id);
  }

  page(query: PageQuery): Promise<Page<DeploymentInView>> {
    return this.views.page(query);
  }

  /** @throws UnknownDeployment */
  async get(id: string): Promise<DeploymentInView> {
    const view = await this.views.find(id);
    if (!view) throw new UnknownDeployment(id);
    return view;
  }

  /** The button Execute. @throws UnknownDeployment, DeploymentInWrongState, TimeNotPossible */
  async execute(actor: Actor, id: string, { when, at: time }: Execution): Promise<DeploymentInView> {
    const at = timeOf(time);
    await this.apply(id, INPUTS[when], `be executed (${when})`, { when, at });
    await this.audit.record(actor, 'deployment.executed', id, at ? `at ${at.toISOString()}` : when);
    return this.get(id);
  }

  /** The button Abort; possible until the new relay takes over. @throws UnknownDeployment, DeploymentInWrongState */
  async abort(actor: Actor, id: string): Promise<DeploymentInView> {
    await this.apply(id, 'abort', 'be aborted');
    await this.audit.record(actor, 'deployment.aborted', id);
    return this.get(id);
  }

  /** Creates a deployment that restores what another one replaced. @throws as `instruct`, DeploymentInWrongState */
  async rollBack(actor: Actor, id: string): Promise<DeploymentInView> {
    const { deployment, canRollBack } = await this.get(id);
    if (!canRollBack) throw new DeploymentInWrongState(id, deployment.state, 'be rolled back');
    const { relayId, fromRelease: release, fromPairs: pairs } = deployment;
    return this.instruct(actor, { relayId, release, pairs, when: 'ask' });
  }

  private async apply(
    id: string,
    input: DeploymentInput,
    action: string,
    values?: Partial<DeploymentEntity>,
  ): Promise<void> {
    if (await this.lifecycle.apply(id, input, { values })) return;
    const { deployment } = await this.get(id);
    throw new DeploymentInWrongState(id, deployment.state, action);
  }

  private newDeployment(actor: Actor, relayId: string, from: DeploymentTarget, to: DeploymentTarget): DeploymentEntity {
    const now = new Date();
    const deployment: DeploymentEntity = {
      id: randomUUID(),
      relayId,
      openRelay: relayId,
      state: DEPLOYMENT_MACHINE.initial,
      enteredAt: now,
      deadlineAt: null,
      when: 'ask',
      at: null,
      userId: actor.userId,
      userName: actor.displayName,
      fromRelease: from.release,
      fromVersion: from.version,
      fromPairs: from.pairs,
      toRelease: to.release,
      toVersion: to.version,
      toPairs: to.pairs,
      instance: null,
      relayAnswer: null,
      reason: null,
      detail: '',
      output: '',
      instructedAt: now,
      executedAt: null,
      replacedAt: null,
      finishedAt: null,
    };
    deployment.deadlineAt = this.lifecycle.deadlineOf(deployment, now);
    return deployment;
  }
}

const isSame = (from: DeploymentTarget, to: DeploymentTarget): boolean =>
  from.release === to.release && from.version === to.version && from.pairs === to.pairs;

const description = (relayId: string, from: DeploymentTarget, to: DeploymentTarget): string =>
  `${relayId}: ${from.version}, ${from.pairs} pairs -> ${to.version}, ${to.pairs} pairs`;

function timeOf(at: string | undefined): Date | null {
  if (at === undefined) return null;
  const ahead = Date.parse(at) - Date.now();
  if (ahead <= 0) throw new TimeNotPossible('must be in the future');
  if (ahead > LIMITS.DEPLOYMENT_IDLE_MS) throw new TimeNotPossible('must be within a week');
  return new Date(at);
}
