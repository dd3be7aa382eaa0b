import { Injectable, type OnModuleInit } from '@nestjs/common';
import { NoticeEvents } from '../../notices/notice-events';
import { presentedNotice } from '../../notices/notices.presenter';
import { LiveClients } from '../live-clients';

/** Publishes each changed notice to the consoles of its recipient only. */
@Injectable()
export class NoticePublisher implements OnModuleInit {
  constructor(
    private readonly clients: LiveClients,
    private readonly events: NoticeEvents,
  ) {}

  onModuleInit(): void {
    this.events.on('changed', (notice) =>
      this.clients.sendTo(notice.recipientId, { type: 'notice', notice: presentedNotice(notice) }, notice),
    );
  }
}
