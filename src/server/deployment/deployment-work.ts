import { Inject, Injectable } from '@nestjs/common';
import { Journal } from '../../journal/journal';
import type { DeploymentReason } from '../../protocol/deployment';
import { LIMITS } from '../../protocol/limits';
import { CONFIG, type Config } from '../config/config';
import { RelayDirectory } from '../relays/relay-directory';
import { DeploymentFailed } from './deployment.errors';
import type { DeploymentEntity } from './deployment.entity';
import type { Input, Work } from './deployment.machine';
import { DeploymentProof } from './deployment-proof';
import { DeviceList } from './device-list';
import { pause } from './pause';
import { RelayDrivers } from './relay-drivers';
import { returnAfterSeconds } from './return-after';
import { SessionHalt } from './session-halt';

/** What came of a work: the next input, and what is to be saved with it. */
export interface FollowUp {
  readonly input: Input;
  readonly reason?: DeploymentReason;
  readonly detail?: string;
  readonly output?: string;
  readonly values?: Partial<DeploymentEntity>;
}

/**
 * Does what a state asks for. Nothing here changes a deployment's state: each work answers with the input that follows
 * from it. It may be done again from its beginning, because the server was restarted or an unexpected error happened.
 */
@Injectable()
export class DeploymentWork {
  constructor(
    private readonly list: DeviceList,
    private readonly halt: SessionHalt,
    private readonly drivers: RelayDrivers,
    private readonly proof: DeploymentProof,
    private readonly directory: RelayDirectory,
    private readonly journal: Journal,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** @throws AbortError, when `signal` says that it is no longer wanted; whatever nobody foresaw */
  async carryOut(work: Work, deployment: DeploymentEntity, signal: AbortSignal): Promise<FollowUp> {
    try {
      return await this.done(work, deployment, signal);
    } catch (error) {
      if (!(error instanceof DeploymentFailed)) throw error;
      const { reason, detail, output } = error;
      return { input: 'fail', reason, detail, output };
    }
  }

  private async done(work: Work, deployment: DeploymentEntity, signal: AbortSignal): Promise<FollowUp> {
    const driver = this.drivers.of(deployment.relayId);
    switch (work) {
      case 'list':
        for (; ; await pause(signal, LIMITS.DEPLOYMENT_REFRESH_MS)) await this.list.refresh(deployment);
      case 'await-idle':
        await this.idle(deployment, signal);
        return { input: 'done' };
      case 'try':
        return { input: 'done', values: { instance: await driver.prepare(deployment, signal) } };
      case 'drain':
        await this.halt.all(deployment, LIMITS.DEPLOYMENT_DRAIN_MS, signal);
        return { input: 'done' };
      case 'take-over': {
        this.journal.step('S317', undefined, { deploymentId: deployment.id, relayId: deployment.relayId });
        const { instance, output } = await driver.takeOver(deployment, signal);
        return { input: 'done', values: { instance }, output };
      }
      case 'prove':
        await this.proof.prove(deployment, driver, signal);
        return { input: 'done' };
      case 'go-back':
        return { input: 'done', output: await driver.goBack(deployment, () => this.end(deployment, signal), signal) };
    }
  }

  /** Nobody shall be cut off who came between the look and the execution: it is looked at twice, closed in between. */
  private async idle(deployment: DeploymentEntity, signal: AbortSignal): Promise<void> {
    const { relayId } = deployment;
    const look = async () => (await this.list.refresh(deployment)).length === 0 && (await this.list.isIdle(relayId));
    for (; ; await pause(signal, LIMITS.DEPLOYMENT_REFRESH_MS)) {
      if (!(await look())) continue;
      await this.directory.drain(relayId, true, returnAfterSeconds({ state: 'trying', executedAt: null })!);
      await pause(signal);
      if (await look()) return;
      await this.directory.drain(relayId, false, 0);
    }
  }

  /** The relay that has to go is broken: what it does not end when it is asked, and asked again, is lost with it. */
  private async end(deployment: DeploymentEntity, signal: AbortSignal): Promise<void> {
    const ms = this.config.timeouts.halfEnd + LIMITS.HALF_END_MS;
    await this.halt.all(deployment, ms, signal).catch((error: unknown) => {
      if (!(error instanceof DeploymentFailed)) throw error;
      this.journal.warn('sessions remain on a relay that has to go', {
        deploymentId: deployment.id,
        detail: error.detail,
      });
    });
  }
}
