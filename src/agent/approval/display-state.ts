import type { AccessCondition } from '../../protocol/access-conditions';
import type { Asker } from '../../protocol/asker';
import type { DisplayState } from '../../protocol/device-display';
import { LIMITS } from '../../protocol/limits';
import type { Device } from '../configuration/configuration';
import type { AgentSession, AgentSessions } from '../sessions/agent-session';

export interface DisplaySources {
  readonly sessions: AgentSessions;
  /** Of this device; denials and askers latest first. */
  readonly conditions: readonly AccessCondition[];
  readonly denials: DisplayState['denials'];
  readonly askers: readonly Asker[];
  readonly online: boolean;
  /** Name of the server. */
  readonly server: string;
}

/** What the display of a device shows. @param now on the clock of the sessions */
export function displayState(
  device: Device,
  { sessions, conditions, denials, askers, online, server }: DisplaySources,
  now: number,
): Omit<DisplayState, 'refused'> {
  const own = [...sessions.values()].filter(({ asked }) => asked.deviceId === device.id);
  const applicationOf = ({ asked }: AgentSession) => device.applications.find(({ id }) => id === asked.applicationId);
  const common = (session: AgentSession) => ({
    remoteSessionId: session.asked.remoteSessionId,
    asker: session.asked.asker,
    applicationTitle: applicationOf(session)?.title ?? session.asked.applicationId,
  });
  const isLive = ({ phase }: AgentSession) => ['approved', 'connecting', 'connected', 'ending'].includes(phase.name);
  return {
    deviceId: device.id,
    server: server.slice(0, 200),
    online,
    asking: own
      .filter(({ phase }) => phase.name === 'asking')
      .slice(0, LIMITS.DISPLAY_SESSIONS)
      .map((session) => ({
        ...common(session),
        reason: session.asked.reason,
        minutes: session.asked.minutes,
        viewable: applicationOf(session)?.viewable ?? false,
        answerWithinSeconds: Math.max(0, Math.floor((session.asked.answerBefore - now) / 1000)),
      })),
    live: own
      .filter(isLive)
      .slice(0, LIMITS.DISPLAY_SESSIONS)
      .map((session) => ({ ...common(session), grant: session.grant })),
    conditions: conditions.slice(-LIMITS.CONDITIONS_PER_DEVICE),
    applications: device.applications
      .filter(({ protocol }) => protocol !== 'box')
      .map(({ id, title, viewable }) => ({ id, title, viewable })),
    // a device knows its boxes
    boxes: [],
    askers: askers.slice(0, LIMITS.DISPLAY_ROWS),
    denials: denials.slice(0, LIMITS.DISPLAY_ROWS).map(({ at, asker, what, reason }) => ({ at, asker, what, reason })),
  };
}
