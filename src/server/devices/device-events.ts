import { EventEmitter } from 'node:events';
import { Injectable } from '@nestjs/common';

/** News of what stands behind the agents, for whoever shows it. */
@Injectable()
export class DeviceEvents {
  private readonly emitter = new EventEmitter();

  announced(agentId: string): void {
    this.emitter.emit('announced', agentId);
  }
  /** Called after an agent's devices have been saved; the listener must not throw. */
  onAnnounced(listener: (agentId: string) => void): void {
    this.emitter.on('announced', listener);
  }

  informed(deviceId: string): void {
    this.emitter.emit('informed', deviceId);
  }
  /** Called after what is known of a device has been saved; the listener must not throw. */
  onInformed(listener: (deviceId: string) => void): void {
    this.emitter.on('informed', listener);
  }

  removed(agentId: string): void {
    this.emitter.emit('removed', agentId);
  }
  /** Called after an agent has been removed with all its devices; the listener must not throw. */
  onRemoved(listener: (agentId: string) => void): void {
    this.emitter.on('removed', listener);
  }
}
