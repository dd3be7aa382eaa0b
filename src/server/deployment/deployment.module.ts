import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AlertsModule } from '../alerts/alerts.module';
import { AuthModule } from '../auth/auth.module';
import { NoticesModule } from '../notices/notices.module';
import { SessionsModule } from '../sessions/sessions.module';
import { CommandDriver } from './drivers/command-driver';
import { DeploymentEvents } from './deployment-events';
import { RelayMonitor } from './drivers/relay-monitor';
import { DeploymentSessionEntity } from './halt/deployment-session.entity';
import { DeploymentViews } from './deployment-views';
import { DeploymentOutputs } from './deployment-outputs';
import { DeploymentEntity } from './deployment.entity';
import { DeploymentLifecycle } from './deployment.lifecycle';
import { DeploymentsController } from './deployments.controller';
import { DeploymentsRepository } from './deployments.repository';
import { DeploymentsService } from './deployments.service';
import { DeviceList } from './halt/device-list';
import { HaltNotices } from './halt/halt-notices';
import { LocalDriver } from './drivers/local-driver';
import { RelayDrivers } from './drivers/relay-drivers';
import { RelayReleasesInUse } from './relay-releases-in-use';
import { ReleasesInUse } from './releases/releases-in-use';
import { ReleasesModule } from './releases/releases.module';
import { SessionHalt } from './halt/session-halt';

/** Deployment of relays. Global, because it implements ReleasesInUse for `releases`. */
@Global()
@Module({
  imports: [
    AuthModule,
    AlertsModule,
    NoticesModule,
    SessionsModule,
    ReleasesModule,
    TypeOrmModule.forFeature([DeploymentEntity, DeploymentSessionEntity]),
  ],
  controllers: [DeploymentsController],
  providers: [
    DeploymentsRepository,
    DeploymentEvents,
    DeviceList,
    SessionHalt,
    RelayMonitor,
    LocalDriver,
    CommandDriver,
    RelayDrivers,
    DeploymentOutputs,
    DeploymentLifecycle,
    DeploymentViews,
    DeploymentsService,
    HaltNotices,
    { provide: ReleasesInUse, useClass: RelayReleasesInUse },
  ],
  exports: [ReleasesInUse, DeploymentEvents, DeploymentViews],
})
export class DeploymentModule {}
