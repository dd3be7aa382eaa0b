import * as sqlite3 from 'sqlite3';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { AccountMailEntity } from './src/server/auth/account-mails/account-mail.entity';
import { ApiTokenEntity } from './src/server/auth/tokens/api-token.entity';
import { AccessTokenEntity } from './src/server/auth/clients/access-token.entity';
import { ExternalClientEntity } from './src/server/auth/clients/external-client.entity';
import { AuditChainEntity } from './src/server/auth/audit/audit-chain.entity';
import { AuditEventEntity } from './src/server/auth/audit/audit-event.entity';
import { CookieSessionEntity } from './src/server/auth/login/cookie-session.entity';
import { RecoveryCodeEntity } from './src/server/auth/factors/recovery-code.entity';
import { SecondFactorEntity } from './src/server/auth/factors/second-factor.entity';
import { UserEntity } from './src/server/auth/users/user.entity';
import { LIMITS } from './src/protocol/limits';
import { readConfig, type Config } from './src/server/config/config';
import { AlertEntity } from './src/server/alerts/alert.entity';
import { DeliveryEntity } from './src/server/alerts/delivery/delivery.entity';
import { WebhookEntity } from './src/server/alerts/delivery/webhook.entity';
import { AlertSettingsEntity } from './src/server/alerts/settings/alert-settings.entity';
import { CampaignDeviceEntity } from './src/server/campaigns/campaign-device.entity';
import { CampaignEntity } from './src/server/campaigns/campaign.entity';
import { AssignmentEntity, CustomerEntity, SiteEntity } from './src/server/customers/customer.entity';
import { AccountMails1763683200070 } from './src/server/database/migrations/0070-account-mails';
import { LogSelections1763683200071 } from './src/server/database/migrations/0071-log-selections';
import { ReportedSettings1763683200072 } from './src/server/database/migrations/0072-reported-settings';
import { JobsOfCampaigns1763683200073 } from './src/server/database/migrations/0073-jobs-of-campaigns';
import { Auth1763683200001 } from './src/server/database/migrations/0001-auth';
import { Devices1763683200002 } from './src/server/database/migrations/0002-devices';
import { RemoteSessions1763683200003 } from './src/server/database/migrations/0003-remote-sessions';
import { Grants1763683200004 } from './src/server/database/migrations/0004-grants';
import { Profile1763683200005 } from './src/server/database/migrations/0005-profile';
import { Deployments1763683200006 } from './src/server/database/migrations/0006-deployments';
import { Notices1763683200007 } from './src/server/database/migrations/0007-notices';
import { DeviceInformation1763683200008 } from './src/server/database/migrations/0008-device-information';
import { Maintenance1763683200009 } from './src/server/database/migrations/0009-maintenance';
import { Asleep1763683200010 } from './src/server/database/migrations/0010-asleep';
import { JobDeadlines1763683200011 } from './src/server/database/migrations/0011-job-deadlines';
import { DeploymentDeadlines1763683200012 } from './src/server/database/migrations/0012-deployment-deadlines';
import { ApprovalRecords1763683200013 } from './src/server/database/migrations/0013-approval-records';
import { AccessConditions1763683200014 } from './src/server/database/migrations/0014-access-conditions';
import { Customers1763683200015 } from './src/server/database/migrations/0015-customers';
import { ExternalClients1763683200016 } from './src/server/database/migrations/0016-external-clients';
import { Installations1763683200017 } from './src/server/database/migrations/0017-installations';
import { Revocation1763683200018 } from './src/server/database/migrations/0018-revocation';
import { WakeTries1763683200019 } from './src/server/database/migrations/0019-wake-tries';
import { ClientActivity1763683200020 } from './src/server/database/migrations/0020-client-activity';
import { DenialSites1763683200021 } from './src/server/database/migrations/0021-denial-sites';
import { DeviceListDifferences1763683200022 } from './src/server/database/migrations/0022-device-list-differences';
import { UpdateDecisions1763683200025 } from './src/server/database/migrations/0025-update-decisions';
import { GrowingTables1763683200026 } from './src/server/database/migrations/0026-growing-tables';
import { AnnouncementHash1763683200027 } from './src/server/database/migrations/0027-announcement-hash';
import { Retention1763683200028 } from './src/server/database/migrations/0028-retention';
import { TokenLineage1763683200030 } from './src/server/database/migrations/0030-token-lineage';
import { EnrolledDevices1763683200031 } from './src/server/database/migrations/0031-enrolled-devices';
import { FirmwareManifest1763683200033 } from './src/server/database/migrations/0033-firmware-manifest';
import { NamedDevices1763683200034 } from './src/server/database/migrations/0034-named-devices';
import { TokenAccounts1763683200035 } from './src/server/database/migrations/0035-token-accounts';
import { NextKey1763683200040 } from './src/server/database/migrations/0040-next-key';
import { JobApproval1763683200041 } from './src/server/database/migrations/0041-job-approval';
import { Readings1763683200042 } from './src/server/database/migrations/0042-readings';
import { MeterReports1763683200043 } from './src/server/database/migrations/0043-meter-reports';
import { Alerts1763683200045 } from './src/server/database/migrations/0045-alerts';
import { AlertDeliveries1763683200046 } from './src/server/database/migrations/0046-alert-deliveries';
import { DeviceNotes1763683200051 } from './src/server/database/migrations/0051-device-notes';
import { DeviceSettings1763683200055 } from './src/server/database/migrations/0055-device-settings';
import { Fleet1763683200052 } from './src/server/database/migrations/0052-fleet';
import { Campaigns1763683200053 } from './src/server/database/migrations/0053-campaigns';
import { Relays1763683200068 } from './src/server/database/migrations/0068-relays';
import { AgentUpdates1763683200062 } from './src/server/database/migrations/0062-agent-updates';
import { FoundDevices1763683200049 } from './src/server/database/migrations/0049-found-devices';
import { DeviceReplacements1763683200048 } from './src/server/database/migrations/0048-device-replacements';
import { UsedLogins1763683200059 } from './src/server/database/migrations/0059-used-logins';
import { SingleSignOn1763683200061 } from './src/server/database/migrations/0061-single-sign-on';
import { SecondFactors1763683200060 } from './src/server/database/migrations/0060-second-factors';
import { Outboxes1763683200057 } from './src/server/database/migrations/0057-outboxes';
import { AuditChain1763683200064 } from './src/server/database/migrations/0064-audit-chain';
import { CampaignSettings1763683200066 } from './src/server/database/migrations/0066-campaign-settings';
import { SettingsTemplates1763683200067 } from './src/server/database/migrations/0067-settings-templates';
import { DeploymentSessionEntity } from './src/server/deployment/halt/deployment-session.entity';
import { DeploymentEntity } from './src/server/deployment/deployment.entity';
import { AgentEntity } from './src/server/devices/agents/agent.entity';
import { DenialEntity } from './src/server/devices/conditions/denial.entity';
import { ReportedConditionsEntity } from './src/server/devices/conditions/reported-conditions.entity';
import { DeviceInformationEntity } from './src/server/devices/information/device-information.entity';
import { AgentUpdateEntity, RolloutEntity } from './src/server/agent-updates/agent-update.entities';
import { FoundDeviceEntity } from './src/server/devices/found/found-device.entity';
import { ReplacementEntity } from './src/server/devices/replacement/replacement.entity';
import { DeviceEntity } from './src/server/devices/device.entity';
import { FleetViewEntity } from './src/server/devices/fleet/fleet-view.entity';
import { DeviceNotesEntity } from './src/server/devices/notes/device-notes.entity';
import { SettingsTemplateEntity } from './src/server/settings-templates/settings-template.entity';
import { DeviceSettingsEntity } from './src/server/devices/settings/device-settings.entity';
import { EnrolmentCodeEntity } from './src/server/devices/agents/enrolment-code.entity';
import { RemovedAgentEntity } from './src/server/devices/agents/removed-agent.entity';
import { FirmwareEntity } from './src/server/maintenance/firmware/firmware.entity';
import { JobEntity } from './src/server/maintenance/job.entity';
import { NoticeEntity } from './src/server/notices/notice.entity';
import { MeteredDeviceEntity } from './src/server/readings/metered-device.entity';
import { MeterJumpEntity, ReadingEntity, ReadingScheduleEntity } from './src/server/readings/reading.entity';
import { ReportMailEntity, ReportTemplateEntity } from './src/server/readings/report/report.entities';
import { RelayEntity } from './src/server/relays/relay.entity';
import { HalfLogEntity } from './src/server/sessions/half-log.entity';
import { SessionStepEntity } from './src/server/sessions/session-step.entity';
import { SessionEntity } from './src/server/sessions/session.entity';

