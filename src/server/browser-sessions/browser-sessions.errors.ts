import { ProblemError } from '../../protocol/problems';
import type { SessionEntity } from '../sessions/session.entity';

/** The detail names the command that reaches the same application, quoted for a POSIX shell. */
export class BrowserAccessUnavailable extends ProblemError {
  constructor(why: string, { deviceId, applicationId, reason }: SessionEntity) {
    const quoted = `'${reason.replaceAll("'", `'\\''`)}'`;
    super('browser-access-unavailable', `${why} Use: platen connect ${deviceId} ${applicationId} --reason ${quoted}`);
  }
}

/** The server could not connect as the terminal's client; the session has been ended. */
export class NotConnected extends ProblemError {
  constructor(why: string) {
    super('relay-unavailable', `The session could not be connected: ${why}`);
  }
}
