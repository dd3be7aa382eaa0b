import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuthModule } from '../auth/auth.module';
import { CustomersModule } from '../customers/customers.module';
import { DevicesModule } from '../devices/devices.module';
import { XmppModule } from '../xmpp/xmpp.module';
import { AgentOutputs } from './agent-outputs';
import { ApprovalRecords } from './approval-records';
import { HalfLogEntity } from './half-log.entity';
import { HeldPolls } from './held-polls';
import { RelayOutputs } from './relay-outputs';
import { SessionEvents } from './session-events';
import { SessionHalves } from './session-halves';
import { SessionStepEntity } from './session-step.entity';
import { SessionRequests } from './session-requests';
import { SessionRevocation } from './session-revocation';
import { SessionTimeline } from './session-timeline';
import { SessionEntity } from './session.entity';
import { SessionLifecycle } from './session.lifecycle';
import { SessionStanzas } from './session.stanzas';
import { SessionsController } from './sessions.controller';
import { SessionsRepository } from './sessions.repository';
import { SessionsService } from './sessions.service';

/** The global relays module provides its RelayPort. */
@Module({
  imports: [
    AuthModule,
    CustomersModule,
    DevicesModule,
    XmppModule,
    TypeOrmModule.forFeature([SessionEntity, HalfLogEntity, SessionStepEntity]),
  ],
  controllers: [SessionsController],
  providers: [
    SessionsRepository,
    SessionTimeline,
    SessionEvents,
    AgentOutputs,
    RelayOutputs,
    SessionLifecycle,
    SessionHalves,
    ApprovalRecords,
    SessionStanzas,
    SessionRequests,
    SessionRevocation,
    HeldPolls,
    SessionsService,
  ],
  exports: [SessionsService, SessionsRepository, SessionLifecycle, SessionHalves, SessionEvents, SessionTimeline],
})
export class SessionsModule {}
