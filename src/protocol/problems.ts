import { z } from 'zod';

/**
 * Every error of the REST API by its stable code: HTTP status, title, and what to do.
 * Sent as `application/problem+json` (RFC 9457) with `type` = `urn:platen:problem:<code>`.
 */
export const PROBLEMS = {
  'invalid-request': {
    status: 400,
    title: 'The request is not valid',
    remedy: 'Correct the fields listed in `errors`.',
  },
  'not-logged-in': { status: 401, title: 'Login required', remedy: 'Log in, or send a valid API token.' },
  'login-refused': { status: 401, title: 'Login refused', remedy: 'Check the user ID and the password.' },
  'second-factor-required': {
    status: 401,
    title: 'A second factor is required',
    remedy: 'Enter the code of your authenticator app, or a recovery code: `POST /api/auth/login/code`.',
  },
  'second-factor-missing': {
    status: 401,
    title: 'A second factor has to be set up',
    remedy: 'Log in to the console, which leads you through it.',
  },
  'factor-refused': {
    status: 401,
    title: 'The second factor was refused',
    remedy: 'Wait for the next code and enter it, or enter a recovery code. Each one works once.',
  },
  'login-too-old': {
    status: 403,
    title: 'Log in again first',
    remedy: 'Log out and in again in the console, then repeat this within 15 minutes.',
  },
  forbidden: { status: 403, title: 'Not permitted', remedy: 'Ask an administrator for the required role.' },
  'insufficient-scope': {
    status: 403,
    title: 'The access token does not cover this',
    remedy: 'Request a token with this scope. An administrator decides which scopes a client has.',
  },
  'access-denied': {
    status: 403,
    title: 'The device does not permit this',
    remedy: 'Ask the owner of the device to set an access condition there. See `reason` for what did not fit.',
  },
  'record-refused': {
    status: 422,
    title: 'The approval record was refused',
    remedy: 'Enrol the agent again if its credentials were exchanged or restored. See the detail for what is wrong.',
  },
  'cross-site': { status: 403, title: 'Cross-site request refused', remedy: 'Use the console of this server.' },
  'unknown-host': {
    status: 421,
    title: 'Not the name of this server',
    remedy: 'Use the address in PLATEN_PUBLIC_URL. Administrators can add other names to PLATEN_HOST_NAMES.',
  },
  'not-found': { status: 404, title: 'Not found', remedy: 'Check the address.' },
  'unknown-device': { status: 404, title: 'Unknown device', remedy: 'List the devices: `platen devices`.' },
  'unknown-application': {
    status: 404,
    title: 'Unknown application',
    remedy: 'List the applications of the device: `platen devices --json`.',
  },
  'unknown-session': { status: 404, title: 'Unknown session', remedy: 'List the sessions: `platen sessions`.' },
  'device-offline': {
    status: 409,
    title: 'The device is offline',
    remedy: 'Have someone check the agent and its network, then try again.',
  },
  'other-device': {
    status: 409,
    title: 'Another device answers at its address',
    remedy: 'See the page of the device: an administrator decides there whether it was replaced.',
  },
  'rollout-open': {
    status: 409,
    title: 'A rollout is open',
    remedy: 'Wait for it, or end it.',
  },
  'unknown-rollout': { status: 404, title: 'Unknown rollout', remedy: 'List them: GET /api/agent-updates.' },
  'no-substitute': {
    status: 409,
    title: 'The agent cannot be woken',
    remedy: 'Start another agent of its site, or wait until the agent connects.',
  },
  'session-exists': {
    status: 409,
    title: 'A session with this device is still open',
    remedy: 'End it, or wait for both end logs: `platen sessions`.',
  },
  'requests-waiting': {
    status: 409,
    title: 'Other requests are waiting at the device',
    remedy: 'Try again when they have been answered.',
  },
  'session-over': { status: 409, title: 'The session has ended', remedy: 'Request a new session.' },
  'wrong-state': { status: 409, title: 'Not possible in the current state', remedy: 'Check the state and try again.' },
  conflict: { status: 409, title: 'Conflict', remedy: 'Choose another name, or see the detail.' },
  outdated: {
    status: 409,
    title: 'Changed in the meantime',
    remedy: 'Read the current state, then repeat your change.',
  },
  'code-refused': {
    status: 403,
    title: 'Enrolment code refused',
    remedy: 'Create a new enrolment code. A code works once and expires.',
  },
  'too-large': {
    status: 413,
    title: 'The request is too large',
    remedy: 'Send a smaller request. See docs/LIMITS.md for the limits.',
  },
  'too-many-requests': { status: 429, title: 'Too many requests', remedy: 'Wait for the time given in Retry-After.' },
  'relay-unavailable': {
    status: 503,
    title: 'No relay is available',
    remedy: 'Try again shortly. Administrators can check the relays at /readyz.',
  },
  'relays-drained': {
    status: 503,
    title: 'All relays are drained',
    remedy:
      'Ask an administrator to take a relay back into service: platen relays undrain <relay>, or on the screen Deployment.',
  },
  'no-relay-in-region': {
    status: 503,
    title: 'No relay of the region is available',
    remedy: 'Try again shortly. Administrators can check the relays, and the region of the site.',
  },
  'database-unavailable': {
    status: 503,
    title: 'The database of the server is not available',
    remedy: 'Try again shortly. Administrators can check the database at /readyz.',
  },
  'browser-access-unavailable': {
    status: 501,
    title: "The device's pages cannot be opened in the browser",
    remedy: 'Use the command line instead. See the detail for the command.',
  },
  'deployment-in-progress': {
    status: 503,
    title: 'A new relay is being deployed',
    remedy: 'Try again after the time given in Retry-After.',
  },
  'deployment-open': {
    status: 409,
    title: 'This relay is already being deployed',
    remedy: 'Wait for the open deployment, or abort it: `platen deploy status`.',
  },
  'deployment-unsupported': {
    status: 409,
    title: 'This server cannot deploy that relay',
    remedy: 'Set PLATEN_DEPLOY_COMMAND for relays that are managed elsewhere, or deploy the relay `local`.',
  },
  'nothing-to-deploy': {
    status: 409,
    title: 'Nothing to deploy',
    remedy: 'Choose another release or another number of pairs.',
  },
  'unknown-deployment': { status: 404, title: 'Unknown deployment', remedy: 'List them: `platen deploy history`.' },
  'unknown-relay': { status: 404, title: 'Unknown relay', remedy: 'List the relays: `GET /api/relays`.' },
  'unknown-release': { status: 404, title: 'Unknown release', remedy: 'List the releases: `platen release list`.' },
  'release-refused': {
    status: 422,
    title: 'The release was refused',
    remedy: 'Obtain the release again from its publisher. See the detail for what is wrong with it.',
  },
  'release-in-use': {
    status: 409,
    title: 'The release is in use',
    remedy: 'Deploy another release before you remove this one.',
  },
  'too-many-releases': {
    status: 409,
    title: 'Too many releases are stored',
    remedy: 'Remove one that is no longer needed: `platen release remove <version>`.',
  },
  'release-key-missing': {
    status: 409,
    title: 'No key to verify releases and firmware',
    remedy: "Set PLATEN_RELEASE_PUBLIC_KEY to the publisher's public key (`platen release keys`).",
  },
  'unknown-job': { status: 404, title: 'Unknown maintenance job', remedy: 'List them: `platen jobs`.' },
  'operation-unsupported': {
    status: 409,
    title: 'The device does not support this operation',
    remedy: 'List its operations: `platen devices --json`. The configuration of its agent decides.',
  },
  'too-many-jobs': {
    status: 409,
    title: 'The device has too many open jobs',
    remedy: 'Wait for some to finish, or cancel some: `platen jobs --open`.',
  },
  'job-begun': {
    status: 409,
    title: 'The job has already started',
    remedy: 'Wait for its result. A job that has started on the device cannot be cancelled.',
  },
  'unknown-firmware': { status: 404, title: 'Unknown firmware', remedy: 'List the files: `platen firmware list`.' },
  'firmware-unfit': {
    status: 409,
    title: 'The firmware is for another model',
    remedy: 'Choose a file for the model of the device.',
  },
  'firmware-refused': {
    status: 422,
    title: 'The firmware was refused',
    remedy: 'Sign it (`platen firmware sign`) and upload it again. See the detail for what is wrong with it.',
  },
  'firmware-unsigned': {
    status: 409,
    title: 'The firmware is not signed',
    remedy: 'Sign it (`platen firmware sign`), upload it again, and remove this one.',
  },
  'firmware-in-use': {
    status: 409,
    title: 'An open job or campaign needs this firmware',
    remedy: 'Wait for it to end, or cancel it.',
  },
  'too-many-firmware-files': {
    status: 409,
    title: 'Too many firmware files are stored',
    remedy: 'Remove one that is no longer needed.',
  },
  'unknown-notice': { status: 404, title: 'Unknown notice', remedy: 'List them: `GET /api/notices`.' },
  'unknown-campaign': { status: 404, title: 'Unknown campaign', remedy: 'List them: `platen campaigns`.' },
  'unknown-settings-template': {
    status: 404,
    title: 'Unknown settings template',
    remedy: 'List them: `GET /api/settings-templates`.',
  },
  'too-many-campaigns': {
    status: 409,
    title: 'Too many open campaigns',
    remedy: 'Wait for some of them to end, or abort some.',
  },
  'unknown-alert': { status: 404, title: 'Unknown alert', remedy: 'List them: `GET /api/alerts`.' },
  'backups-off': {
    status: 409,
    title: 'The server writes no backups',
    remedy: 'Set PLATEN_BACKUP_FOLDER, best to a folder on another disk, and restart the server.',
  },
  'backup-running': { status: 409, title: 'A backup is being written', remedy: 'Wait until it is finished.' },
  'storage-full': {
    status: 507,
    title: "The server's disk is full",
    remedy: "Free some space in the server's data folder, then try again.",
  },
  'internal-error': { status: 500, title: 'Internal error', remedy: 'Look for the incident ID in the server log.' },
} as const satisfies Record<string, { status: number; title: string; remedy: string }>;
export type ProblemCode = keyof typeof PROBLEMS;
export const problemCode = z.enum(Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]]);

