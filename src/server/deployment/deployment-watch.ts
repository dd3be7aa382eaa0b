import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { DeploymentEntity } from './deployment.entity';
import { DEPLOYMENT_MACHINE, flawsOf } from './deployment.machine';
import { DeploymentDeadlines } from './deployment-deadlines';
import { DeploymentLifecycle } from './deployment.lifecycle';
import { DeploymentsRepository } from './deployments.repository';
import { DeviceList } from './device-list';
import { HaltNotices } from './halt-notices';

/** A time that was set for the night is not made up for in the morning. */
const LATE_MS = 15 * 60_000;

/** Takes up the deployments that were open when the server stopped, whatever they were doing. */
@Injectable()
export class DeploymentWatch implements OnApplicationBootstrap {
  constructor(
    private readonly repository: DeploymentsRepository,
    private readonly lifecycle: DeploymentLifecycle,
    private readonly deadlines: DeploymentDeadlines,
    private readonly list: DeviceList,
    private readonly notices: HaltNotices,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const flaws = flawsOf(DEPLOYMENT_MACHINE);
    if (flaws.length > 0) throw new Error(`the deployment machine is not sound: ${flaws.join('; ')}`);
    for (const deployment of await this.repository.open()) {
      await this.list.refresh(deployment);
      await this.takeUp(deployment);
    }
    await this.notices.catchUp();
  }

  private async takeUp(deployment: DeploymentEntity): Promise<void> {
    const { id, state, deadlineAt } = deployment;
    if (state === 'scheduled' && Date.now() - deadlineAt!.getTime() > LATE_MS) {
      await this.lifecycle.apply(id, 'expire', { detail: 'The server was not running at the time set.' });
      return;
    }
    // what was being carried out begins again, and has its whole time for it
    const begun = DEPLOYMENT_MACHINE[state].refuses && this.deadlines.of(deployment, new Date());
    if (begun) await this.repository.change(id, state, { deadlineAt: begun });
    this.lifecycle.enter({ ...deployment, deadlineAt: begun || deadlineAt });
  }
}
