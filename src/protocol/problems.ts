import { z } from 'zod';

/**
 * Every error a person or a program can meet on the REST API, by its stable code: HTTP status, title, and what to do.
 * Sent as `application/problem+json` (RFC 9457) with `type` = `urn:platen:problem:<code>`.
 */
export const PROBLEMS = {
  'invalid-request': {
    status: 400,
    title: 'The request is not valid',
    remedy: 'Correct the fields that `errors` names.',
  },
  'not-logged-in': { status: 401, title: 'Login needed', remedy: 'Log in, or send a valid API token.' },
  'login-refused': { status: 401, title: 'Login refused', remedy: 'Check user ID and password.' },
  forbidden: { status: 403, title: 'Not permitted', remedy: 'Ask an administrator for the role this needs.' },
  'cross-site': { status: 403, title: 'Cross-site request refused', remedy: 'Use the console of this server itself.' },
  'not-found': { status: 404, title: 'No such thing', remedy: 'Check the address.' },
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
    remedy: 'Have the agent and its network checked, then try again.',
  },
  'no-substitute': {
    status: 409,
    title: 'The agent sleeps, and nobody can wake it',
    remedy: 'Have another agent of its site put into operation, or wait until it looks in by itself.',
  },
  'session-exists': {
    status: 409,
    title: 'A session with this device is still open',
    remedy: 'End it, or wait until both its end logs are in: `platen sessions`.',
  },
  'session-over': { status: 409, title: 'The session is over', remedy: 'Ask for a new session.' },
  'wrong-state': { status: 409, title: 'Not possible in this state', remedy: 'Look at the state and try again.' },
  conflict: { status: 409, title: 'Already there', remedy: 'Choose another name.' },
  'code-refused': {
    status: 403,
    title: 'Enrolment code refused',
    remedy: 'Have a new enrolment code made; a code works once and expires.',
  },
  'too-large': { status: 413, title: 'The request is too large', remedy: 'Send less; docs/LIMITS.md has the limits.' },
  'too-many-requests': { status: 429, title: 'Too many requests', remedy: 'Wait as long as Retry-After says.' },
  'relay-unavailable': {
    status: 503,
    title: 'No relay is available',
    remedy: 'Try again shortly; an administrator sees the relays under /readyz.',
  },
  'browser-access-unavailable': {
    status: 501,
    title: "The device's pages cannot be opened in the browser",
    remedy: 'Use the command line instead; the detail has the line.',
  },
  'deployment-in-progress': {
    status: 503,
    title: 'A new relay is being deployed',
    remedy: 'Ask again after the time that Retry-After gives.',
  },
  'deployment-open': {
    status: 409,
    title: 'This relay is being deployed already',
    remedy: 'Wait for the open deployment, or abort it: `platen deploy status`.',
  },
  'deployment-unsupported': {
    status: 409,
    title: 'This server cannot deploy that relay',
    remedy: 'Set PLATEN_DEPLOY_COMMAND for relays that others run, or deploy the relay `local`.',
  },
  'nothing-to-deploy': {
    status: 409,
    title: 'Nothing to deploy',
    remedy: 'Name another release, or another number of pairs.',
  },
  'unknown-deployment': { status: 404, title: 'Unknown deployment', remedy: 'List them: `platen deploy history`.' },
  'unknown-relay': { status: 404, title: 'Unknown relay', remedy: 'List the relays: `GET /api/relays`.' },
  'unknown-release': { status: 404, title: 'Unknown release', remedy: 'List the releases: `platen release list`.' },
  'release-refused': {
    status: 422,
    title: 'The release is refused',
    remedy: 'Get the release again from where it is made; the detail says what is wrong with it.',
  },
  'release-in-use': {
    status: 409,
    title: 'The release is in use',
    remedy: 'Deploy another release before this one is removed.',
  },
  'too-many-releases': {
    status: 409,
    title: 'Too many releases are stored',
    remedy: 'Remove one that is not needed: `platen release remove <version>`.',
  },
  'release-key-missing': {
    status: 409,
    title: 'No key to check releases with',
    remedy: 'Set PLATEN_RELEASE_PUBLIC_KEY to the public key of whoever makes the releases.',
  },
  'unknown-job': { status: 404, title: 'Unknown maintenance job', remedy: 'List them: `platen jobs`.' },
  'operation-unsupported': {
    status: 409,
    title: 'The device does not take this operation',
    remedy: 'See what it takes: `platen devices --json`; the configuration of its agent decides.',
  },
  'too-many-jobs': {
    status: 409,
    title: 'The device has too many open jobs',
    remedy: 'Wait for them, or cancel some: `platen jobs --open`.',
  },
  'job-begun': {
    status: 409,
    title: 'The device has begun the job',
    remedy: 'Wait for its result; what a device has begun cannot be taken back.',
  },
  'unknown-firmware': { status: 404, title: 'Unknown firmware', remedy: 'List the files: `platen firmware list`.' },
  'firmware-unfit': {
    status: 409,
    title: 'The firmware is for another model',
    remedy: 'Choose a file for the model of the device.',
  },
  'firmware-refused': {
    status: 422,
    title: 'The firmware file is refused',
    remedy: 'Upload it again; the detail says what is wrong with it.',
  },
  'firmware-in-use': {
    status: 409,
    title: 'The firmware is needed by an open job',
    remedy: 'Wait for the job, or cancel it.',
  },
  'too-many-firmware-files': {
    status: 409,
    title: 'Too many firmware files are stored',
    remedy: 'Remove one that is not needed.',
  },
  'unknown-notice': { status: 404, title: 'Unknown notice', remedy: 'List them: `GET /api/notices`.' },
  'storage-full': {
    status: 507,
    title: 'The disk of the server is full',
    remedy: 'Free space in the data folder of the server, then try again.',
  },
  'internal-error': { status: 500, title: 'Something went wrong here', remedy: 'Look for the ID in the server log.' },
} as const satisfies Record<string, { status: number; title: string; remedy: string }>;
export type ProblemCode = keyof typeof PROBLEMS;

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

/** Base of the errors that reach a caller; each cause has its own subclass beside the code that throws it. */
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
