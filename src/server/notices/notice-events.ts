import { EventEmitter } from 'node:events';
import { Injectable } from '@nestjs/common';
import type { NoticeEntity } from './notice.entity';

/** News of notices for whoever shows them to their recipients. */
@Injectable()
export class NoticeEvents {
  private readonly emitter = new EventEmitter();

  publish(notice: NoticeEntity): void {
    this.emitter.emit('changed', notice);
  }
  /** Called after every saved change; `recipientId` says whom it is for. The listener must not throw. */
  onChanged(listener: (notice: NoticeEntity) => void): void {
    this.emitter.on('changed', listener);
  }
}
