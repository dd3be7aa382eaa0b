import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AccessEvents } from './access-events';
import { AuditEventEntity } from './audit/audit-event.entity';
import { AuditRepository } from './audit/audit.repository';
import { AuditService } from './audit/audit.service';
import { Passwords } from './users/passwords';
import { UserEntity } from './users/user.entity';
import { UsersRepository } from './users/users.repository';
import { UsersService } from './users/users.service';

/** Users and the audit trail, without HTTP: the server and the command `create-user` share it. */
@Module({
  imports: [TypeOrmModule.forFeature([UserEntity, AuditEventEntity])],
  providers: [UsersRepository, UsersService, Passwords, AuditRepository, AuditService, AccessEvents],
  exports: [UsersService, AuditService, AccessEvents],
})
export class AccountsModule {}
