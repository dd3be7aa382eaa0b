import type { LiveSession, PanelView, PendingJob, ShownSession } from '../../protocol/approval-screen';
import type { Company } from '../../protocol/company';
import type { AccessControl } from '../conditions/access-control';
import type { AgentSession, AgentSessions, EndedSession } from '../sessions/agent-session';
import type { Application } from '../configuration/application';
import type { Device } from '../configuration/configuration';
import type { AgentJobs } from '../maintenance/job';
import type { PermittedOrigins } from '../origins/permitted-origins';
import { headOf, isAsking } from '../maintenance/job-planner';

export interface PanelSources {
  readonly company: Company | undefined;
  readonly devices: readonly Device[];
  readonly sessions: AgentSessions;
  readonly jobs: AgentJobs;
  readonly online: boolean;
  readonly asleep: boolean;
  /** Newest first. */
  readonly ended: readonly EndedSession[];
  readonly access: Pick<AccessControl, 'store' | 'denials' | 'askersOf'>;
  readonly origins: Pick<PermittedOrigins, 'asking' | 'permitted'>;
}

const DENIALS_SHOWN = 30;

export function panelView(sources: PanelSources, now: number): PanelView {
  const { company, devices, sessions, jobs, online, asleep, ended, access, origins } = sources;
  const all = [...sessions.values()];
  return {
    ...(company && { company }),
    now,
    online,
    asleep,
    asking: all
      .filter(({ phase }) => phase.name === 'asking')
      .map((session) => ({
        ...named(session, devices),
        answerBefore: session.asked.answerBefore,
        viewable: applicationOf(devices, session.asked.deviceId, session.asked.applicationId)?.viewable ?? false,
      })),
    jobsAsking: jobsAsking(devices, jobs),
    live: all.flatMap((session) => liveSession(session, devices)),
    maintenance: maintenanceAt(devices, jobs),
    ended: ended.map((each) => ({
      userName: each.userName,
      ...names(devices, each.deviceId, each.applicationId),
      reason: each.reason,
      grant: each.grant,
      ending: each.ending,
      connectedAt: each.connectedAt,
      endedAt: each.endedAt,
    })),
    devices: devices.map(({ id, name, location, applications }) => ({
      id,
      name,
      location,
      applications: applications
        .filter(({ protocol }) => protocol !== 'box')
        .map((each) => ({ id: each.id, title: each.title, viewable: each.viewable })),
      hasBoxes: applications.some(({ protocol }) => protocol === 'box'),
      askers: access.askersOf(id),
    })),
    conditions: access.store.all.filter(({ deviceId }) => devices.some(({ id }) => id === deviceId)),
    denials: access.denials
      .latest(DENIALS_SHOWN)
      .map(({ deviceId, at, asker, what, reason, count }) => ({ deviceId, at, asker, what, reason, count })),
    originsAsking: origins.asking,
    originsPermitted: origins.permitted,
  };
}

function liveSession(session: AgentSession, devices: readonly Device[]): LiveSession[] {
  const { phase, grant } = session;
  if (phase.name === 'asking' || phase.name === 'declined' || phase.name === 'over') return [];
  return [
    {
      ...named(session, devices),
      phase: phase.name,
      grant,
      endsAt: 'endsAt' in phase ? phase.endsAt : null,
      draining: phase.name === 'connected' && phase.draining,
      ending: phase.name === 'ending' ? phase.ending : null,
    },
  ];
}

function jobsAsking(devices: readonly Device[], jobs: AgentJobs): PendingJob[] {
  return [...jobs.values()].flatMap((job) => {
    const { order, phase } = job;
    const device = devices.find(({ id }) => id === order.deviceId);
    if (!device || phase.name !== 'waiting' || !isAsking(job)) return [];
    const { jobId, operation, firmware, settings, requestedBy = '' } = order;
    const { id: deviceId, name: deviceName, location } = device;
    const firmwareVersion = firmware?.version ?? null;
    const shown = { jobId, userName: requestedBy, deviceId, deviceName, location, operation, firmwareVersion };
    return [{ ...shown, ...(settings && { settings }), answerBefore: phase.expiresAt }];
  });
}

function maintenanceAt(devices: readonly Device[], jobs: AgentJobs): PanelView['maintenance'] {
  return devices.flatMap(({ id, name }) => {
    const head = headOf(jobs, id);
    if (!head) return [];
    return [
      { deviceId: id, deviceName: name, operation: head.order.operation, started: head.phase.name === 'started' },
    ];
  });
}

function named({ asked }: AgentSession, devices: readonly Device[]): ShownSession {
  const { remoteSessionId, asker, reason, minutes } = asked;
  return {
    remoteSessionId,
    userName: asker.name,
    reason,
    minutes,
    ...names(devices, asked.deviceId, asked.applicationId),
  };
}

/** The configuration may no longer contain the device or application of a past session. */
function names(devices: readonly Device[], deviceId: string, applicationId: string) {
  const device = devices.find(({ id }) => id === deviceId);
  const application = applicationOf(devices, deviceId, applicationId);
  return {
    deviceId,
    deviceName: device?.name ?? deviceId,
    location: device?.location ?? '',
    applicationTitle: application?.title ?? applicationId,
  };
}

const applicationOf = (devices: readonly Device[], deviceId: string, applicationId: string): Application | undefined =>
  devices.find(({ id }) => id === deviceId)?.applications.find(({ id }) => id === applicationId);
