import { LIMITS } from '../../protocol/limits';
import { ProblemError } from '../../protocol/problems';
import { ENDINGS, type Ending, type SessionState } from '../../protocol/remote-session';

export class UnknownSession extends ProblemError {
  constructor(sessionId: string) {
    super('unknown-session', `There is no session ${sessionId}.`);
  }
}
export class SessionExists extends ProblemError {
  constructor(deviceId: string, openSessionId: string | undefined) {
    const which = openSessionId ? ` (${openSessionId})` : '';
    super('session-exists', `Your earlier session with device ${deviceId}${which} has not ended yet.`);
  }
}
/** A person can answer one request at a time; the rest must not fill the display. */
export class RequestsWaiting extends ProblemError {
  constructor(deviceId: string) {
    super(
      'requests-waiting',
      `${LIMITS.REQUESTS_PER_DEVICE} requests already wait for an answer at device ${deviceId}.`,
    );
  }
}
export class SessionOver extends ProblemError {
  constructor(sessionId: string, ending: Ending | null) {
    super('session-over', `Session ${sessionId} is over. ${ending ? ENDINGS[ending] : ''}`.trim());
  }
}
export class WrongState extends ProblemError {
  constructor(sessionId: string, state: SessionState, wanted: string) {
    super('wrong-state', `Session ${sessionId} is ${state}; it cannot ${wanted}.`);
  }
}
/** The agent's approval record does not prove its answer. */
export class RecordRefused extends ProblemError {
  constructor(detail: string) {
    super('record-refused', detail);
  }
}
/** No session can be requested while the relay is being deployed. */
export class DeploymentInProgress extends ProblemError {
  /** @param returnAfterSeconds time until the next attempt */
  constructor(returnAfterSeconds: number) {
    const detail = `No session can be started for about ${returnAfterSeconds} seconds.`;
    super('deployment-in-progress', detail, undefined, returnAfterSeconds);
  }
}
/** No relay provided connection information. */
export class RelayUnavailable extends ProblemError {
  constructor(
    detail: string,
    code: 'relay-unavailable' | 'no-relay-in-region' | 'relays-drained' = 'relay-unavailable',
  ) {
    super(code, detail);
  }
}
/** Administrators have taken every relay that could carry a session out of service. */
export class RelaysDrained extends RelayUnavailable {
  constructor() {
    super('Administrators have drained every connected relay, so no session can start.', 'relays-drained');
  }
}
/** The sessions of the site may be carried in one region only. */
export class NoRelayInRegion extends RelayUnavailable {
  constructor(region: string) {
    super(
      `Sessions with this site may only use relays in the region ${region}, and none of them accepts new sessions.`,
      'no-relay-in-region',
    );
  }
}
