import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource, type Logger, type Repository } from 'typeorm';
import { dataSourceOptions } from '../ormconfig';
import { AlertEntity } from '../src/server/alerts/alert.entity';
import { AlertsRepository } from '../src/server/alerts/alerts.repository';
import { DeliveriesRepository } from '../src/server/alerts/delivery/deliveries.repository';
import { DeliveryEntity } from '../src/server/alerts/delivery/delivery.entity';
import { TargetsRepository } from '../src/server/alerts/rules/targets.repository';
import { AuditEventEntity } from '../src/server/auth/audit/audit-event.entity';
import { AuditRepository } from '../src/server/auth/audit/audit.repository';
import type { FleetFilter } from '../src/protocol/fleet';
import { CampaignDeviceEntity } from '../src/server/campaigns/campaign-device.entity';
import { CampaignDevicesRepository } from '../src/server/campaigns/campaign-devices.repository';
import { CampaignEntity } from '../src/server/campaigns/campaign.entity';
import { CampaignsRepository } from '../src/server/campaigns/campaigns.repository';
import { readConfig } from '../src/server/config/config';
import { EVERYTHING, type Reach } from '../src/server/customers/reach';
import { BatchedWrites } from '../src/server/database/batched-writes';
import { gateSqlite } from '../src/server/database/gated-sqlite';
import { unlockColumns } from '../src/server/database/encrypted-column';
import { AgentEntity } from '../src/server/devices/agents/agent.entity';
import { AgentsRepository } from '../src/server/devices/agents/agents.repository';
import { EnrolmentCodeEntity } from '../src/server/devices/agents/enrolment-code.entity';
import { ConditionsRepository } from '../src/server/devices/conditions/conditions.repository';
import { DenialEntity } from '../src/server/devices/conditions/denial.entity';
import { ReportedConditionsEntity } from '../src/server/devices/conditions/reported-conditions.entity';
import { DeviceEntity } from '../src/server/devices/device.entity';
import { DevicesRepository } from '../src/server/devices/devices.repository';
import { cursorOf } from '../src/server/devices/fleet/fleet-cursor';
import { FleetRepository, type Selection } from '../src/server/devices/fleet/fleet.repository';
import { FleetViewEntity } from '../src/server/devices/fleet/fleet-view.entity';
import { FleetViewsRepository } from '../src/server/devices/fleet/fleet-views';
import { DeviceInformationEntity } from '../src/server/devices/information/device-information.entity';
import { FoundDeviceEntity } from '../src/server/devices/found/found-device.entity';
import { FoundDevicesRepository } from '../src/server/devices/found/found-devices.repository';
import type { FoundDevice } from '../src/protocol/found-device';
import vectors from './vectors/control-channel.json';
import { ReplacementEntity } from '../src/server/devices/replacement/replacement.entity';
import { ReplacementsRepository } from '../src/server/devices/replacement/replacements.repository';
import { DeviceInformationRepository } from '../src/server/devices/information/device-information.repository';
import { DeviceNotesEntity } from '../src/server/devices/notes/device-notes.entity';
import { DeviceNotesRepository } from '../src/server/devices/notes/device-notes.repository';
import { deviceInformation } from '../src/protocol/device-information';
import { JobEntity } from '../src/server/maintenance/job.entity';
import { JobsRepository } from '../src/server/maintenance/jobs.repository';
import { MailsRepository } from '../src/server/notices/mail/mails.repository';
import { NoticeEntity } from '../src/server/notices/notice.entity';
import { NoticesRepository } from '../src/server/notices/notices.repository';
import { ReadingEntity } from '../src/server/readings/reading.entity';
import { MeteredDeviceEntity } from '../src/server/readings/metered-device.entity';
import { ReportMailEntity, ReportTemplateEntity } from '../src/server/readings/report/report.entities';
import { ReportsRepository } from '../src/server/readings/report/reports.repository';
import { ThinningRepository } from '../src/server/readings/thinning.repository';
import { RetentionRepository } from '../src/server/retention/retention.repository';
import { RETENTION_RULES } from '../src/server/retention/retention.rules';
import { HalfLogEntity } from '../src/server/sessions/half-log.entity';
import { SessionStepEntity } from '../src/server/sessions/session-step.entity';
import { SessionEntity } from '../src/server/sessions/session.entity';
import { SessionsRepository } from '../src/server/sessions/sessions.repository';
import { newDatabase } from './support/server/new-database';
import { readingsOf } from './support/server/readings-of';

/**
 * Statements that read a growing table from end to end take longer with every session and every device, and stall a
 * server to which thousands of agents return. Here every method of the repositories runs, and the database explains each
 * statement that it has issued.
 */
const GROWING = [
  'remote_sessions',
  'half_logs',
  'session_steps',
  'maintenance_jobs',
  'campaigns',
  'campaign_devices',
  'audit_events',
  'notices',
  'alerts',
  'alert_deliveries',
  'denials',
  'devices',
  'device_information',
  'device_notes',
  'fleet_views',
  'reported_conditions',
  'device_replacements',
  'found_devices',
  'metered_devices',
  'readings',
  'meter_jumps',
];

