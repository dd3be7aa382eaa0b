import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuthModule } from '../auth/auth.module';
import { RelayPort } from '../sessions/relay.port';
import { SessionsModule } from '../sessions/sessions.module';
import { KeeperClient } from './keeper-client';
import { KnownRelays } from './known-relays';
import { PlacedSessions } from './placed-sessions';
import { RelayDirectory } from './relay-directory';
import { RelayGateway } from './relay.gateway';
import { RelayLoads } from './relay-loads';
import { RelayGuard } from './relay.guard';
import { RelayPaths } from './relay-paths';
import { RelaySupervisor } from './relay-supervisor';
import { RelayTrial } from './relay-trial';
import { RelayWatch } from './relay-watch';
import { RelayEntity } from './relay.entity';
import { RelaysController } from './relays.controller';
import { RelaysHealth } from './relays.health';
import { RelaysRepository } from './relays.repository';
import { RelaysService } from './relays.service';
import { TrialLinks } from './trial-links';

/** Global, because it implements the RelayPort that the sessions module declares and must not import. */
@Global()
@Module({
  imports: [AuthModule, SessionsModule, TypeOrmModule.forFeature([RelayEntity])],
  controllers: [RelaysController],
  providers: [
    RelaysRepository,
    KnownRelays,
    PlacedSessions,
    RelayLoads,
    RelaysService,
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
  exports: [RelayPort, RelayDirectory, RelayLoads, RelaySupervisor, RelayTrial, KeeperClient],
})
export class RelaysModule {}
