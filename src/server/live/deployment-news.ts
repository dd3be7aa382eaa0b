import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Journal } from '../../journal/journal';
import { DeploymentEvents } from '../deployment/deployment-events';
import { DeploymentViews } from '../deployment/deployment-views';
import { presentedDeployment } from '../deployment/deployments.presenter';
import { InTurn } from './in-turn';
import { LiveClients } from './live-clients';

/** Tells administrators how deployments get on. */
@Injectable()
export class DeploymentNews implements OnModuleInit {
  private readonly changed: InTurn;

  constructor(
    private readonly clients: LiveClients,
    private readonly events: DeploymentEvents,
    private readonly views: DeploymentViews,
    journal: Journal,
  ) {
    this.changed = new InTurn(
      (id) => this.tell(id),
      (error) => journal.unexpected(error, 'telling of deployments'),
    );
  }

  onModuleInit(): void {
    this.events.onChanged((id) => {
      if (!this.clients.none) this.changed.note(id);
    });
  }

  private async tell(id: string): Promise<void> {
    const view = await this.views.find(id);
    if (view) this.clients.send({ type: 'deployment', deployment: presentedDeployment(view) });
  }
}
