import type { Operation } from '../../protocol/maintenance';
import type { Ending, Grant } from '../../protocol/remote-session';
import type { AgentSession, AgentSessions, EndedSession, Phase } from '../sessions/agent-session';
import type { Application, Device } from '../configuration/configuration';
import type { AgentJobs } from '../maintenance/job';
import { headOf } from '../maintenance/job-planner';

interface Named {
  readonly remoteSessionId: string;
  readonly userName: string;
  readonly reason: string;
  readonly deviceName: string;
  readonly location: string;
  readonly applicationTitle: string;
  readonly minutes: number;
}

/** All the panel shows; moments are on the clock of `Asked`, and `now` lets the page count by them. */
export interface PanelView {
  readonly now: number;
  readonly online: boolean;
  /** It holds no session with the server on purpose. */
  readonly asleep: boolean;
  /** `viewable`: only looking can be granted. */
  readonly asking: readonly (Named & { readonly answerBefore: number; readonly viewable: boolean })[];
  /** `endsAt` is null while that is not known. */
  readonly live: readonly (Named & {
    readonly phase: Phase['name'];
    readonly grant: Grant | null;
    readonly endsAt: number | null;
    /** The vendor is about to replace its relay. */
    readonly draining: boolean;
    /** Why it is ending, once it is. */
    readonly ending: Ending | null;
  })[];
  /** Of each device the first job that is not over. */
  readonly maintenance: readonly {
    readonly deviceName: string;
    readonly operation: Operation;
    /** false: it waits until the device can execute it. */
    readonly begun: boolean;
  }[];
  readonly ended: readonly {
    readonly userName: string;
    readonly deviceName: string;
    readonly applicationTitle: string;
    readonly reason: string;
    readonly grant: Grant | null;
    readonly ending: string;
    readonly connectedAt: string | null;
    readonly endedAt: string;
  }[];
}

export interface PanelSources {
  readonly devices: readonly Device[];
  readonly sessions: AgentSessions;
  readonly jobs: AgentJobs;
  readonly online: boolean;
  readonly asleep: boolean;
  /** Newest first. */
  readonly ended: readonly EndedSession[];
}

export function panelView({ devices, sessions, jobs, online, asleep, ended }: PanelSources, now: number): PanelView {
  const all = [...sessions.values()];
  return {
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
    live: all
      .filter(({ phase }) => ['approved', 'connecting', 'connected', 'ending'].includes(phase.name))
      .map((session) => ({
        ...named(session, devices),
        phase: session.phase.name,
        grant: session.grant,
        endsAt: endsAt(session),
        draining: session.phase.name === 'connected' && session.phase.draining,
        ending: session.phase.name === 'ending' ? session.phase.ending : null,
      })),
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
  };
}

function maintenanceAt(devices: readonly Device[], jobs: AgentJobs): PanelView['maintenance'] {
  return devices.flatMap(({ id, name }) => {
    const head = headOf(jobs, id);
    if (!head) return [];
    return [{ deviceName: name, operation: head.order.operation, begun: head.phase.name === 'begun' }];
  });
}

function named({ asked }: AgentSession, devices: readonly Device[]): Named {
  const { remoteSessionId, userName, reason, minutes } = asked;
  return { remoteSessionId, userName, reason, minutes, ...names(devices, asked.deviceId, asked.applicationId) };
}

/** A session of the past may name what the configuration has no more. */
function names(devices: readonly Device[], deviceId: string, applicationId: string) {
  const device = devices.find(({ id }) => id === deviceId);
  const application = applicationOf(devices, deviceId, applicationId);
  return {
    deviceName: device?.name ?? deviceId,
    location: device?.location ?? '',
    applicationTitle: application?.title ?? applicationId,
  };
}

const applicationOf = (devices: readonly Device[], deviceId: string, applicationId: string): Application | undefined =>
  devices.find(({ id }) => id === deviceId)?.applications.find(({ id }) => id === applicationId);

const endsAt = ({ phase }: AgentSession): number | null => ('endsAt' in phase ? phase.endsAt : null);
