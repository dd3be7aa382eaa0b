import { EventEmitter } from 'node:events';
import { Injectable } from '@nestjs/common';

/** News of deployments for whoever shows them. */
@Injectable()
export class DeploymentEvents {
  private readonly emitter = new EventEmitter();

  publish(deploymentId: string): void {
    this.emitter.emit('changed', deploymentId);
  }
  /** Called after every saved change; the listener must not throw. */
  onChanged(listener: (deploymentId: string) => void): void {
    this.emitter.on('changed', listener);
  }
}
