import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuthModule } from '../auth/auth.module';
import { CustomersModule } from '../customers/customers.module';
import { DevicesModule } from '../devices/devices.module';
import { NoticesModule } from '../notices/notices.module';
import { ReadingsModule } from '../readings/readings.module';
import { XmppModule } from '../xmpp/xmpp.module';
import { AlertChanges } from './alert-changes';
import { AlertEvents } from './alert-events';
import { AlertEntity } from './alert.entity';
import { AlertSchedule } from './alert-schedule';
import { AlertUpkeep } from './alert-upkeep';
import { AlertViews } from './alert-views';
import { AlertsController } from './alerts.controller';
import { AlertsRepository } from './alerts.repository';
import { AlertsService } from './alerts.service';
import { DeliveriesController } from './delivery/deliveries.controller';
import { DeliveriesRepository } from './delivery/deliveries.repository';
import { DeliveriesService } from './delivery/deliveries.service';
import { DeliveryEntity } from './delivery/delivery.entity';
import { DeliveryOutbox } from './delivery/delivery-outbox';
import { WebhookEntity } from './delivery/webhook.entity';
import { WebhookTransport } from './delivery/webhook-transport';
import { WebhooksController } from './delivery/webhooks.controller';
import { WebhooksRepository } from './delivery/webhooks.repository';
import { WebhooksService } from './delivery/webhooks.service';
import { AgentEvaluation } from './rules/agent-evaluation';
import { DeviceEvaluation } from './rules/device-evaluation';
import { ServerCertificate } from './rules/server-certificate';
import { ServerConditions } from './rules/server-conditions';
import { ServerUpkeep } from './rules/server-upkeep';
import { TargetsRepository } from './rules/targets.repository';
import { AlertSettingsController } from './settings/alert-settings.controller';
import { AlertSettingsEntity } from './settings/alert-settings.entity';
import { AlertSettingsRepository } from './settings/alert-settings.repository';
import { AlertSettingsEvents, AlertSettingsService } from './settings/alert-settings.service';

/** Raises alerts by rules, and sends them. */
@Module({
  imports: [
    AuthModule,
    CustomersModule,
    NoticesModule,
    XmppModule,
    DevicesModule,
    ReadingsModule,
    TypeOrmModule.forFeature([AlertEntity, AlertSettingsEntity, DeliveryEntity, WebhookEntity]),
  ],
  controllers: [AlertsController, AlertSettingsController, WebhooksController, DeliveriesController],
  providers: [
    AlertsRepository,
    AlertEvents,
    AlertViews,
    AlertsService,
    AlertChanges,
    AlertUpkeep,
    AlertSchedule,
    TargetsRepository,
    DeviceEvaluation,
    AgentEvaluation,
    ServerCertificate,
    ServerConditions,
    ServerUpkeep,
    AlertSettingsRepository,
    AlertSettingsEvents,
    AlertSettingsService,
    DeliveriesRepository,
    DeliveriesService,
    DeliveryOutbox,
    WebhookTransport,
    WebhooksRepository,
    WebhooksService,
  ],
  exports: [ServerConditions, AlertEvents, AlertViews, AlertsRepository, AlertSettingsService],
})
export class AlertsModule {}
