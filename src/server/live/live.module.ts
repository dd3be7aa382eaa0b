import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module';
import { DevicesModule } from '../devices/devices.module';
import { DeploymentModule } from '../deployment/deployment.module';
import { MaintenanceModule } from '../maintenance/maintenance.module';
import { NoticesModule } from '../notices/notices.module';
import { SessionsModule } from '../sessions/sessions.module';
import { XmppModule } from '../xmpp/xmpp.module';
import { DeploymentNews } from './deployment-news';
import { InformationNews } from './information-news';
import { JobNews } from './job-news';
import { LiveClients } from './live-clients';
import { LiveGateway } from './live.gateway';
import { LiveNews } from './live-news';
import { NoticeNews } from './notice-news';

/** Tells open consoles what changes. */
@Module({
  imports: [AuthModule, NoticesModule, XmppModule, DevicesModule, SessionsModule, MaintenanceModule, DeploymentModule],
  providers: [LiveClients, LiveNews, NoticeNews, InformationNews, JobNews, DeploymentNews, LiveGateway],
})
export class LiveModule {}
