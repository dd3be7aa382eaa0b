import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AccessEvents } from './access-events';
import { AccountMailEntity } from './account-mails/account-mail.entity';
import { AccountMailsRepository } from './account-mails/account-mails.repository';
import { AccountMailEvents, AccountMails } from './account-mails/account-mails.service';
import { AuditEventEntity } from './audit/audit-event.entity';
import { AuditRepository } from './audit/audit.repository';
import { AuditService } from './audit/audit.service';
import { FactorsRepository } from './factors/factors.repository';
import { FactorsService } from './factors/factors.service';
import { RecoveryCodeEntity } from './factors/recovery-code.entity';
import { SecondFactorEntity } from './factors/second-factor.entity';
import { Passwords } from './users/passwords';
import { UserEntity } from './users/user.entity';
import { UsersRepository } from './users/users.repository';
import { UsersService } from './users/users.service';

/** Users and the audit trail, without HTTP: the server and the command `create-user` share it. */
@Module({
  imports: [
    TypeOrmModule.forFeature([UserEntity, AuditEventEntity, SecondFactorEntity, RecoveryCodeEntity, AccountMailEntity]),
  ],
  providers: [
    UsersRepository,
    UsersService,
    Passwords,
    AuditRepository,
    AuditService,
    AccessEvents,
    AccountMailsRepository,
    AccountMailEvents,
    AccountMails,
    FactorsRepository,
    FactorsService,
  ],
  exports: [
    UsersService,
    AuditService,
    AccessEvents,
    AccountMails,
    AccountMailsRepository,
    AccountMailEvents,
    FactorsService,
  ],
})
export class AccountsModule {}
