import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuthModule } from '../auth/auth.module';
import { CustomersModule } from '../customers/customers.module';
import { AccountMailOutbox } from './mail/account-mail-outbox';
import { MailOutbox } from './mail/mail-outbox';
import { MailTransport } from './mail/mail-transport';
import { MailsRepository } from './mail/mails.repository';
import { NoticeEvents } from './notice-events';
import { NoticeEntity } from './notice.entity';
import { NoticesController } from './notices.controller';
import { NoticesRepository } from './notices.repository';
import { NoticesService } from './notices.service';

/** Notifies users, also while they are not logged in. */
@Module({
  imports: [AuthModule, CustomersModule, TypeOrmModule.forFeature([NoticeEntity])],
  controllers: [NoticesController],
  providers: [
    NoticesRepository,
    MailsRepository,
    NoticeEvents,
    MailTransport,
    MailOutbox,
    AccountMailOutbox,
    NoticesService,
  ],
  exports: [NoticesService, NoticeEvents, MailTransport],
})
export class NoticesModule {}