/** Body of every error answer (RFC 9457 3.1), with `code`, `remedy` and, for invalid input, `errors` added. */
export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string().optional(),
  code: z.string(),
  remedy: z.string(),
  /** Also in the header Retry-After. */
  retryAfterSeconds: z.int().nonnegative().optional(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});
export type Problem = z.infer<typeof problem>;

/** Base class of all errors that the API returns. Each cause has a subclass next to the code that throws it. */
export class ProblemError extends Error {
  constructor(
    readonly code: ProblemCode,
    readonly detail: string,
    readonly errors?: Problem['errors'],
    readonly retryAfterSeconds?: number,
  ) {
    super(detail);
    this.name = new.target.name;
  }

  /** The header `WWW-Authenticate` of the answer (RFC 9110 11.6.1), where it has one. */
  challenge(): string | undefined {
    return this.code === 'not-logged-in' ? 'Bearer realm="platen"' : undefined;
  }

  toProblem(): Problem {
    const { status, title, remedy } = PROBLEMS[this.code];
    const errors = this.errors && { errors: this.errors };
    const retry = this.retryAfterSeconds !== undefined && { retryAfterSeconds: this.retryAfterSeconds };
    return {
      type: `urn:platen:problem:${this.code}`,
      title,
      status,
      detail: this.detail,
      code: this.code,
      remedy,
      ...retry,
      ...errors,
    };
  }
}
