import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuthModule } from '../auth/auth.module';
import { XmppModule } from '../xmpp/xmpp.module';
import { AgentEntity } from './agent.entity';
import { AgentWake } from './agent-wake';
import { AgentsController } from './agents.controller';
import { AgentsRepository } from './agents.repository';
import { AgentsService } from './agents.service';
import { DeviceEvents } from './device-events';
import { DeviceInformationController } from './device-information.controller';
import { DeviceInformationEntity } from './device-information.entity';
import { DeviceInformationRepository } from './device-information.repository';
import { DeviceInformationService } from './device-information.service';
import { DeviceInformationStanzas } from './device-information.stanzas';
import { DeviceEntity } from './device.entity';
import { DevicesController } from './devices.controller';
import { DevicesRepository } from './devices.repository';
import { DevicesService } from './devices.service';
import { DevicesStanzas } from './devices.stanzas';
import { EnrolmentService } from './enrolment.service';
import { EnrolmentCodeEntity } from './enrolment-code.entity';

@Module({
  imports: [
    AuthModule,
    XmppModule,
    TypeOrmModule.forFeature([AgentEntity, EnrolmentCodeEntity, DeviceEntity, DeviceInformationEntity]),
  ],
  controllers: [AgentsController, DevicesController, DeviceInformationController],
  providers: [
    AgentsRepository,
    AgentsService,
    AgentWake,
    EnrolmentService,
    DevicesRepository,
    DeviceEvents,
    DeviceInformationRepository,
    DeviceInformationService,
    DevicesService,
    DevicesStanzas,
    DeviceInformationStanzas,
  ],
  exports: [DevicesService, DeviceInformationService, AgentWake, DeviceEvents],
})
export class DevicesModule {}
