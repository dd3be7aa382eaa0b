import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AlertsModule } from '../alerts/alerts.module';
import { AuthModule } from '../auth/auth.module';
import { CustomersModule } from '../customers/customers.module';
import { DevicesModule } from '../devices/devices.module';
import { MaintenanceModule } from '../maintenance/maintenance.module';
import { SettingsTemplatesModule } from '../settings-templates/settings-templates.module';
import { CampaignContents } from './campaign-contents';
import { CampaignDeviceEntity } from './campaign-device.entity';
import { CampaignDevicesRepository } from './campaign-devices.repository';
import { CampaignDrafts } from './campaign-drafts';
import { CampaignEntity } from './campaign.entity';
import { CampaignJobs } from './campaign-jobs';
import { CampaignEvents, CampaignLifecycle } from './campaign.lifecycle';
import { CampaignRunner } from './campaign-runner';
import { CampaignStarts } from './campaign-starts';
import { CampaignViews } from './campaign-views';
import { CampaignWindows } from './campaign-windows';
import { CampaignsController } from './campaigns.controller';
import { CampaignsRepository } from './campaigns.repository';
import { CampaignsService } from './campaigns.service';

/** One operation at many devices, in waves. */
@Module({
  imports: [
    AuthModule,
    CustomersModule,
    DevicesModule,
    MaintenanceModule,
    AlertsModule,
    SettingsTemplatesModule,
    TypeOrmModule.forFeature([CampaignEntity, CampaignDeviceEntity]),
  ],
  controllers: [CampaignsController],
  providers: [
    CampaignsRepository,
    CampaignDevicesRepository,
    CampaignEvents,
    CampaignLifecycle,
    CampaignContents,
    CampaignDrafts,
    CampaignWindows,
    CampaignStarts,
    CampaignJobs,
    CampaignRunner,
    CampaignsService,
    CampaignViews,
  ],
  exports: [CampaignsService, CampaignViews, CampaignEvents, CampaignsRepository, CampaignDevicesRepository],
})
export class CampaignsModule {}
