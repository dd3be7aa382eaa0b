import { Module, type DynamicModule } from '@nestjs/common';
import { AboutController } from './status/about.controller';
import { AgentUpdatesModule } from './agent-updates/agent-updates.module';
import { AlertsModule } from './alerts/alerts.module';
import { AuthModule } from './auth/auth.module';
import { BackupModule } from './backup/backup.module';
import { BrowserSessionsModule } from './browser-sessions/browser-sessions.module';
import { CampaignsModule } from './campaigns/campaigns.module';
import { SettingsTemplatesModule } from './settings-templates/settings-templates.module';
import { ConfigModule, type Settings } from './config/config.module';
import { CustomersModule } from './customers/customers.module';
import { DatabaseModule } from './database/database.module';
import { DeploymentModule } from './deployment/deployment.module';
import { DeviceMetricsController } from './status/device-metrics.controller';
import { DevicesModule } from './devices/devices.module';
import { FleetMetrics } from './status/fleet-metrics';
import { HealthController } from './status/health.controller';
import { HttpModule } from './http/http.module';
import { LiveModule } from './live/live.module';
import { MaintenanceModule } from './maintenance/maintenance.module';
import { MetricsController } from './status/metrics.controller';
import { NoticesModule } from './notices/notices.module';
import { OverviewModule } from './overview/overview.module';
import { ReadingsModule } from './readings/readings.module';
import { RelaysModule } from './relays/relays.module';
import { RetentionModule } from './retention/retention.module';
import { SessionsModule } from './sessions/sessions.module';
import { Traces } from './traces/traces';
import { XmppModule } from './xmpp/xmpp.module';

/** The whole server, in the order in which its parts depend on each other. */
@Module({})
export class AppModule {
  static of(settings: Settings): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.of(settings),
        DatabaseModule.of(settings),
        HttpModule,
        AuthModule,
        CustomersModule,
        NoticesModule,
        XmppModule,
        DevicesModule,
        SessionsModule,
        RelaysModule,
        MaintenanceModule,
        ReadingsModule,
        AlertsModule,
        SettingsTemplatesModule,
        CampaignsModule,
        DeploymentModule,
        AgentUpdatesModule,
        OverviewModule,
        RetentionModule,
        BackupModule,
        BrowserSessionsModule,
        LiveModule,
      ],
      controllers: [AboutController, DeviceMetricsController, HealthController, MetricsController],
      providers: settings.config.traces ? [FleetMetrics, Traces] : [FleetMetrics],
    };
  }
}
