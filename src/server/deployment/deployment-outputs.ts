import { Injectable } from '@nestjs/common';
import { Journal } from '../../journal/journal';
import { LIMITS } from '../../protocol/limits';
import { RelayDirectory } from '../relays/relay-directory';
import { DeploymentFailed } from './deployment.errors';
import type { DeploymentEntity } from './deployment.entity';
import type { DeploymentFollowUp, DeploymentWait, DeploymentWork } from './deployment.machine';
import { RelayMonitor } from './drivers/relay-monitor';
import { DeviceList } from './halt/device-list';
import { pause } from './pause';
import { RelayDrivers } from './drivers/relay-drivers';
import { returnAfterSeconds } from './return-after';
import { SessionHalt } from './halt/session-halt';

/** A work that waits ends before the deadline of its state, because it knows the better reason. */
const GRACE_MS = LIMITS.RELAY_RPC_TIMEOUT_MS + 5_000;

/**
 * Carries out the outputs of the machine. Nothing here changes a deployment's state: each work answers with the input
 * that follows from it. A work may start again from its beginning, after a restart of the server or an unexpected error.
 */
@Injectable()
export class DeploymentOutputs {
  constructor(
    private readonly list: DeviceList,
    private readonly halt: SessionHalt,
    private readonly drivers: RelayDrivers,
    private readonly monitor: RelayMonitor,
    private readonly directory: RelayDirectory,
    private readonly journal: Journal,
  ) {}

  /** Has the relay admit or refuse new sessions, as the state of the deployment says. */
  async admit(deployment: DeploymentEntity): Promise<void> {
    const { relayId } = deployment;
    const seconds = returnAfterSeconds(deployment);
    if (seconds !== null) await this.directory.drain(relayId, true, seconds);
    else if (this.directory.isDraining(relayId)) await this.directory.drain(relayId, false, 0);
  }

  /** @throws AbortError after `signal`; unexpected errors */
  async work(work: DeploymentWork, deployment: DeploymentEntity, signal: AbortSignal): Promise<DeploymentFollowUp> {
    try {
      return await this.succeeded(work, deployment, signal);
    } catch (error) {
      if (!(error instanceof DeploymentFailed)) throw error;
      const { reason, detail, output } = error;
      return { input: 'fail', reason, detail, output };
    }
  }

  /** How long a deployment of the relay may stay in a state. */
  longestMs(wait: Exclude<DeploymentWait, 'at'>, relayId: string): number {
    switch (wait) {
      case 'list':
        return LIMITS.DEPLOYMENT_LIST_MS;
      case 'idle':
        return LIMITS.DEPLOYMENT_IDLE_MS;
      case 'trial':
        return LIMITS.DEPLOYMENT_TRIAL_MS + GRACE_MS;
      case 'drain':
        return LIMITS.DEPLOYMENT_DRAIN_MS + GRACE_MS;
      case 'take-over':
        return this.drivers.of(relayId).takeOverMs + GRACE_MS;
      case 'monitor':
        return this.monitor.longestMs + GRACE_MS;
      case 'roll-back':
        return this.drivers.of(relayId).rollBackMs + GRACE_MS;
    }
  }

  private async succeeded(
    work: DeploymentWork,
    deployment: DeploymentEntity,
    signal: AbortSignal,
  ): Promise<DeploymentFollowUp> {
    const driver = this.drivers.of(deployment.relayId);
    switch (work) {
      case 'update-list':
        for (; ; await pause(signal, LIMITS.DEPLOYMENT_REFRESH_MS)) await this.list.refresh(deployment);
      case 'await-idle':
        await this.idle(deployment, signal);
        return { input: 'done' };
      case 'try-candidate':
        return { input: 'done', values: { instance: await driver.prepare(deployment, signal) } };
      case 'halt-sessions':
        await this.halt.haltAll(deployment, LIMITS.DEPLOYMENT_DRAIN_MS, signal);
        return { input: 'done' };
      case 'take-over': {
        this.journal.step('S317', undefined, { deploymentId: deployment.id, relayId: deployment.relayId });
        const { instance, output } = await driver.takeOver(deployment, signal);
        return { input: 'done', values: { instance }, output };
      }
      case 'monitor':
        await this.monitor.monitor(deployment, driver, signal);
        return { input: 'done' };
      case 'roll-back': {
        const halt = () => this.halt.haltIfPossible(deployment, signal);
        return { input: 'done', output: await driver.rollBack(deployment, halt, signal) };
      }
    }
  }

  /**
   * Checks twice and refuses sessions in between, so that no session is cut off that was requested between the check and
   * the execution.
   */
  private async idle(deployment: DeploymentEntity, signal: AbortSignal): Promise<void> {
    const { relayId } = deployment;
    const isIdle = async () => (await this.list.refresh(deployment)).isIdle;
    for (; ; await pause(signal, LIMITS.DEPLOYMENT_REFRESH_MS)) {
      if (!(await isIdle())) continue;
      await this.directory.drain(relayId, true, returnAfterSeconds({ state: 'trying', executedAt: null })!);
      await pause(signal);
      if (await isIdle()) return;
      await this.directory.drain(relayId, false, 0);
    }
  }
}
