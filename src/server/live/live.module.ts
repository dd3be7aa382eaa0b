import { Module } from '@nestjs/common';
import { AlertsModule } from '../alerts/alerts.module';
import { AuthModule } from '../auth/auth.module';
import { CampaignsModule } from '../campaigns/campaigns.module';
import { CustomersModule } from '../customers/customers.module';
import { DevicesModule } from '../devices/devices.module';
import { DeploymentModule } from '../deployment/deployment.module';
import { MaintenanceModule } from '../maintenance/maintenance.module';
import { NoticesModule } from '../notices/notices.module';
import { SessionsModule } from '../sessions/sessions.module';
import { XmppModule } from '../xmpp/xmpp.module';
import { LiveClients } from './live-clients';
import { LiveGateway } from './live.gateway';
import { LiveGuard } from './live.guard';
import { AlertPublisher } from './publishers/alert.publisher';
import { CampaignPublisher } from './publishers/campaign.publisher';
import { DeploymentPublisher } from './publishers/deployment.publisher';
import { DevicePublisher } from './publishers/device.publisher';
import { JobPublisher } from './publishers/job.publisher';
import { NoticePublisher } from './publishers/notice.publisher';
import { SessionPublisher } from './publishers/session.publisher';

/** Pushes changes to open consoles. */
@Module({
  imports: [
    AuthModule,
    CustomersModule,
    NoticesModule,
    XmppModule,
    DevicesModule,
    SessionsModule,
    MaintenanceModule,
    AlertsModule,
    CampaignsModule,
    DeploymentModule,
  ],
  providers: [
    LiveClients,
    SessionPublisher,
    DevicePublisher,
    JobPublisher,
    DeploymentPublisher,
    NoticePublisher,
    AlertPublisher,
    CampaignPublisher,
    LiveGuard,
    LiveGateway,
  ],
})
export class LiveModule {}
