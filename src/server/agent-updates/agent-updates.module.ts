import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AlertsModule } from '../alerts/alerts.module';
import { AuthModule } from '../auth/auth.module';
import { CustomersModule } from '../customers/customers.module';
import { AGENT_RELEASES } from '../deployment/releases/release-files';
import { ReleaseIntake } from '../deployment/releases/release-intake';
import { releaseFiles } from '../deployment/releases/releases.module';
import { ReleasesService } from '../deployment/releases/releases.service';
import { DevicesModule } from '../devices/devices.module';
import { XmppModule } from '../xmpp/xmpp.module';
import { AgentReleases } from './agent-releases';
import { AgentUpdateEntity, RolloutEntity } from './agent-update.entities';
import { AgentUpdatesController } from './agent-updates.controller';
import { AgentUpdatesRepository } from './agent-updates.repository';
import { RolloutsService } from './rollouts.service';

/** Versions of the agents: their releases, and the rollouts that bring them to agents. */
@Module({
  imports: [
    AuthModule,
    AlertsModule,
    CustomersModule,
    DevicesModule,
    XmppModule,
    TypeOrmModule.forFeature([AgentUpdateEntity, RolloutEntity]),
  ],
  controllers: [AgentUpdatesController],
  providers: [
    // of its own, apart from those of the relay
    releaseFiles('agent-releases', AGENT_RELEASES),
    ReleaseIntake,
    ReleasesService,
    AgentUpdatesRepository,
    AgentReleases,
    RolloutsService,
  ],
})
export class AgentUpdatesModule {}
