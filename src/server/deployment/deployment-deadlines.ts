import { Injectable } from '@nestjs/common';
import { LIMITS } from '../../protocol/limits';
import { DeploymentProof } from './deployment-proof';
import type { DeploymentEntity } from './deployment.entity';
import { DEPLOYMENT_MACHINE, type Wait } from './deployment.machine';
import { RelayDrivers } from './relay-drivers';

/** What a work waits for itself ends before, and then has a better reason. */
const GRACE_MS = LIMITS.RELAY_RPC_TIMEOUT_MS + 5_000;

/** When the time of each state is over. */
@Injectable()
export class DeploymentDeadlines {
  constructor(
    private readonly drivers: RelayDrivers,
    private readonly proof: DeploymentProof,
  ) {}

  /** null for a state that is an end. */
  of(deployment: Pick<DeploymentEntity, 'state' | 'at' | 'relayId'>, now: Date): Date | null {
    const wait = DEPLOYMENT_MACHINE[deployment.state].timeout?.after;
    if (!wait) return null;
    if (wait === 'at') return deployment.at;
    return new Date(now.getTime() + this.longest(wait, deployment.relayId));
  }

  private longest(wait: Exclude<Wait, 'at'>, relayId: string): number {
    switch (wait) {
      case 'list':
        return LIMITS.DEPLOYMENT_LIST_MS;
      case 'idle':
        return LIMITS.DEPLOYMENT_IDLE_MS;
      case 'try':
        return LIMITS.DEPLOYMENT_TRY_MS + GRACE_MS;
      case 'drain':
        return LIMITS.DEPLOYMENT_DRAIN_MS + GRACE_MS;
      case 'takeOver':
        return this.drivers.of(relayId).takeOverMs + GRACE_MS;
      case 'prove':
        return this.proof.longestMs + GRACE_MS;
      case 'goBack':
        return this.drivers.of(relayId).goBackMs + GRACE_MS;
    }
  }
}