/** Every table, and every migration in the order in which they run. A feature adds its own here. */
const entities = [
  AgentUpdateEntity,
  RolloutEntity,
  UserEntity,
  SecondFactorEntity,
  RecoveryCodeEntity,
  AccountMailEntity,
  CookieSessionEntity,
  ApiTokenEntity,
  ExternalClientEntity,
  AccessTokenEntity,
  AuditEventEntity,
  AuditChainEntity,
  CustomerEntity,
  SiteEntity,
  AssignmentEntity,
  NoticeEntity,
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
  SessionEntity,
  RelayEntity,
  HalfLogEntity,
  SessionStepEntity,
  JobEntity,
  FirmwareEntity,
  MeteredDeviceEntity,
  ReadingEntity,
  MeterJumpEntity,
  ReadingScheduleEntity,
  ReportTemplateEntity,
  ReportMailEntity,
  AlertEntity,
  AlertSettingsEntity,
  WebhookEntity,
  DeliveryEntity,
  SettingsTemplateEntity,
  CampaignEntity,
  CampaignDeviceEntity,
  DeploymentEntity,
  DeploymentSessionEntity,
];
const migrations = [
  Auth1763683200001,
  Devices1763683200002,
  RemoteSessions1763683200003,
  Grants1763683200004,
  Profile1763683200005,
  Deployments1763683200006,
  Notices1763683200007,
  DeviceInformation1763683200008,
  Maintenance1763683200009,
  Asleep1763683200010,
  JobDeadlines1763683200011,
  DeploymentDeadlines1763683200012,
  ApprovalRecords1763683200013,
  AccessConditions1763683200014,
  Customers1763683200015,
  ExternalClients1763683200016,
  Installations1763683200017,
  Revocation1763683200018,
  WakeTries1763683200019,
  ClientActivity1763683200020,
  DenialSites1763683200021,
  DeviceListDifferences1763683200022,
  UpdateDecisions1763683200025,
  GrowingTables1763683200026,
  AnnouncementHash1763683200027,
  Retention1763683200028,
  TokenLineage1763683200030,
  EnrolledDevices1763683200031,
  FirmwareManifest1763683200033,
  NamedDevices1763683200034,
  TokenAccounts1763683200035,
  NextKey1763683200040,
  JobApproval1763683200041,
  Readings1763683200042,
  MeterReports1763683200043,
  Alerts1763683200045,
  AlertDeliveries1763683200046,
  DeviceNotes1763683200051,
  Fleet1763683200052,
  Campaigns1763683200053,
  DeviceReplacements1763683200048,
  FoundDevices1763683200049,
  UsedLogins1763683200059,
  Outboxes1763683200057,
  AuditChain1763683200064,
  SecondFactors1763683200060,
  SingleSignOn1763683200061,
  AgentUpdates1763683200062,
  DeviceSettings1763683200055,
  CampaignSettings1763683200066,
  SettingsTemplates1763683200067,
  Relays1763683200068,
  AccountMails1763683200070,
  LogSelections1763683200071,
  ReportedSettings1763683200072,
  JobsOfCampaigns1763683200073,
];

const common = {
  entities,
  migrations,
  migrationsTransactionMode: 'each',
  synchronize: false,
  // TypeORM would print parameters, and with them what must not be in a log
  logging: false,
} as const;

/**
 * TypeORM switches sqlite3's traces on: each statement then makes a stack trace with its parameters, which takes as long as
 * the statement and appears in what is logged of an error.
 */
const driver = { ...sqlite3, verbose: () => sqlite3 };

/** Where the server keeps its data: SQLite in the data folder, or PostgreSQL. */
export function dataSourceOptions({ database }: Config): DataSourceOptions {
  return database.type === 'postgres'
    ? {
        ...common,
        type: 'postgres',
        url: database.url,
        connectTimeoutMS: LIMITS.DATABASE_CONNECT_MS,
        poolSize: 10,
        installExtensions: false,
      }
    : { ...common, type: 'sqlite', database: database.path, driver, enableWAL: true, busyTimeout: 10_000 };
}

/** For TypeORM's command line (`npm run migration:show`); it does not connect on import. */
export default new DataSource(dataSourceOptions(readConfig(process.env)));
