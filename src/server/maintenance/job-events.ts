import { EventEmitter } from 'node:events';
import { Injectable } from '@nestjs/common';
import type { JobEntity } from './job.entity';

/** News of maintenance jobs for whoever shows or watches them. */
@Injectable()
export class JobEvents {
  private readonly emitter = new EventEmitter();

  publish(job: JobEntity): void {
    this.emitter.emit('changed', job);
  }
  /** Called after every saved change that can be seen; the listener must not throw. */
  onChanged(listener: (job: JobEntity) => void): void {
    this.emitter.on('changed', listener);
  }
}
