import { z } from 'zod';
import { announcedApplication, deviceKind, remoteSessionId, sentConnectionInfo } from './control-channel';
import { alertSeverity, deviceInformation, deviceState, updateReason } from './device-information';
import { LIMITS } from './limits';
import { operation } from './maintenance';
import { agentId, applicationId, deviceId, instant, secret, spkiPin } from './names';
import { endReason, ending, grant, half, halfState, sessionState } from './remote-session';

/** Bodies of the REST API under `/api`. One schema per message; types are inferred from it. */

export const role = z.enum(['admin', 'technician']);
export type Role = z.infer<typeof role>;

/** Languages of the console. */
export const language = z.enum(['en', 'ja']);
export type Language = z.infer<typeof language>;

const userName = z.string().regex(/^[a-z0-9._@-]{1,64}$/, 'user ID must be 1 to 64 of a-z 0-9 . _ @ -');
const newPassword = z
  .string()
  .min(LIMITS.PASSWORD_CHARACTERS_MIN, `a password needs at least ${LIMITS.PASSWORD_CHARACTERS_MIN} characters`)
  .max(LIMITS.PASSWORD_CHARACTERS_MAX);

// ---- auth
export const loginRequest = z.strictObject({
  username: z.string().min(1).max(64),
  password: z.string().min(1).max(LIMITS.PASSWORD_CHARACTERS_MAX),
});
export const user = z.object({
  id: z.uuid(),
  username: userName,
  displayName: z.string(),
  role,
  active: z.boolean(),
  createdAt: instant,
  email: z.string().nullable(),
  /** null: what the browser asks for. */
  language: language.nullable(),
  /** Who is notified, too, when a session of this user is halted (E18). */
  administratorId: z.uuid().nullable(),
});
export type User = z.infer<typeof user>;
export const newUser = z.strictObject({
  username: userName,
  displayName: z.string().min(1).max(100),
  role,
  password: newPassword,
});
export const userChange = z
  .strictObject({
    displayName: z.string().min(1).max(100),
    role,
    active: z.boolean(),
    password: newPassword,
    administratorId: z.uuid().nullable(),
  })
  .partial();

/** What a user changes of their own account. */
export const profileChange = z
  .strictObject({
    displayName: z.string().trim().min(1).max(100),
    email: z.email().max(254).nullable(),
    language: language.nullable(),
  })
  .partial();
export const passwordChange = z.strictObject({
  current: z.string().min(1).max(LIMITS.PASSWORD_CHARACTERS_MAX),
  next: newPassword,
});

export const apiToken = z.object({
  id: z.uuid(),
  name: z.string(),
  createdAt: instant,
  expiresAt: instant.nullable(),
  lastUsedAt: instant.nullable(),
});
export const newApiToken = z.strictObject({
  name: z.string().min(1).max(100),
  expiresInDays: z.int().min(1).max(3650).optional(),
});
/** The only time the token itself is shown. */
export const createdApiToken = apiToken.extend({ token: z.string() });

export const auditEvent = z.object({
  id: z.int(),
  at: instant,
  actor: z.string(),
  action: z.string(),
  target: z.string(),
  detail: z.string(),
});
export type AuditEvent = z.infer<typeof auditEvent>;

// ---- agents and devices
export const agent = z.object({
  id: agentId,
  online: z.boolean(),
  /** It saves power, and is woken when one of its devices is asked for. */
  asleep: z.boolean(),
  version: z.string(),
  createdAt: instant,
  lastSeenAt: instant.nullable(),
});
export const newEnrolment = z.strictObject({ agentId });
/** `ticket` is the enrolment code as the person at the customer's site types it in; see `enrolmentCode`. */
export const createdEnrolment = z.object({ agentId, ticket: z.string(), expiresAt: instant });

export const device = z.object({
  id: deviceId,
  agentId,
  name: z.string(),
  kind: deviceKind,
  model: z.string(),
  serialNumber: z.string(),
  location: z.string(),
  /** Its agent holds the control channel. */
  online: z.boolean(),
  /** Its agent saves power, and is woken when the device is asked for. */
  asleep: z.boolean(),
  lastSeenAt: instant.nullable(),
  applications: z.array(announcedApplication),
  operations: z.array(operation),
  /** What is last known of it, in short; null where nothing is. */
  condition: z
    .object({
      reached: z.boolean(),
      state: deviceState,
      /** Alerts there are, and the worst of them. */
      alerts: z.int(),
      severity: alertSeverity.nullable(),
      alert: z.string(),
      /** Keyword of that alert (`media-jam`); empty where there is none. */
      alertCode: z.string(),
    })
    .nullable(),
});
export type Device = z.infer<typeof device>;

