import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Journal } from '../../../journal/journal';
import { DeploymentEvents } from '../../deployment/deployment-events';
import { DeploymentViews } from '../../deployment/deployment-views';
import { presentedDeployment } from '../../deployment/deployments.presenter';
import { ANYWHERE, LiveClients } from '../live-clients';
import { CoalescingQueue } from './coalescing-queue';

/** Publishes each changed deployment to the consoles of administrators. */
@Injectable()
export class DeploymentPublisher implements OnModuleInit {
  private readonly changed: CoalescingQueue;

  constructor(
    private readonly clients: LiveClients,
    private readonly events: DeploymentEvents,
    private readonly views: DeploymentViews,
    journal: Journal,
  ) {
    this.changed = new CoalescingQueue(
      (id) => this.publish(id),
      (error) => journal.unexpected(error, 'publishing a deployment'),
    );
  }

  onModuleInit(): void {
    this.events.on('changed', (id) => {
      if (!this.clients.none) this.changed.add(id);
    });
  }

  private async publish(id: string): Promise<void> {
    const view = await this.views.find(id);
    if (view) this.clients.send({ type: 'deployment', deployment: presentedDeployment(view) }, ANYWHERE);
  }
}
