import { Module } from '@nestjs/common';
import { AlertsModule } from '../alerts/alerts.module';
import { AuthModule } from '../auth/auth.module';
import { BackupRuns } from './backup-runs';
import { BackupsController } from './backups.controller';
import { ScheduledBackups } from './scheduled-backups';

@Module({
  imports: [AuthModule, AlertsModule],
  controllers: [BackupsController],
  providers: [BackupRuns, ScheduledBackups],
})
export class BackupModule {}