/** `GET /api/devices/:id/information`; `POST` acquires it again first. */
export const acquiredInformation = z.object({
  /** null: nothing has been acquired yet. */
  information: deviceInformation.extend({ acquiredAt: instant }).nullable(),
  /** The last update decision (B2), for which connection it was made, and what came of it. */
  decision: z
    .object({
      at: instant,
      update: z.boolean(),
      reason: updateReason,
      outcome: z.enum(['kept', 'acquired', 'failed']),
      remoteSessionId: remoteSessionId.nullable(),
    })
    .nullable(),
});
export type AcquiredInformation = z.infer<typeof acquiredInformation>;

// ---- remote sessions
/** S141. */
export const newSession = z.strictObject({
  deviceId,
  applicationId,
  reason: z.string().trim().min(1, 'say why the session is needed').max(LIMITS.REASON_CHARACTERS),
  minutes: z.int().min(1).max(LIMITS.SESSION_MINUTES).default(LIMITS.SESSION_MINUTES_DEFAULT),
});

export const sessionHalf = z.object({
  half,
  state: halfState,
  startedAt: instant.nullable(),
  endedAt: instant.nullable(),
  endReason: endReason.nullable(),
});
export const sessionStep = z.object({ at: instant, step: z.string(), text: z.string() });

export const session = z.object({
  id: remoteSessionId,
  user: z.object({ id: z.uuid(), username: z.string(), displayName: z.string() }),
  deviceId,
  deviceName: z.string(),
  applicationId,
  reason: z.string(),
  minutes: z.int(),
  state: sessionState,
  ending: ending.nullable(),
  /** What was approved at the device; null before. */
  grant: grant.nullable(),
  /** What failed, or who ended it, in words; empty otherwise. */
  detail: z.string(),
  requestedAt: instant,
  /** While the approval screen is shown: when the request expires. */
  answerBefore: instant.nullable(),
  approvedAt: instant.nullable(),
  establishedAt: instant.nullable(),
  endedAt: instant.nullable(),
  validUntil: instant.nullable(),
  /** Tunnel bytes, as the relay counted them. */
  bytesFromDevice: z.int(),
  bytesFromTerminal: z.int(),
  /** From established to ended (or now); null where it never was. */
  durationSeconds: z.number().nullable(),
  device: sessionHalf,
  terminal: sessionHalf,
});
export type Session = z.infer<typeof session>;
export const sessionWithSteps = session.extend({ steps: z.array(sessionStep) });

/** S201-S202: `waiting` until the person at the device has approved and the relay has answered. */
export const sessionConnection = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('waiting'),
    state: sessionState,
    /** What is left for an answer at the device, where that is what is waited for. */
    answerWithinSeconds: z.int().positive().optional(),
  }),
  z.object({ status: z.literal('ready'), connection: sentConnectionInfo }),
  z.object({ status: z.literal('over'), ending, detail: z.string() }),
]);
export type SessionConnection = z.infer<typeof sessionConnection>;

/** An administrator presumes the end of a half that can never report. */
export const sessionOverride = z.strictObject({ reason: z.string().trim().min(1).max(LIMITS.REASON_CHARACTERS) });

// ---- access from a browser
/** Whether this server can show a device's pages in the browser; otherwise `platen connect` leads there. */
export const browserAccess = z.object({ available: z.boolean() });

/**
 * A browser session: the device's pages under an origin of their own. The console submits `ticket` as the form field of
 * that name to `enterUrl` (POST), in a new tab or a frame; it is good once and until `expiresAt`.
 */
export const browserSession = z.object({
  origin: z.url(),
  enterUrl: z.url(),
  ticket: secret,
  expiresAt: instant,
  /** `pages`: the device's own HTTP; `stream`: another protocol, shown as a VNC screen. */
  view: z.enum(['pages', 'stream']),
});
export type BrowserSession = z.infer<typeof browserSession>;

// ---- relays
export const relay = z.object({
  id: z.string(),
  connected: z.boolean(),
  version: z.string(),
  pairs: z.int(),
  links: z.int(),
  /** It takes no new sessions, because it is about to be replaced. */
  draining: z.boolean(),
  /** Whether this server can deploy it, and how. */
  driver: z.enum(['local', 'command', 'none']),
});

/** `GET /api/about`, without login: what a terminal needs before it logs in. */
export const about = z.object({
  product: z.literal('platen'),
  version: z.string(),
  protocol: z.int(),
  pin: spkiPin.optional(),
});

/** Lists come in pages: newest first, `next` is the cursor of the following page. */
export const page = <T extends z.ZodType>(row: T) => z.object({ rows: z.array(row), next: z.string().nullable() });
export const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(LIMITS.PAGE_ROWS).default(50),
  /** `next` of the page before; opaque. */
  cursor: z.string().max(64).optional(),
});
export const sessionQuery = pageQuery.extend({
  state: z.enum(['live', 'ended', 'all']).default('all'),
  deviceId: deviceId.optional(),
});
export const jobQuery = pageQuery.extend({
  state: z.enum(['open', 'over', 'all']).default('all'),
  deviceId: deviceId.optional(),
});
