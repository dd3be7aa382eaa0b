import { ProblemError } from '../../protocol/problems';

/** The detail says how to get there instead. */
export class BrowserAccessUnavailable extends ProblemError {
  constructor(why: string, instead: string) {
    super('browser-access-unavailable', `${why} Use: ${instead}`);
  }
}
/** The server could not connect as the terminal's client; the session has been ended. */
export class NotConnected extends ProblemError {
  constructor(why: string) {
    super('relay-unavailable', `The session could not be connected: ${why}`);
  }
}