interface Statement {
  readonly query: string;
  readonly parameters: unknown[];
}

/** Records what TypeORM issues, in the order in which it does. */
class Recorder implements Logger {
  statements: Statement[] = [];
  logQuery(query: string, parameters: unknown[] = []): void {
    this.statements.push({ query, parameters });
  }
  logQueryError(): void {}
  logQuerySlow(): void {}
  logSchemaBuild(): void {}
  logMigration(): void {}
  log(): void {}
}

const folder = mkdtempSync(join(tmpdir(), 'platen-query-plans-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const now = new Date();
const page = { limit: 50 };
const device = { id: 'd', agentId: 'a' };
const ofOneSite: Reach = { sites: new Set(['s']), devices: null, requesterId: null };
const ofOneRequester: Reach = { ...EVERYTHING, requesterId: 'u' };
const row = <Entity>(values: Partial<Entity>) => values as Entity;

const NOTHING_READ = {
  ...{ reached: true, state: 'idle', alerts: [], supplies: [], counters: {}, model: '', serialNumber: '' },
  firmwareVersion: '',
};

/** One call of a repository. A name in brackets tells two calls of one method apart. */
type Call = readonly [name: string, run: () => unknown];

function callsOf(database: DataSource): Map<object, Call[]> {
  const rows = <Entity extends object>(entity: new () => Entity): Repository<Entity> => database.getRepository(entity);
  const sessions = new SessionsRepository(rows(SessionEntity), rows(HalfLogEntity), rows(SessionStepEntity));
  const jobs = new JobsRepository(rows(JobEntity));
  const campaigns = new CampaignsRepository(rows(CampaignEntity));
  const campaignDevices = new CampaignDevicesRepository(rows(CampaignDeviceEntity));
  const audit = new AuditRepository(rows(AuditEventEntity));
  const notices = new NoticesRepository(rows(NoticeEntity));
  const alerts = new AlertsRepository(rows(AlertEntity));
  const deliveries = new DeliveriesRepository(rows(DeliveryEntity));
  const targets = new TargetsRepository(database);
  const mails = new MailsRepository(rows(NoticeEntity));
  const writes = new BatchedWrites(database);
  const devices = new DevicesRepository(rows(DeviceEntity), writes);
  const agents = new AgentsRepository(rows(AgentEntity), rows(EnrolmentCodeEntity), writes);
  const information = new DeviceInformationRepository(rows(DeviceInformationEntity), writes);
  const notes = new DeviceNotesRepository(rows(DeviceNotesEntity));
  const fleet = new FleetRepository(rows(DeviceEntity));
  const views = new FleetViewsRepository(rows(FleetViewEntity));
  const replacements = new ReplacementsRepository(rows(ReplacementEntity));
  const foundDevices = new FoundDevicesRepository(rows(FoundDeviceEntity), writes);
  const foundDevice = { ...vectors.reportFound.request.found[0]!, id: 'f' } as FoundDevice;
  const retention = new RetentionRepository(database);
  const readings = readingsOf(database);
  const thinning = new ThinningRepository(rows(MeteredDeviceEntity));
  const reports = new ReportsRepository(rows(MeteredDeviceEntity), rows(ReportTemplateEntity), rows(ReportMailEntity));
  const conditions = new ConditionsRepository(rows(ReportedConditionsEntity), rows(DenialEntity), writes);

  const session = row<SessionEntity>({
    ...{ id: 's1', userId: 'u', username: 'u', displayName: 'U', deviceId: 'd', deviceName: 'D', agentId: 'a' },
    ...{ applicationId: 'web', reason: '', minutes: 1, state: 'requested', openPair: 'd u', requestedAt: now },
  });
  const log = row<HalfLogEntity>({ id: 'l', sessionId: 's1', half: 'device', at: now, keptAt: now, bytesReceived: 1 });
  const job = row<JobEntity>({
    ...{ id: 'j1', userId: 'u', username: 'u', displayName: 'U', deviceId: 'd', deviceName: 'D', agentId: 'a' },
    ...{ operation: 'restart', state: 'requested', result: [], requestedAt: now, expiresAt: now },
  });
  const campaign = row<CampaignEntity>({
    ...{ id: 'p1', name: 'P', state: 'running', operation: 'restart', fromVersions: [], userId: 'u', userName: 'U' },
    ...{ waves: 2, wave: 1, pauseAfterFirstWave: false, failureLeast: 1, waitHours: 1 },
    ...{ createdAt: now, startsAt: now, countedFrom: now, deadlineAt: now },
  });
  const inCampaign = row<CampaignDeviceEntity>({
    ...{ id: 'q1', campaignId: 'p1', position: 0, deviceId: 'd', deviceName: 'D', agentId: 'a', wave: 1 },
    ...{ state: 'waiting', attention: 3 },
  });
  const notice = row<NoticeEntity>({
    ...{ id: 'n1', recipientId: 'u', kind: 'session-halted', remoteSessionId: 's1', at: now, deviceId: 'd' },
    ...{ deviceName: 'D', applicationId: 'web', userName: 'U', mail: 'pending', nextAttemptAt: now },
  });
  const announced = row<DeviceEntity>({
    ...{ ...device, name: 'D', kind: 'mfp', model: '', serialNumber: '', location: '' },
    ...{ applications: [], operations: [], announcedAt: now },
  });
  const noted = row<DeviceNotesEntity>({
    ...{ ...{ deviceId: 'd', agentId: 'a' }, text: '', links: [], contractNumber: '', assetTag: '', location: '' },
    ...{ searchText: '', version: 1, changedAt: now, changedBy: 'U' },
  });
  const view = row<FleetViewEntity>({ id: 'v', userId: 'u', name: 'V', createdAt: now });
  view.query = { filter: {}, sort: 'name', order: 'asc', columns: [], by: null };
  const allDevices: Selection = { reach: EVERYTHING, filter: {}, onlineAgents: ['a'], now };
  const byName = { sort: 'name', order: 'asc', limit: 50 } as const;
  const everyFilter: FleetFilter = {
    ...{ search: 'd', customerId: 'c', siteId: 's', model: 'm', firmwareVersion: '1', otherFirmware: '2' },
    ...{ presence: 'offline', silentHours: 24, state: 'idle', alerts: 'error', suppliesBelow: 10 },
  };
  const presence = { version: '1', lastSeenAt: now, asleepSince: null, wake: null, announcementHash: 'h' };
  const key = { salt: '', iterations: 1, storedKey: '', serverKey: '' };
  const agent = row<AgentEntity>({ id: 'a', scramSha1: key, scramSha256: key, createdAt: now, siteId: null });
  const alert = row<AlertEntity>({
    ...{ id: 'x1', rule: 'jam', state: 'open', openKey: 'k', severity: 'warning', agentId: 'a', deviceId: 'd' },
    ...{ deviceName: 'D', facts: {}, since: now, raisedAt: now },
  });
  const delivery = row<DeliveryEntity>({
    ...{
      id: 'y1',
      alertId: 'x1',
      event: 'raised',
      recipientKey: 'w',
      webhookId: 'w',
      recipient: 'W',
      content: {} as never,
    },
    ...{ at: now, state: 'pending', attempts: 1, nextAttemptAt: now },
  });
  const resolved = { do: 'update', from: 'open', alert, values: { state: 'resolved' }, event: 'resolved' } as const;
  const alertPage = { ...page, state: 'open' } as const;
  const reader = { recipientId: 'u', reach: ofOneSite };
  const denial = row<Parameters<typeof conditions.add>[1][number]>({ what: 'session web', count: 1 });
  const decided = { at: now, as: 'new-board', before: null, after: null, counters: {}, by: 'u' } as const;
  const installation = { installationId: 'i', continuationHash: 'h' };

  const reported = deviceInformation.parse({ ...NOTHING_READ, counters: { copies: 9 } });
  const [later, evenLater] = [100, 200].map((days) => new Date(now.getTime() + days * 86_400_000)) as [Date, Date];
  const entered = row<ReadingEntity>({
    meteredDeviceId: 1,
    at: now,
    state: 'unknown',
    counters: {},
    levels: {},
    enteredBy: 'u',
    reason: 'x',
  });

  const ended = { id: 's9', openPair: null, state: 'ended', requestedAt: new Date(1), endedAt: new Date(1) } as const;
  const deletions = (): Call[] =>
    RETENTION_RULES.flatMap((rule) =>
      (['over', 'stored'] as const).map(
        (by) =>
          [
            `deleteDue (${rule.kind}, ${by})`,
            () => retention.deleteDue(rule, { by, before: new Date(2) }, 10),
          ] as const,
      ),
    );

  return new Map<object, Call[]>([
    [
      sessions,
      [
        ['insert', () => sessions.insert(session)],
        ['change', () => sessions.change('s1', 'requested', { detail: 'x' })],
        ['noteBytes', () => sessions.noteBytes('s1', 1, 1)],
        ['find', () => sessions.find('s1')],
        ['findByLink', () => sessions.findByLink('l')],
        ['findByOpenPair', () => sessions.findByOpenPair('d u')],
        ['withLinkAt', () => sessions.withLinkAt('r')],
        ['open', () => sessions.open()],
        ['openOf', () => sessions.openOf('a')],
        ['countOpen', () => sessions.countOpen(EVERYTHING)],
        ['countOpen (of a site)', () => sessions.countOpen(ofOneSite)],
        ['openOfUser', () => sessions.openOfUser('u')],
        ['countRequested', () => sessions.countRequested('d')],
        ['endedAmong', () => sessions.endedAmong(['s1', 's2'])],
        ['among', () => sessions.among(['s1', 's2'])],
        ['awaitingAgent', () => sessions.awaitingAgent('a')],
        ['due', () => sessions.due(now)],
        ['nextDeadline', () => sessions.nextDeadline()],
        ['list (all)', () => sessions.list(EVERYTHING, { ...page, state: 'all' })],
        ['list (a later page)', () => sessions.list(EVERYTHING, { ...page, state: 'all', cursor: '1.s1' })],
        ['list (live)', () => sessions.list(ofOneSite, { ...page, state: 'live' })],
        ['list (ended)', () => sessions.list(ofOneSite, { ...page, state: 'ended' })],
        ['list (of a device)', () => sessions.list(EVERYTHING, { ...page, state: 'all', deviceId: 'd' })],
        ['list (of a user)', () => sessions.list(EVERYTHING, { ...page, state: 'all', userId: 'u' })],
        ['list (of a requester)', () => sessions.list(ofOneRequester, { ...page, state: 'all' })],
        ['storeLogs', () => sessions.storeLogs({ linkId: 'l' }, () => [{ ...log, kind: 'start' }])],
        ['storeLogs (end)', () => sessions.storeLogs({ id: 's1' }, () => [{ ...log, id: 'l2', kind: 'end' }])],
        ['logsOf', () => sessions.logsOf(['s1', 's2'])],
        ['addSteps', () => sessions.addSteps([{ sessionId: 's1', step: 'S142', detail: '', decision: null, at: now }])],
        ['countRequested', () => sessions.countRequested('d1')],
        ['stepsOf', () => sessions.stepsOf('s1')],
      ],
    ],
    [
      jobs,
      [
        ['insert', () => jobs.insert(job)],
        ['change', () => jobs.change('j1', 'requested', { detail: 'x' })],
        ['claim', () => jobs.claim('j1')],
        ['storeDecision', () => jobs.storeDecision('j', { update: false, reason: 'fresh', outcome: 'kept' })],
        ['among', () => jobs.among(['j1', 'j2'])],
        ['find', () => jobs.find('j1')],
        ['open', () => jobs.open()],
        ['due', () => jobs.due(now)],
        ['nextDeadline', () => jobs.nextDeadline()],
        ['openOf', () => jobs.openOf('a')],
        ['requestedOf', () => jobs.requestedOf('a')],
        ['openOfUser', () => jobs.openOfUser('u')],
        ['markRevoked', () => jobs.markRevoked(['j1', 'j2'])],
        ['countOpenOf', () => jobs.countOpenOf('d')],
        ['countOpen', () => jobs.countOpen(EVERYTHING)],
        ['countOpen (of a site)', () => jobs.countOpen(ofOneSite)],
        ['needsFirmware', () => jobs.needsFirmware('f')],
        ['list (all)', () => jobs.list(EVERYTHING, { ...page, state: 'all' })],
        ['list (open)', () => jobs.list(ofOneSite, { ...page, state: 'open' })],
        ['list (over)', () => jobs.list(ofOneSite, { ...page, state: 'over' })],
        ['list (of a device)', () => jobs.list(EVERYTHING, { ...page, state: 'all', deviceId: 'd' })],
        ['list (of a user)', () => jobs.list(EVERYTHING, { ...page, state: 'all', userId: 'u' })],
      ],
    ],
    [
      audit,
      [
        ['append', () => audit.append({ at: now, actor: 'u', action: 'x', target: 'y', detail: '' })],
        ['page', () => audit.page(page)],
        ['page (later)', () => audit.page({ ...page, cursor: '9' })],
        ['after', () => audit.after(0, 10)],
        ['fitting', () => audit.fitting({ actor: 'u' }, 0, 10)],
        ['head', () => audit.head()],
        ['hasBefore', () => audit.hasBefore(new Date(1))],
        ['deleteOldest', () => audit.deleteOldest(new Date(1), 10)],
        ['pageOf', () => audit.pageOf(page, 'u', { asTarget: ['x'], asActor: ['y'] })],
        ['page (of somebody)', () => audit.page(page, { actor: 'u', target: 'u' })],
      ],
    ],
    [
      notices,
      [
        ['add', () => notices.add([notice])],
        ['find', () => notices.find(reader, 'n1')],
        ['page', () => notices.page(reader, { ...page, unread: 'no' })],
        ['page (unread)', () => notices.page(reader, { ...page, unread: 'yes' })],
        ['unread', () => notices.unread(reader, now, 10)],
        ['markRead', () => notices.markRead('u', ['n1'], now)],
        ['withUnreadAbout', () => notices.withUnreadAbout('a')],
      ],
    ],
    [
      mails,
      [
        ['claimNext', () => mails.claimNext(now)],
        ['nextDue', () => mails.nextDue()],
        ['settle', () => mails.settle('n1', { mail: 'sent', nextAttemptAt: null })],
        ['releaseClaims', () => mails.releaseClaims(now)],
      ],
    ],
    [
      alerts,
      [
        ['apply', () => alerts.apply([{ change: { do: 'insert', alert }, deliveries: [delivery] }])],
        ['ofDevices', () => alerts.ofDevices(['d', 'e'])],
        ['ofAgents', () => alerts.ofAgents(['a'])],
        ['ofNoDevice', () => alerts.ofNoDevice()],
        ['due', () => alerts.due(now, 10)],
        ['orphaned', () => alerts.orphaned(undefined, 10)],
        ['orphaned (of an agent)', () => alerts.orphaned('a', 10)],
        ['find', () => alerts.find('x1')],
        ['list', () => alerts.list(EVERYTHING, alertPage)],
        ['countOpen', () => alerts.countOpen(EVERYTHING)],
        ['countOpen (of a site)', () => alerts.countOpen(ofOneSite)],
        ['list (all)', () => alerts.list(EVERYTHING, { ...page, state: 'all' })],
        ['list (of a site)', () => alerts.list(ofOneSite, alertPage)],
        ['list (of a customer)', () => alerts.list(EVERYTHING, { ...alertPage, customerId: 'c' })],
        ['list (of a device)', () => alerts.list(EVERYTHING, { ...alertPage, deviceId: 'd' })],
        ['list (filtered)', () => alerts.list(EVERYTHING, { ...alertPage, severity: 'error', acknowledged: 'no' })],
        ['acknowledge', () => alerts.acknowledge('x1', 'U', now)],
        ['move', () => alerts.move('a', { siteId: 's', customerId: 'c' })],
        ['apply (resolved)', () => alerts.apply([{ change: resolved, deliveries: [] }])],
        ['apply (deleted)', () => alerts.apply([{ change: { do: 'delete', id: 'x2' }, deliveries: [] }])],
      ],
    ],
    [
      deliveries,
      [
        ['addTest', () => deliveries.addTest({ ...delivery, id: 'y2', alertId: null, event: 'test' })],
        ['claimNext', () => deliveries.claimNext(now, [])],
        ['claimNext (others)', () => deliveries.claimNext(now, ['w'])],
        ['claimNext (mails)', () => deliveries.claimNext(now, [])],
        ['nextDue', () => deliveries.nextDue([])],
        ['settle', () => deliveries.settle([{ id: 'y1' }], { state: 'sent', nextAttemptAt: null, error: '' })],
        ['postpone', () => deliveries.postpone(delivery, now)],
        ['releaseClaims', () => deliveries.releaseClaims(now)],
        ['find', () => deliveries.find('y1')],
        ['list', () => deliveries.list(page)],
        ['list (of a state)', () => deliveries.list({ ...page, state: 'given-up' })],
        ['list (of a webhook)', () => deliveries.list({ ...page, webhookId: 'w' })],
        ['list (of an alert)', () => deliveries.list({ ...page, alertId: 'x1' })],
        ['repeat', () => deliveries.repeat('y1', now)],
        ['dropPending', () => deliveries.dropPending('w')],
      ],
    ],
    [
      targets,
      [
        ['devices', () => targets.devices(['d', 'e'])],
        ['agents', () => targets.agents(['a'])],
        ['customersOf', () => targets.customersOf(['s'])],
        ['countDevices', () => targets.countDevices(['a', 'b'])],
      ],
    ],
    [
      agents,
      [
        ['save', () => agents.save(agent)],
        ['presence', () => agents.presence(['a'])],
        ['find', () => agents.find('a')],
        ['account', () => agents.account('a')],
        ['presenceOf', () => agents.presenceOf('a')],
        ['findRemoved', () => agents.findRemoved('a')],
        ['move', () => agents.move('a', 's')],
        ['seen', () => agents.seen('a', now)],
        ['bindInstallation', () => agents.bindInstallation('a', installation)],
        ['continueInstallation', () => agents.continueInstallation('a', 'h', installation)],
        ['releaseInstallation', () => agents.releaseInstallation('a')],
        ['allow', () => agents.allow('a', ['b'])],
        ['learnedNextKey', () => agents.learnedNextKey('a', 'h')],
        ['knowsNextKey', () => agents.knowsNextKey('a', 'h')],
        ['openCodes', () => agents.openCodes()],
        ['fellAsleep', () => agents.fellAsleep('a')],
        ['ofSite', () => agents.ofSite('s')],
        ['atSites', () => agents.atSites(['s'])],
        ['besides', () => agents.besides('a')],
        ['agentsAt', () => agents.agentsAt(database.manager, ['s'])],
      ],
    ],
    [
      devices,
      [
        ['among', () => devices.among(['d', 'e'])],
        ['replace', () => devices.replace('a', [announced], presence)],
        ['replace (again)', () => devices.replace('a', [announced], presence)],
        ['replace (changed)', () => devices.replace('a', [], { ...presence, announcementHash: 'i' })],
        ['replace (back)', () => devices.replace('a', [announced], presence)],
        ['page', () => devices.page(EVERYTHING, page)],
        ['page (of a site)', () => devices.page(ofOneSite, page)],
        ['find', () => devices.find('d')],
        ['of', () => devices.of('a')],
        ['idsOf', () => devices.idsOf('a')],
      ],
    ],
    [
      notes,
      [
        ['find', () => notes.find('d')],
        ['of', () => notes.of(['d', 'e'])],
        ['replace', () => notes.replace(noted)],
      ],
    ],
    [
      fleet,
      [
        ['page', () => fleet.page(allDevices, byName)],
        ['page (later)', () => fleet.page(allDevices, { ...byName, cursor: cursorOf('D', 'd', 'name') })],
        ['page (downwards)', () => fleet.page(allDevices, { ...byName, order: 'desc' })],
        ['page (by last contact)', () => fleet.page(allDevices, { ...byName, sort: 'last-seen' })],
        ['page (by alerts)', () => fleet.page(allDevices, { ...byName, sort: 'alerts', order: 'desc' })],
        ['page (by supplies)', () => fleet.page(allDevices, { ...byName, sort: 'supplies' })],
        ['page (by firmware)', () => fleet.page(allDevices, { ...byName, sort: 'firmware' })],
        ['page (search)', () => fleet.page({ ...allDevices, filter: { search: 'jam hall' } }, byName)],
        ['page (of a site)', () => fleet.page({ ...allDevices, reach: ofOneSite }, byName)],
        ['page (offline)', () => fleet.page({ ...allDevices, filter: { presence: 'offline' } }, byName)],
        ['page (every filter)', () => fleet.page({ ...allDevices, filter: everyFilter }, byName)],
        ['page (named)', () => fleet.page({ ...allDevices, deviceIds: ['d', 'e'] }, byName)],
        [
          'page (compared)',
          () => fleet.page({ ...allDevices, drift: { wanted: { location: 'x' }, state: 'differs' } }, byName),
        ],
        ['ids', () => fleet.ids({ ...allDevices, deviceIds: ['d', 'e'] })],
      ],
    ],
    [
      campaigns,
      [
        ['insert', () => campaigns.insert(campaign, [inCampaign])],
        ['change', () => campaigns.change('p1', 'running', { detail: 'x' })],
        ['changeWave', () => campaigns.changeWave('p1', 1, { wave: 1, waveBeganAt: now })],
        ['find', () => campaigns.find('p1')],
        ['open', () => campaigns.open()],
        ['countOpen', () => campaigns.countOpen()],
        ['due', () => campaigns.due(now)],
        ['nextDeadline', () => campaigns.nextDeadline()],
        ['needsFirmware', () => campaigns.needsFirmware('f')],
        ['list', () => campaigns.list(EVERYTHING, { ...page, state: 'all' })],
        ['list (open)', () => campaigns.list(EVERYTHING, { ...page, state: 'open' })],
        ['list (of a site)', () => campaigns.list(ofOneSite, { ...page, state: 'all' })],
      ],
    ],
    [
      campaignDevices,
      [
        ['change', () => campaignDevices.change('q1', 'waiting', { detail: 'x' })],
        ['changeWaiting', () => campaignDevices.changeWaiting('p1', 1, { detail: 'y' })],
        ['giveUp', () => campaignDevices.giveUp('p1', now)],
        ['running', () => campaignDevices.running('p1')],
        ['countUnheld', () => campaignDevices.countUnheld('p1')],
        ['countRunning', () => campaignDevices.countRunning('p1')],
        ['waiting', () => campaignDevices.waiting('p1', 1)],
        ['hasOpen', () => campaignDevices.hasOpen('p1', 1)],
        ['countEnded', () => campaignDevices.countEnded('p1', 'failed', now)],
        ['taken', () => campaignDevices.taken(['d'], ['k'])],
        ['counts', () => campaignDevices.counts(['p1', 'p2'], ofOneSite)],
        ['countHolds', () => campaignDevices.countHolds('p1', EVERYTHING)],
        ['countWaiting', () => campaignDevices.countWaiting('p1', EVERYTHING)],
        ['extent', () => campaignDevices.extent('p1', ofOneSite)],
        ['sites', () => campaignDevices.sites('p1')],
        ['page', () => campaignDevices.page('p1', ofOneSite, page)],
        ['page (failed)', () => campaignDevices.page('p1', EVERYTHING, { ...page, state: 'failed' })],
      ],
    ],
    [
      views,
      [
        ['of', () => views.of('u')],
        ['add', () => views.add(view)],
        ['remove', () => views.remove('u', 'v')],
      ],
    ],
    [
      information,
      [
        ['find', () => information.find('d')],
        ['of', () => information.of(['d', 'e'])],
        ['store', () => information.store(device, { acquiredAt: now })],
        ['storeChanges', () => information.storeChanges(device, ['state'], now)],
      ],
    ],
    [
      replacements,
      [
        ['of', () => replacements.of('d')],
        ['ask', () => replacements.ask('d', { at: 1, before: {}, after: {} })],
        ['withdraw', () => replacements.withdraw('d')],
        ['add', () => replacements.add(device, decided)],
      ],
    ],
    [
      foundDevices,
      [
        ['find', () => foundDevices.find('f')],
        ['page', () => foundDevices.page(false, page)],
        ['of', () => foundDevices.of(['a'], false)],
        ['served', () => foundDevices.served(['a'], foundDevice.identity)],
        ['report', () => foundDevices.report('a', { mayTakeIn: true, ids: ['f'], found: [foundDevice] })],
        ['dismiss', () => foundDevices.dismiss(['f'], 'u')],
        ['remove', () => foundDevices.remove(['f'])],
      ],
    ],
    [
      conditions,
      [
        ['find', () => conditions.find('d')],
        ['replace', () => conditions.replace(device, [])],
        ['add', () => conditions.add(device, [denial])],
        ['page', () => conditions.page(EVERYTHING, 'd', page)],
      ],
    ],
    [
      readings,
      [
        [
          'record (of a device that may be announced)',
          () => agents.allow('a', ['*']).then(() => devices.replace('a', [announced], presence)),
        ],
        ['record', () => readings.record(device, reported, now, () => now)],
        ['record (again)', () => readings.record(device, { ...reported, counters: { copies: 1 } }, now, () => now)],
        ['metered', () => readings.metered(1)],
        ['ofDevice', () => readings.ofDevice('d')],
        ['sampled', () => readings.sampled(1, new Date(0), now, 10)],
        ['ofDevices', () => readings.ofDevices(['d'])],
        ['sampledOf', () => readings.sampledOf([1, 2], new Date(0), now, 10)],
        ['jumpsSince', () => readings.jumpsSince([1, 2], new Date(0))],
        ['jumpsOf', () => readings.jumpsOf(1)],
        ['jump', () => readings.jumpsOf(1).then(([jump]) => readings.jump(jump!.id))],
        ['enterOffset', () => readings.enterOffset('x', { offset: 1, reason: 'y', enteredBy: 'z' })],
        ['enterOffsets', () => readings.enterOffsets(1, new Date(0), { reason: 'y', enteredBy: 'z' }, () => 1)],
        ['countedBefore', () => readings.countedBefore(1, now)],
        ['enter', () => readings.enter(entered)],
        ['schedules', () => readings.schedules()],
        ['storeSchedule', () => readings.storeSchedule('c', 1).then(() => readings.storeSchedule('c', null))],
        ['due', () => readings.due(now, 10)],
        ['scheduleNext', () => readings.scheduleNext(1, now)],
        ['reschedule', () => readings.reschedule('c', now)],
      ],
    ],
    [
      thinning,
      [
        ['thin', () => thinning.thin({ daily: later, monthly: later, kept: new Date(1) }, 10)],
        ['thin (the last)', () => thinning.thin({ daily: evenLater, monthly: later, kept: evenLater }, 10)],
      ],
    ],
    [
      reports,
      [
        ['metered', () => reports.metered(ofOneSite, 'c', now, 10)],
        ['metered (of all)', () => reports.metered(EVERYTHING, undefined, now, 10)],
        ['stillRead', () => reports.stillRead([{ deviceId: 'd' } as MeteredDeviceEntity])],
        ['nearest (before)', () => reports.nearest([1, 2], now, 'before')],
        ['nearest (after)', () => reports.nearest([1, 2], now, 'after')],
        ['jumps', () => reports.jumps([1, 2], now, now)],
        ['templates', () => reports.templates()],
        ['template', () => reports.template('t')],
        [
          'saveTemplate',
          () => reports.saveTemplate(row<ReportTemplateEntity>({ id: 't', name: 't', layout: {} as never })),
        ],
        ['removeTemplate', () => reports.removeTemplate('t')],
        ['mails', () => reports.mails(['c'])],
        ['mail', () => reports.mail('m')],
        ['countMails', () => reports.countMails()],
        ['addMail', () => reports.addMail(row<ReportMailEntity>({ id: 'm', customerId: 'c' }))],
        ['claimMail', () => reports.claimMail(now)],
        ['nextMailDue', () => reports.nextMailDue()],
        ['releaseMails', () => reports.releaseMails(now)],
        ['settleMail', () => reports.settleMail('m', { nextAt: now, month: now, attempts: 0, problem: '' })],
        ['removeMail', () => reports.removeMail('m')],
      ],
    ],
    [
      retention,
      [
        [
          'deleteDue (with its parts)',
          () => sessions.insert({ ...session, ...ended }).then(() => deletions()[0]![1]()),
        ],
        ...deletions(),
        ['storedBeyond', () => retention.storedBeyond(RETENTION_RULES[0]!, 1_000)],
      ],
    ],
  ]);
}

/** Methods that no call needs: helpers of others, and those of tables that do not grow. */
const NOT_CALLED: Record<string, readonly string[]> = {
  AuditRepository: ['appendIn', 'lockedHead'],
  NoticesRepository: ['of', 'anyExists'],
  AgentsRepository: ['all', 'addCode', 'takeCode', 'remove', 'login'],
  DevicesRepository: ['replaceAll'],
  // they count all devices within reach, for a list that a user has open; bench/database/fleet.mjs measures them
  FleetRepository: [
    'counts',
    'driftCounts',
    'groups',
    'firmwareVersions',
    'counting',
    'selected',
    'onlineAgents',
    'drift',
  ],
  ReadingsRepository: ['meteredDevice', 'store'],
  ThinningRepository: ['thinOne', 'thinPeriod'],
  RetentionRepository: ['due', 'returnFreePages', 'bytes'],
};

describe.each(['SQLite', 'PostgreSQL'])('statements on %s', (name) => {
  const recorder = new Recorder();
  let database: DataSource;
  beforeAll(async () => {
    const environment = name === 'SQLite' ? { PLATEN_DATA: folder } : { PLATEN_DATABASE_URL: await newDatabase() };
    const options = { ...dataSourceOptions(readConfig(environment)), logging: true as const, logger: recorder };
    database = new DataSource(options);
    gateSqlite(database);
    await database.initialize();
    unlockColumns(database, Buffer.alloc(32, 1));
    await database.runMigrations();
  });
  afterAll(() => database?.destroy());

  it('are those of every method of the repositories', () => {
    for (const [repository, calls] of callsOf(database)) {
      const { name, prototype } = repository.constructor;
      const called = calls.map(([call]) => call.replace(/ \(.*/, ''));
      const missing = Object.getOwnPropertyNames(prototype).filter((each) => each !== 'constructor');
      const covered = new Set([...called, ...(NOT_CALLED[name] ?? [])]);
      expect([name, missing.filter((each) => !covered.has(each))]).toEqual([name, []]);
    }
  });

  it('never scan a growing table', async () => {
    const scans: string[] = [];
    let explained = 0;
    for (const [repository, calls] of callsOf(database))
      for (const [call, run] of calls) {
        recorder.statements = [];
        await run();
        for (const { query, parameters } of recorder.statements.splice(0)) {
          // with `0=1`, which TypeORM makes of an empty list, no row is read
          if (!/^(SELECT|UPDATE|DELETE|INSERT)/.test(query) || query.includes('0=1')) continue;
          explained += 1;
          const found = await scansOf(database, query, parameters);
          scans.push(
            ...found.map(
              (scan) =>
                `${repository.constructor.name}.${call}: ${scan} in ${query.replace(/^SELECT .*? FROM/, 'SELECT ... FROM')}`,
            ),
          );
        }
      }
    expect(scans).toEqual([]);
    expect(explained).toBeGreaterThan(100);
  });
});

/** What scans a growing table in the plan of a statement, unless it reads one page in the order of an index. */
async function scansOf(database: DataSource, query: string, parameters: unknown[]): Promise<string[]> {
  if (database.options.type === 'postgres') return scansOfPostgres(database, query, parameters);
  const plan: { detail: string }[] = await database.query(`EXPLAIN QUERY PLAN ${query}`, parameters);
  const details = plan.map(({ detail }) => detail);
  const isSorted = details.some((detail) => detail.includes('TEMP B-TREE FOR ORDER BY'));
  const isPage = / ORDER BY .* LIMIT \d+( OFFSET \d+)?$/.test(query) && !/NOT\(\S+ IS NULL\)/.test(query) && !isSorted;
  return details.filter((detail) => {
    const name = /^SCAN (\S+)/.exec(detail)?.[1];
    return name !== undefined && !isPage && GROWING.includes(tableOf(query, name));
  });
}

/** Tables are empty here, where PostgreSQL prefers to scan them; it does so now only if no index helps. */
async function scansOfPostgres(database: DataSource, query: string, parameters: unknown[]): Promise<string[]> {
  const runner = database.createQueryRunner();
  try {
    await runner.query('SET enable_seqscan = off');
    const plan: Record<string, string>[] = await runner.query(`EXPLAIN ${query}`, parameters);
    const details = plan.flatMap((each) => Object.values(each));
    return details.filter((detail) => GROWING.includes(/Seq Scan on (\w+)/.exec(detail)?.[1] ?? ''));
  } finally {
    await runner.query('RESET enable_seqscan');
    await runner.release();
  }
}

/** Of a table or its alias in a statement. */
const tableOf = (query: string, name: string): string =>
  new RegExp(`"(\\w+)" (?:AS )?"${name}"`).exec(query)?.[1] ?? name;
