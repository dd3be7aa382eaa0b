import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuditEventEntity } from './audit-event.entity';
import { AuditRepository } from './audit.repository';
import { AuditService } from './audit.service';
import { Passwords } from './passwords';
import { UserEntity } from './user.entity';
import { UsersRepository } from './users.repository';
import { UsersService } from './users.service';

/** Users and the audit log, without HTTP: the server and the command `create-user` share it. */
@Module({
  imports: [TypeOrmModule.forFeature([UserEntity, AuditEventEntity])],
  providers: [UsersRepository, UsersService, Passwords, AuditRepository, AuditService],
  exports: [UsersService, AuditService],
})
export class AccountsModule {}
