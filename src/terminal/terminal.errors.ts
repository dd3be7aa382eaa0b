import type { Denial } from '../protocol/access-conditions';
import { ENDINGS, type Ending } from '../protocol/remote-session';
import type { Problem } from '../protocol/problems';
import type { Exit } from './exit-codes';

/** An error for the technician: what happened, what to do, and the exit code. */
export abstract class TerminalError extends Error {
  abstract readonly exit: Exit;
  constructor(
    message: string,
    readonly remedy: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}

export class UsageError extends TerminalError {
  readonly exit = 'usage';
}

export class NotLoggedIn extends TerminalError {
  readonly exit = 'not-logged-in';
  constructor(message = 'You are not logged in to a server.') {
    super(message, 'Log in: platen login <server-url>');
  }
}

export class ServerUnreachable extends TerminalError {
  readonly exit = 'server-unreachable';
  constructor(server: string, why: string, options?: ErrorOptions) {
    super(
      `The server ${server} cannot be reached: ${why}.`,
      'Check the address and the network, then try again.',
      options,
    );
  }
}

/** The outbound proxy does not lead to the server. */
export class ProxyFailed extends TerminalError {
  readonly exit = 'server-unreachable';
  constructor(server: string, { message, cause }: Error) {
    super(
      `The server ${server} cannot be reached: ${message}.`,
      'The proxy is that of platen login --proxy, or of HTTPS_PROXY and NO_PROXY.',
      { cause },
    );
  }
}

/** The answer does not match the protocol, or is too large. */
export class UnexpectedAnswer extends TerminalError {
  readonly exit = 'server-unreachable';
  constructor(server: string, what: string) {
    super(`${server} is not a Platen server: ${what}.`, 'Check the address.');
  }
}

export class CertificateNotTrusted extends TerminalError {
  readonly exit = 'certificate-not-trusted';
}

export class OtherVersion extends TerminalError {
  readonly exit = 'version';
  constructor(ours: number, theirs: number) {
    super(
      `The server uses protocol version ${theirs}, but this command uses version ${ours}.`,
      'Install the same version of Platen as the server.',
    );
  }
}

/** A release file that a server would refuse. */
export class PackageNotValid extends TerminalError {
  readonly exit = 'release-refused';
  constructor(noun: 'release' | 'firmware', why: string) {
    super(`The ${noun} is not valid: ${why}.`, 'Obtain it again from its publisher, or check the key.');
  }
}

/** The approval record does not prove what the server shows. */
export class RecordNotVerified extends TerminalError {
  readonly exit = 'not-verified';
}

export class NoRecord extends TerminalError {
  readonly exit = 'no-record';
  constructor(message: string) {
    super(message, 'Agents that were enrolled by an earlier version sign after they are enrolled again.');
  }
}

/** A name on the command line that the server does not know. */
export class Unknown extends TerminalError {
  readonly exit = 'not-found';
  constructor(what: 'user' | 'customer', name: string) {
    super(`There is no ${what} ${name}.`, `List the ${what}s: platen ${what}s`);
  }
}

export class UnknownRelease extends TerminalError {
  readonly exit = 'not-found';
  constructor(name: string) {
    super(`There is no release ${name}.`, 'List the releases: platen release list');
  }
}

const EXIT_OF_PROBLEM: Record<string, Exit | undefined> = {
  'invalid-request': 'usage',
  'not-logged-in': 'not-logged-in',
  'factor-refused': 'login-refused',
  'second-factor-missing': 'login-refused',
  'login-refused': 'login-refused',
  forbidden: 'not-permitted',
  'access-denied': 'denied',
  'not-found': 'not-found',
  'unknown-device': 'not-found',
  'unknown-application': 'not-found',
  'unknown-session': 'not-found',
  'device-offline': 'device-offline',
  'no-substitute': 'device-offline',
  'unknown-release': 'not-found',
  'unknown-relay': 'not-found',
  'unknown-deployment': 'not-found',
  'unknown-job': 'not-found',
  'unknown-campaign': 'not-found',
  'too-many-campaigns': 'try-later',
  'unknown-firmware': 'not-found',
  'session-exists': 'session-exists',
  'requests-waiting': 'try-later',
  'session-over': 'wrong-state',
  'wrong-state': 'wrong-state',
  conflict: 'wrong-state',
  'deployment-open': 'wrong-state',
  'deployment-unsupported': 'wrong-state',
  'nothing-to-deploy': 'wrong-state',
  'release-in-use': 'wrong-state',
  'release-key-missing': 'wrong-state',
  'too-many-releases': 'wrong-state',
  'operation-unsupported': 'wrong-state',
  'too-many-jobs': 'wrong-state',
  'job-begun': 'wrong-state',
  'firmware-unfit': 'wrong-state',
  'firmware-in-use': 'wrong-state',
  'too-many-firmware-files': 'wrong-state',
  'release-refused': 'release-refused',
  'firmware-refused': 'release-refused',
  'too-large': 'release-refused',
  'storage-full': 'storage-full',
  'too-many-requests': 'try-later',
  'deployment-in-progress': 'try-later',
  'database-unavailable': 'try-later',
  'relay-unavailable': 'setup-failed',
  'no-relay-in-region': 'setup-failed',
  'relays-drained': 'setup-failed',
};

/** The server answered with a problem (RFC 9457); `code` is one of protocol/problems. */
export class ApiProblem extends TerminalError {
  readonly exit: Exit;
  readonly code: string;
  /** When to try again, if the server sent it. */
  readonly retryAfterSeconds: number | undefined;
  constructor(problem: Problem) {
    const fields = problem.errors?.map(({ path, message }) => `${path}: ${message}`).join('; ');
    const parts = [problem.title, problem.detail, fields].filter((part) => part);
    super(`${parts.join(': ')}.`.replace(/\.\.$/, '.'), problem.remedy);
    this.code = problem.code;
    this.retryAfterSeconds = problem.retryAfterSeconds;
    this.exit = EXIT_OF_PROBLEM[problem.code] ?? 'unexpected';
  }
}

export class LocalPortUnavailable extends TerminalError {
  readonly exit = 'local-port';
  constructor(port: number, why: string) {
    super(`The local port ${port} cannot be opened: ${why}.`, 'Choose another port with --port, or omit --port.');
  }
}

/** All attempts to connect to the relay failed. */
export class RelayNotReached extends TerminalError {
  readonly exit = 'setup-failed';
  constructor(why: string, options?: ErrorOptions) {
    super(
      `The connection to the relay failed: ${why}.`,
      'Check that this computer can reach the relay, then try again.',
      options,
    );
  }
}

/** The tunnel ended while the relay stayed connected. */
export class TunnelBroken extends TerminalError {
  readonly exit = 'lost';
  constructor() {
    super('The tunnel to the device was lost.', 'Request a new session.');
  }
}

export class Interrupted extends TerminalError {
  readonly exit = 'interrupted';
  constructor() {
    super('Stopped.', '');
  }
}

/** The session ended before it was connected. */
export class SessionOver extends TerminalError {
  readonly exit: Exit;
  constructor(
    readonly ending: Ending,
    readonly detail: string,
    denial?: Denial,
  ) {
    super(
      `The session has ended: ${ENDINGS[ending]}${detail && ` ${detail}`}`,
      denial ? DENIAL_REMEDIES[denial] : remedyOf(ending),
    );
    this.exit = exitOfEnding(ending, false);
  }
}

/** `connected`: whether the session had been established when it ended. */
export function exitOfEnding(ending: Ending, connected: boolean): Exit {
  switch (ending) {
    case 'ended-by-terminal':
      return 'ok';
    case 'declined':
      return 'refused-at-device';
    case 'denied':
      return 'denied';
    case 'expired':
      return connected ? 'expired' : 'no-answer';
    case 'cancelled':
      return 'cancelled';
    case 'device-offline':
      return 'device-offline';
    case 'lost-device':
    case 'lost-terminal':
    case 'lost-relay':
      return 'lost';
    case 'failed':
      return 'setup-failed';
    case 'ended-by-device':
    case 'ended-by-administrator':
    case 'revoked':
      return 'ended-elsewhere';
    case 'halted-by-deployment':
      return 'halted';
  }
}

/** What to do, by the reason class. Conditions are set at the device and nowhere else. */
export const DENIAL_REMEDIES: Record<Denial, string> = {
  'no-condition': 'Ask the owner of the device to set an access condition for you, at the device.',
  box: 'Ask the owner of the device to set an access condition for this box, at the device.',
  operation: 'Ask the owner of the device to include it in the access condition, at the device.',
  'not-yet': 'Try again when the condition applies. Show it: platen conditions <device>',
  expired: 'Ask the owner of the device to set a new access condition, at the device.',
  hours: 'Try again at the permitted hours. Show them: platen conditions <device>',
  times: 'Ask the owner of the device to set a new access condition, at the device.',
  bytes: 'Ask the owner of the device to set a new access condition, at the device.',
  revoked: 'Contact the owner of the device before you try again.',
};

function remedyOf(ending: Ending): string {
  if (ending === 'declined') return 'Contact the people at the device before you try again.';
  if (ending === 'denied') return DENIAL_REMEDIES['no-condition'];
  if (ending === 'expired') return 'Contact the people at the device, then try again.';
  if (ending === 'device-offline') return 'Have someone check the agent and its network, then try again.';
  return 'Request a new session if you need one.';
}

/** Whether the same request may succeed later. */
export const isPassing = (error: unknown): boolean =>
  error instanceof ServerUnreachable ||
  (error instanceof ApiProblem && ['too-many-requests', 'database-unavailable'].includes(error.code));
