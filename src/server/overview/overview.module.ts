import { Module } from '@nestjs/common';
import { AlertsModule } from '../alerts/alerts.module';
import { AuthModule } from '../auth/auth.module';
import { CampaignsModule } from '../campaigns/campaigns.module';
import { CustomersModule } from '../customers/customers.module';
import { DevicesModule } from '../devices/devices.module';
import { MaintenanceModule } from '../maintenance/maintenance.module';
import { SessionsModule } from '../sessions/sessions.module';
import { OverviewController } from './overview.controller';
import { OverviewService } from './overview.service';

/** The first screen after the login. */
@Module({
  imports: [
    AuthModule,
    CustomersModule,
    DevicesModule,
    SessionsModule,
    MaintenanceModule,
    AlertsModule,
    CampaignsModule,
  ],
  controllers: [OverviewController],
  providers: [OverviewService],
})
export class OverviewModule {}
