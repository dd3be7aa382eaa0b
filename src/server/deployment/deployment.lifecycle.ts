import { Injectable } from '@nestjs/common';
import { Journal } from '../../journal/journal';
import type { DeploymentState } from '../../protocol/deployment';
import { LIMITS } from '../../protocol/limits';
import { Lifecycle } from '../state-machine/lifecycle';
import { UnknownDeployment } from './deployment.errors';
import { DeploymentEvents } from './deployment-events';
import type { DeploymentEntity } from './deployment.entity';
import {
  DEPLOYMENT_MACHINE,
  isOver,
  isRefusing,
  type DeploymentDetails,
  type DeploymentInput,
  type DeploymentOutput,
  type DeploymentTransition,
  type DeploymentWait,
} from './deployment.machine';
import { DeploymentOutputs } from './deployment-outputs';
import { DeploymentsRepository } from './deployments.repository';
import { DeviceList } from './halt/device-list';
import { HaltNotices } from './halt/halt-notices';
import { WorkRunner } from './work-runner';

/** The length of the column `deployments.detail`. */
const DETAIL_CHARACTERS = 500;
/** A deployment that was scheduled for the night is not executed in the morning. */
const LATE_MS = 15 * 60_000;

/** The only writer of a deployment's state. */
@Injectable()
export class DeploymentLifecycle extends Lifecycle<
  DeploymentState,
  DeploymentInput,
  DeploymentOutput,
  DeploymentWait,
  DeploymentTransition,
  DeploymentEntity,
  DeploymentDetails
> {
  private readonly runner: WorkRunner;

  constructor(
    private readonly repository: DeploymentsRepository,
    private readonly outputs: DeploymentOutputs,
    private readonly list: DeviceList,
    private readonly notices: HaltNotices,
    private readonly events: DeploymentEvents,
    journal: Journal,
  ) {
    super(DEPLOYMENT_MACHINE, repository, journal);
    this.runner = new WorkRunner(journal);
  }

  override async onApplicationBootstrap(): Promise<void> {
    await super.onApplicationBootstrap();
    await this.notices.catchUp();
  }

  /** The next start resumes open deployments; until then nothing may change the relay. */
  override onModuleDestroy(): void {
    super.onModuleDestroy();
    this.runner.stop();
  }

  protected override enter(deployment: DeploymentEntity): void {
    this.runner.abort(deployment.id);
    super.enter(deployment);
  }

  protected carryOut(output: DeploymentOutput, deployment: DeploymentEntity): Promise<void> {
    if (output === 'refuse-sessions' || output === 'admit-sessions') return this.outputs.admit(deployment);
    const { id, state } = deployment;
    // its result is applied as part of the work: if it cannot be saved, the work is tried again
    return this.runner.start(id, output, async (signal) => {
      const { input, ...details } = await this.outputs.work(output, deployment, signal);
      if (!signal.aborted) await this.apply(id, input, { ...details, from: state });
    });
  }

  protected async resume(deployment: DeploymentEntity): Promise<void> {
    const { id, state, deadlineAt } = deployment;
    await this.list.refresh(deployment);
    if (state === 'scheduled' && Date.now() - deadlineAt!.getTime() > LATE_MS) {
      await this.apply(id, 'expire', { detail: 'The server was not running at the scheduled time.' });
      return;
    }
    // the work starts again, with the whole time of the state
    if (isRefusing(state)) await this.postpone(deployment, this.deadlineOf(deployment)!);
    this.enter(deployment);
  }

  protected publish(deployment: DeploymentEntity, before?: DeploymentEntity): void {
    const { id, state, reason, detail } = deployment;
    if (before) this.journal.info('deployment', { deploymentId: id, state, reason, detail });
    this.events.publish('changed', id);
  }

  protected unknown(id: string): Error {
    return new UnknownDeployment(id);
  }

  protected deadlineAfter(wait: DeploymentWait, { at, relayId }: DeploymentEntity, now: Date): Date | null {
    return wait === 'at' ? at : new Date(now.getTime() + this.outputs.longestMs(wait, relayId));
  }

  protected valuesFor(
    deployment: DeploymentEntity,
    { to, reason }: DeploymentTransition,
    details: DeploymentDetails,
  ): Partial<DeploymentEntity> {
    const now = new Date();
    const output = [deployment.output, details.output].filter(Boolean).join('\n');
    const detail = [deployment.detail, details.detail].filter(Boolean).join(' ');
    return {
      ...details.values,
      enteredAt: now,
      reason: deployment.reason ?? details.reason ?? reason ?? null,
      detail: detail.slice(0, DETAIL_CHARACTERS),
      output: output.slice(-LIMITS.DEPLOYMENT_OUTPUT_CHARACTERS),
      ...(to === 'trying' && { executedAt: now }),
      ...(to === 'taking-over' && { replacedAt: now }),
      ...(isOver(to) && { finishedAt: now, openRelay: null }),
    };
  }
}
