import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module';
import { BackupRuns } from './backup-runs';
import { BackupsController } from './backups.controller';
import { ScheduledBackups } from './scheduled-backups';

@Module({ imports: [AuthModule], controllers: [BackupsController], providers: [BackupRuns, ScheduledBackups] })
export class BackupModule {}
