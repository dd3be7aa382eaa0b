import { Injectable, type OnModuleInit } from '@nestjs/common';
import { NoticeEvents } from '../notices/notice-events';
import { presentedNotice } from '../notices/notices.presenter';
import { LiveClients } from './live-clients';

/** Tells each notice to the person it is for, and to nobody else. */
@Injectable()
export class NoticeNews implements OnModuleInit {
  constructor(
    private readonly clients: LiveClients,
    private readonly events: NoticeEvents,
  ) {}

  onModuleInit(): void {
    this.events.onChanged((notice) =>
      this.clients.sendTo(notice.recipientId, { type: 'notice', notice: presentedNotice(notice) }),
    );
  }
}
