import { z } from 'zod';
import { accessCondition, boxOperation, denial, weeklyHours } from '../../protocol/access-conditions';
import {
  about,
  acquiredInformation,
  agent,
  agentCheck,
  apiToken,
  auditEvent,
  browserAccess,
  browserSession,
  createdApiToken,
  createdEnrolment,
  customer,
  customerSite,
  deniedAccess,
  device,
  deviceReplacement,
  foundDeviceInView,
  identityQuestion,
  identityState,
  namedSite,
  newSession,
  relay,
  reportedConditions,
  session,
  sessionConnection,
  sessionHalf,
  sessionStep,
  sessionWithSteps,
  site,
  user,
  lastAgentCheck,
  openEnrolment,
} from '../../protocol/api';
import { factor, factors, login, loginState, newTotp, passkeyOptions, recoveryCodes } from '../../protocol/account';
import { kept, retention } from '../../protocol/retention';
import { agentRelease, agentUpdates, rollout } from '../../protocol/agent-update';
import { alert, alertRules, alertSettings, customerAlertSettings, deviceRules } from '../../protocol/alert';
import { relayChoice, relayPreference } from '../../protocol/relay-choice';
import { signedRecord } from '../../protocol/approval-record';
import { asker, requester } from '../../protocol/asker';
import { backups } from '../../protocol/backup';
import {
  campaign,
  campaignDevice,
  campaignExport,
  campaignPlan,
  campaignWindow,
  newCampaign,
} from '../../protocol/campaign';
import { checkFinding } from '../../protocol/check-finding';
import { announcedApplication, enrolment, sentConnectionInfo } from '../../protocol/control-channel';
import { deviceNotes, noteLink } from '../../protocol/device-notes';
import { comparedSetting, deviceSettings, settingRow } from '../../protocol/device-settings';
import { fleetCounts, fleetDevice, fleetGroup, fleetJob, fleetView } from '../../protocol/fleet';
import { deployment, release } from '../../protocol/deployment';
import { deviceIdentity } from '../../protocol/device-identity';
import {
  deviceAlert,
  deviceDetails,
  deviceInformation,
  informationSources,
  supply,
} from '../../protocol/device-information';
import {
  accessTokenAnswer,
  clientScope,
  createdExternalClient,
  externalClient,
  newExternalClient,
  oauthError,
  oauthMetadata,
} from '../../protocol/external-clients';
import {
  firmware,
  holdReason,
  job,
  jobFailure,
  jobState,
  newJob,
  operation,
  resultLine,
} from '../../protocol/maintenance';
import { meterReport, reportedDevice, reportMail, reportPreview, reportTemplate } from '../../protocol/meter-report';
import { notice } from '../../protocol/notice';
import { overview, overviewCustomer } from '../../protocol/overview';
import { problem } from '../../protocol/problems';
import {
  forecastSupply,
  meterJump,
  reading,
  readings,
  readingSchedule,
  readingSchedules,
} from '../../protocol/readings';
import { endReason, ending, grant, halfState, sessionState } from '../../protocol/remote-session';
import { deviceDrift, driftCounts, settingsTemplate, templateDrift } from '../../protocol/settings-template';
import { createdWebhook, delivery, newWebhook, webhook } from '../../protocol/webhook';

