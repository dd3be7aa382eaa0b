import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuthModule } from '../auth/auth.module';
import { CustomersModule } from '../customers/customers.module';
import { SiteOccupants } from '../customers/site-occupants';
import { NoticesModule } from '../notices/notices.module';
import { XmppModule } from '../xmpp/xmpp.module';
import { AgentEntity } from './agents/agent.entity';
import { AgentChecks } from './agents/agent-checks';
import { AgentWake } from './agents/agent-wake';
import { AgentsController } from './agents/agents.controller';
import { AgentsRepository } from './agents/agents.repository';
import { AgentsService } from './agents/agents.service';
import { ConditionsController } from './conditions/conditions.controller';
import { ConditionsRepository } from './conditions/conditions.repository';
import { ConditionsStanzas } from './conditions/conditions.stanzas';
import { DenialEntity } from './conditions/denial.entity';
import { ReportedConditionsEntity } from './conditions/reported-conditions.entity';
import { DeviceEvents } from './device-events';
import { DeviceInformationController } from './information/device-information.controller';
import { DeviceInformationEntity } from './information/device-information.entity';
import { DeviceInformationRepository } from './information/device-information.repository';
import { DeviceInformationService } from './information/device-information.service';
import { DeviceInformationStanzas } from './information/device-information.stanzas';
import { FoundDeviceEntity } from './found/found-device.entity';
import { FoundDevicesController } from './found/found-devices.controller';
import { FoundDevicesRepository } from './found/found-devices.repository';
import { FoundDevicesService } from './found/found-devices.service';
import { FleetController } from './fleet/fleet.controller';
import { FleetRepository } from './fleet/fleet.repository';
import { FleetService } from './fleet/fleet.service';
import { FleetViewEntity } from './fleet/fleet-view.entity';
import { FleetViews, FleetViewsRepository } from './fleet/fleet-views';
import { DeviceNotesController } from './notes/device-notes.controller';
import { DeviceNotesEntity } from './notes/device-notes.entity';
import { DeviceNotesRepository } from './notes/device-notes.repository';
import { DeviceNotesService } from './notes/device-notes.service';
import { DeviceEntity } from './device.entity';
import { DevicesController } from './devices.controller';
import { DevicesRepository } from './devices.repository';
import { DevicesService } from './devices.service';
import { DevicesStanzas } from './devices.stanzas';
import { ReplacementEntity } from './replacement/replacement.entity';
import { ReplacementsController } from './replacement/replacements.controller';
import { ReplacementsRepository } from './replacement/replacements.repository';
import { ReplacementsService } from './replacement/replacements.service';
import { DeviceSettingsController } from './settings/device-settings.controller';
import { DeviceSettingsEntity } from './settings/device-settings.entity';
import { DeviceSettingsRepository } from './settings/device-settings.repository';
import { DeviceSettingsService } from './settings/device-settings.service';
import { SubstituteChannels } from './agents/substitute-channels';
import { NextKey } from './agents/next-key';
import { EnrolmentService } from './agents/enrolment.service';
import { EnrolmentCodeEntity } from './agents/enrolment-code.entity';
import { RemovedAgentEntity } from './agents/removed-agent.entity';

/** Agents and the devices behind them. Global, because it implements SiteOccupants for `customers`. */
@Global()
@Module({
  imports: [
    AuthModule,
    CustomersModule,
    NoticesModule,
    XmppModule,
    TypeOrmModule.forFeature([
      AgentEntity,
      EnrolmentCodeEntity,
      RemovedAgentEntity,
      DeviceEntity,
      DeviceInformationEntity,
      DeviceNotesEntity,
      DeviceSettingsEntity,
      FleetViewEntity,
      ReportedConditionsEntity,
      DenialEntity,
      ReplacementEntity,
      FoundDeviceEntity,
    ]),
  ],
  controllers: [
    AgentsController,
    DevicesController,
    DeviceInformationController,
    DeviceNotesController,
    DeviceSettingsController,
    ConditionsController,
    FleetController,
    ReplacementsController,
    FoundDevicesController,
  ],
  providers: [
    AgentsRepository,
    { provide: SiteOccupants, useExisting: AgentsRepository },
    AgentsService,
    AgentChecks,
    AgentWake,
    SubstituteChannels,
    EnrolmentService,
    NextKey,
    DevicesRepository,
    DeviceEvents,
    DeviceInformationRepository,
    DeviceInformationService,
    DevicesService,
    DeviceNotesRepository,
    DeviceNotesService,
    DeviceSettingsRepository,
    DeviceSettingsService,
    FleetRepository,
    FleetService,
    FleetViewsRepository,
    FleetViews,
    DevicesStanzas,
    DeviceInformationStanzas,
    ReplacementsRepository,
    ReplacementsService,
    FoundDevicesRepository,
    FoundDevicesService,
    ConditionsRepository,
    ConditionsStanzas,
  ],
  exports: [
    SiteOccupants,
    AgentsService,
    DevicesService,
    FleetService,
    DeviceInformationService,
    ReplacementsService,
    DeviceSettingsService,
    AgentWake,
    DeviceEvents,
  ],
})
export class DevicesModule {}
