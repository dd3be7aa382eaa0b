import { Injectable } from '@nestjs/common';
import type { Page, PageQuery } from '../database/page';
import type { DeploymentEntity } from './deployment.entity';
import { DeploymentsRepository } from './deployments.repository';
import type { DeploymentInView } from './deployments.presenter';
import { RelayDrivers } from './drivers/relay-drivers';

/** Deployments with their sessions, for the API and live events. */
@Injectable()
export class DeploymentViews {
  constructor(
    private readonly repository: DeploymentsRepository,
    private readonly drivers: RelayDrivers,
  ) {}

  async find(id: string): Promise<DeploymentInView | undefined> {
    const deployment = await this.repository.find(id);
    return deployment ? (await this.of([deployment]))[0] : undefined;
  }

  async page(query: PageQuery): Promise<Page<DeploymentInView>> {
    const { rows, next } = await this.repository.page(query);
    return { rows: await this.of(rows), next };
  }

  private async of(deployments: DeploymentEntity[]): Promise<DeploymentInView[]> {
    const sessions = await this.repository.sessionsOf(deployments.map(({ id }) => id));
    return Promise.all(
      deployments.map(async (deployment) => ({
        deployment,
        sessions: sessions.filter(({ deploymentId }) => deploymentId === deployment.id),
        canRollBack: await this.canRollBack(deployment),
      })),
    );
  }

  /** Only the deployment in service can be rolled back, and only if what it replaced still exists. */
  private async canRollBack({ id, state, relayId, fromRelease, fromVersion }: DeploymentEntity): Promise<boolean> {
    if (state !== 'deployed' || (await this.repository.openOf(relayId))) return false;
    if ((await this.repository.lastDeployed(relayId))?.id !== id) return false;
    return this.drivers.of(relayId).has(fromRelease, fromVersion);
  }
}