/** Components of the OpenAPI document. A schema that is not listed is repeated wherever it is used. */
const COMPONENTS = {
  About: about,
  AccessCondition: accessCondition,
  AccessToken: accessTokenAnswer,
  AcquiredInformation: acquiredInformation,
  Agent: agent,
  AgentCheck: agentCheck,
  AgentRelease: agentRelease,
  AgentUpdates: agentUpdates,
  Rollout: rollout,
  Alert: alert,
  AlertRules: alertRules,
  AlertSettings: alertSettings,
  LastAgentCheck: lastAgentCheck,
  CheckFinding: checkFinding,
  ApiToken: apiToken,
  Application: announcedApplication,
  Asker: asker,
  AuditEvent: auditEvent,
  BoxOperation: boxOperation,
  BrowserAccess: browserAccess,
  BrowserSession: browserSession,
  Backups: backups,
  Campaign: campaign,
  CampaignDevice: campaignDevice,
  CampaignExport: campaignExport,
  CampaignPlan: campaignPlan,
  CampaignWindow: campaignWindow,
  NewCampaign: newCampaign,
  ClientScope: clientScope,
  ConnectionInfo: sentConnectionInfo,
  CreatedApiToken: createdApiToken,
  CreatedEnrolment: createdEnrolment,
  CreatedExternalClient: createdExternalClient,
  CreatedWebhook: createdWebhook,
  Customer: customer,
  CustomerSite: customerSite,
  CustomerAlertSettings: customerAlertSettings,
  DeniedAccess: deniedAccess,
  Delivery: delivery,
  Denial: denial,
  Deployment: deployment,
  Device: device,
  DeviceAlert: deviceAlert,
  DeviceIdentity: deviceIdentity,
  DeviceInformation: deviceInformation,
  DeviceNotes: deviceNotes,
  DeviceSettings: deviceSettings,
  SettingRow: settingRow,
  SettingsTemplate: settingsTemplate,
  ComparedSetting: comparedSetting,
  DeviceDrift: deviceDrift,
  DriftCounts: driftCounts,
  TemplateDrift: templateDrift,
  NoteLink: noteLink,
  DeviceRules: deviceRules,
  DeviceReplacement: deviceReplacement,
  OpenEnrolment: openEnrolment,
  EndReason: endReason,
  Ending: ending,
  Enrolment: enrolment,
  ExternalClient: externalClient,
  Firmware: firmware,
  FleetCounts: fleetCounts,
  FleetDevice: fleetDevice,
  FleetGroup: fleetGroup,
  FleetJob: fleetJob,
  FleetView: fleetView,
  ForecastSupply: forecastSupply,
  Grant: grant,
  HalfState: halfState,
  HoldReason: holdReason,
  IdentityQuestion: identityQuestion,
  FoundDevice: foundDeviceInView,
  IdentityState: identityState,
  Job: job,
  JobFailure: jobFailure,
  JobState: jobState,
  NamedSite: namedSite,
  NewExternalClient: newExternalClient,
  NewJob: newJob,
  NewSession: newSession,
  MeterJump: meterJump,
  MeterReport: meterReport,
  NewWebhook: newWebhook,
  Factor: factor,
  Factors: factors,
  Login: login,
  LoginState: loginState,
  NewTotp: newTotp,
  PasskeyOptions: passkeyOptions,
  RecoveryCodes: recoveryCodes,
  Notice: notice,
  OauthError: oauthError,
  OauthMetadata: oauthMetadata,
  Operation: operation,
  Overview: overview,
  OverviewCustomer: overviewCustomer,
  Problem: problem,
  Reading: reading,
  Readings: readings,
  ReadingSchedule: readingSchedule,
  ReadingSchedules: readingSchedules,
  Relay: relay,
  RelayChoice: relayChoice,
  RelayPreference: relayPreference,
  Retention: retention,
  KeptHistory: kept,
  Release: release,
  ReportedConditions: reportedConditions,
  ReportedDevice: reportedDevice,
  ReportMail: reportMail,
  ReportPreview: reportPreview,
  ReportTemplate: reportTemplate,
  Requester: requester,
  ResultLine: resultLine,
  Session: session,
  SessionConnection: sessionConnection,
  SessionHalf: sessionHalf,
  SessionState: sessionState,
  SessionStep: sessionStep,
  SessionWithSteps: sessionWithSteps,
  SignedRecord: signedRecord,
  Site: site,
  Supply: supply,
  InformationSources: informationSources,
  DeviceDetails: deviceDetails,
  User: user,
  Webhook: webhook,
  WeeklyHours: weeklyHours,
} satisfies Record<string, z.ZodType>;

const names = z.registry<{ id: string }>();
for (const [id, schema] of Object.entries(COMPONENTS)) names.add(schema, { id });

/** A schema of the OpenAPI document, with the components that it refers to. */
export interface DocumentedSchema {
  readonly schema: object;
  readonly components: Record<string, object>;
}

/** @param io whether a request is described, where fields with a default may be omitted, or an answer */
export function documentedSchema(schema: z.ZodType, io: 'input' | 'output'): DocumentedSchema {
  const described = z.toJSONSchema(schema, { target: 'openapi-3.0', io, metadata: names });
  const { definitions = {}, ...rest } = described as { definitions?: Record<string, object> };
  return { schema: rest, components: definitions };
}
