import { EventEmitter } from 'node:events';
import { Injectable } from '@nestjs/common';
import type { SessionEntity } from './session.entity';

/** News of remote sessions for whoever shows or watches them. */
@Injectable()
export class SessionEvents {
  private readonly emitter = new EventEmitter();

  publish(session: SessionEntity): void {
    this.emitter.emit('changed', session);
  }
  /** Called after every saved change; the listener must not throw. */
  onChanged(listener: (session: SessionEntity) => void): void {
    this.emitter.on('changed', listener);
  }
}
