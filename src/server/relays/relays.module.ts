import { Global, Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module';
import { RelayPort } from '../sessions/relay.port';
import { SessionsModule } from '../sessions/sessions.module';
import { KeeperClient } from './keeper-client';
import { RelayDirectory } from './relay-directory';
import { RelayGateway } from './relay.gateway';
import { RelayGuard } from './relay.guard';
import { RelayPaths } from './relay-paths';
import { RelaySupervisor } from './relay-supervisor';
import { RelayTrial } from './relay-trial';
import { RelayWatch } from './relay-watch';
import { RelaysController } from './relays.controller';
import { RelaysHealth } from './relays.health';
import { TrialLinks } from './trial-links';

/** Global, because it implements the RelayPort that the sessions module declares and must not import. */
@Global()
@Module({
  imports: [AuthModule, SessionsModule],
  controllers: [RelaysController],
  providers: [
    RelayDirectory,
    { provide: RelayPort, useExisting: RelayDirectory },
    RelayGuard,
    RelayGateway,
    RelayPaths,
    RelaySupervisor,
    RelayTrial,
    TrialLinks,
    KeeperClient,
    RelayWatch,
    RelaysHealth,
  ],
  exports: [RelayPort, RelayDirectory, RelaySupervisor, RelayTrial, KeeperClient],
})
export class RelaysModule {}
