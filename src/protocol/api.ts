import { z } from 'zod';
import { accessCondition, denial } from './access-conditions';
import { signedRecord, signingKey } from './approval-record';
import { requester } from './asker';
import { checkFinding } from './check-finding';
import { announcedApplication, remoteSessionId, reportedDenial, sentConnectionInfo } from './control-channel';
import { deviceIdentity } from './device-identity';
import {
  alertSeverity,
  counters,
  deviceInformation,
  deviceProblem,
  deviceState,
  updateDecision,
} from './device-information';
import { deviceKind } from './device-kinds';
import { foundDevice } from './found-device';
import { someOf } from './later-names';
import { LIMITS } from './limits';
import { operation } from './maintenance';
import { agentId, applicationId, deviceId, deviceIdPattern, instant, secret, spkiPin } from './names';
import { relayChoice, relayObstacle, relayPreference, region } from './relay-choice';
import { relayLoad } from './relay-rpc';
import { endReason, ending, grant, half, halfState, sessionState } from './remote-session';
import { shownLine } from './shown-text';

/** Bodies of the REST API under `/api`. One schema per message; types are inferred from it. */

export const role = z.enum(['admin', 'technician']);
export type Role = z.infer<typeof role>;

/** Languages of the console. */
export const language = z.enum(['en', 'ja']);
export type Language = z.infer<typeof language>;

export const userName = z.string().regex(/^[a-z0-9._@-]{1,64}$/, 'user ID must be 1 to 64 of a-z 0-9 . _ @ -');
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
  /** null: the language of the browser. */
  language: language.nullable(),
  /** This administrator is notified, too, when a session of the user is halted (E18). */
  administratorId: z.uuid().nullable(),
  /** `emergency`: with a password, also where all others log in by single sign-on (`oidc`). */
  login: z.enum(['password', 'oidc', 'emergency']),
});
export type User = z.infer<typeof user>;
/** Either with a password or for single sign-on. */
export const newUser = z
  .strictObject({
    username: userName,
    displayName: shownLine(100).min(1),
    role,
    password: newPassword.optional(),
    login: z.literal('oidc').optional(),
  })
  .refine(({ password, login }) => (password === undefined) === (login === 'oidc'), {
    path: ['password'],
    message: 'either a password, or single sign-on',
  });
export const emailAddress = z.email().max(254);
export const userChange = z
  .strictObject({
    displayName: shownLine(100).min(1),
    role,
    active: z.boolean(),
    password: newPassword,
    /** Instead of the password, which no longer works. A new password ends single sign-on. */
    login: z.literal('oidc'),
    administratorId: z.uuid().nullable(),
    email: emailAddress.nullable(),
  })
  .partial()
  .refine(({ password, login }) => password === undefined || login === undefined, {
    path: ['password'],
    message: 'either a password, or single sign-on',
  });

/** The fields of their own account that a user may change. */
export const profileChange = z
  .strictObject({
    displayName: shownLine(100).min(1),
    email: emailAddress.nullable(),
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
  /** Whether it may create and change users and external clients, which outlive it. */
  accounts: z.boolean(),
  createdAt: instant,
  expiresAt: instant.nullable(),
  lastUsedAt: instant.nullable(),
});
/** With a token that has no `accounts`, none is created that has. */
export const newApiToken = z.strictObject({
  name: shownLine(100).min(1),
  accounts: z.boolean().optional(),
  expiresInDays: z.int().min(1).max(3650).optional(),
});
/** The only answer that contains the token itself. */
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

// ---- customers and sites
const placeName = shownLine(100).min(1, 'enter a name');
/** A new name of a customer or site. */
export const named = z.strictObject({ name: placeName });
export const site = z.object({ id: z.uuid(), name: z.string() });
export type Site = z.infer<typeof site>;
export const customerSite = site.extend({
  /** Which relays carry the sessions with the site; null: as for the customer. Missing in earlier releases. */
  relayPreference: relayPreference.nullish(),
});
export type CustomerSite = z.infer<typeof customerSite>;
export const customer = z.object({
  id: z.uuid(),
  name: z.string(),
  sites: z.array(customerSite),
  /** Which relays carry the sessions with the customer; null: any. Missing in earlier releases. */
  relayPreference: relayPreference.nullish(),
  /** The users assigned to the customer; for administrators only. */
  userIds: z.array(z.uuid()).optional(),
});
export type Customer = z.infer<typeof customer>;
export const assignedCustomers = z.strictObject({ customerIds: z.array(z.uuid()).max(LIMITS.CUSTOMERS) });
export const assignedUsers = z.strictObject({ userIds: z.array(z.uuid()).max(LIMITS.USERS_PER_CUSTOMER) });
/** A customer, or a site, prefers the relays of this region, or no region. */
export const newRelayPreference = z.strictObject({ preference: relayPreference.strict().nullable() });
/** A site with the name of its customer. */
export const namedSite = site.extend({ customerName: z.string() });
export type NamedSite = z.infer<typeof namedSite>;

// ---- agents and devices
export const agent = z.object({
  id: agentId,
  online: z.boolean(),
  /** The agent saves power. A request for one of its devices wakes it. */
  asleep: z.boolean(),
  version: z.string(),
  createdAt: instant,
  lastSeenAt: instant.nullable(),
  /** null: enrolled before there were sites. Only administrators see its devices. */
  site: namedSite.nullable(),
  /** The device IDs that it may announce, or prefixes of them, such as `hall-*`. It keeps the devices that it has. */
  deviceIds: z.array(deviceIdPattern),
  /** Whether it knows the next key of the control channel; null: none is prepared. */
  knowsNextKey: z.boolean().nullable(),
});
/** The check of an agent's connections, which runs while `endedAt` is null. */
export const agentCheck = z.object({
  startedAt: instant,
  endedAt: instant.nullable(),
  findings: z.array(checkFinding),
});
export type AgentCheck = z.infer<typeof agentCheck>;
export const lastAgentCheck = z.object({ check: agentCheck.nullable() });
const deviceIds = z.array(deviceIdPattern).max(LIMITS.DEVICES_PER_AGENT);
/** A device that an agent has found, as administrators see it. */
export const foundDeviceInView = foundDevice.extend({
  agentId,
  /** Where its agent is. */
  site: namedSite.nullable(),
  /** Whether its agent is connected. */
  online: z.boolean(),
  /** Whether the owner of the agent permits that devices are taken in. */
  mayTakeIn: z.boolean(),
  /** `by`: user ID of the administrator. */
  dismissed: z.object({ at: instant, by: z.string() }).nullable(),
  /** The same device, by its marks, as other agents of the site have found it. Each of them can take it in by its own ID. */
  alsoFoundBy: z.array(
    foundDevice.pick({ id: true, address: true }).extend({ agentId, online: z.boolean(), mayTakeIn: z.boolean() }),
  ),
});
export type FoundDeviceInView = z.infer<typeof foundDeviceInView>;
/** `siteId`: moves the agent to another site. `deviceIds`: which devices it may announce from now on; it keeps those it has. */
export const agentChange = z
  .strictObject({ siteId: z.uuid().optional(), deviceIds: deviceIds.optional() })
  .refine((change) => Object.keys(change).length > 0, 'name what to change');
/**
 * `siteId`: where the agent is. `deviceIds`: which devices it may announce, as IDs or as prefixes such as `hall-*`; no other
 * device is accepted. Both may be omitted for an agent that keeps what it has.
 */
export const newEnrolment = z.strictObject({
  agentId,
  siteId: z.uuid().optional(),
  deviceIds: deviceIds.min(1).optional(),
});
/** `ticket` is the enrolment code that the person at the customer's site enters; see `enrolmentCode`. */
export const createdEnrolment = z.object({ agentId, ticket: z.string(), expiresAt: instant });

/** An enrolment code that has not been used. */
export const openEnrolment = z.object({
  /** SHA-256 of the code, which is as random as the code. */
  id: spkiPin,
  agentId,
  /** null: the agent keeps its site. */
  site: namedSite.nullable(),
  /** null: the agent keeps its list. */
  deviceIds: z.array(deviceIdPattern).nullable(),
  expiresAt: instant,
});

export const device = z.object({
  id: deviceId,
  agentId,
  /** Where its agent is; null: only administrators see the device. */
  site: namedSite.nullable(),
  name: z.string(),
  kind: deviceKind,
  model: z.string(),
  serialNumber: z.string(),
  location: z.string(),
  /** Its agent is connected to the control channel. */
  online: z.boolean(),
  /** Its agent saves power. A request for the device wakes it. */
  asleep: z.boolean(),
  /** If its agent is not connected, another agent of its site wakes it for a request. */
  wakeable: z.boolean(),
  lastSeenAt: instant.nullable(),
  applications: z.array(announcedApplication),
  operations: someOf(operation),
  /** Summary of the stored device information; null if there is none. */
  condition: z
    .object({
      reached: z.boolean(),
      /** Why the agent has no current answer of the device; null if it is reached. */
      problem: deviceProblem.nullable(),
      state: deviceState,
      /** Number of alerts; the other three fields describe the most severe one. */
      alerts: z.int(),
      severity: alertSeverity.nullable(),
      alert: z.string(),
      /** Keyword of that alert (`media-jam`); empty if there is none. */
      alertCode: z.string(),
    })
    .nullable(),
});
export type Device = z.infer<typeof device>;

/** `GET /api/devices/:id/information`; `POST` acquires it again first. */
export const acquiredInformation = z.object({
  /** null before the first acquisition. */
  information: deviceInformation.extend({ acquiredAt: instant }).nullable(),
  /** The last update decision (B2), and the session or job that it was made for. */
  decision: updateDecision
    .extend({ at: instant, remoteSessionId: remoteSessionId.nullable(), jobId: z.uuid().nullable() })
    .nullable(),
});
export type AcquiredInformation = z.infer<typeof acquiredInformation>;

/** What an administrator has to decide about a device. */
export const identityQuestion = z.discriminatedUnion('kind', [
  /** Another device answers at its address; `deviceId`: it is this one of the same agent. */
  z.object({
    kind: z.literal('other-device'),
    expected: deviceIdentity,
    found: deviceIdentity,
    deviceId: deviceId.nullable(),
  }),
  /** Its life counter is lower than before. */
  z.object({ kind: z.literal('counters-back'), at: instant, before: counters, after: counters }),
]);
export type IdentityQuestion = z.infer<typeof identityQuestion>;
/** `new-board`: the same device, which counts from another value; `another-device`: it replaces this one. */
export const replacedAs = z.enum(['new-board', 'another-device']);
/** `POST /api/devices/:id/identity`. `found`: as in the question; null for `counters-back`. */
export const identityDecision = z.strictObject({ as: replacedAs, found: deviceIdentity.nullable() });
export type IdentityDecision = z.infer<typeof identityDecision>;
/** A decision. `counters`: the last ones before. */
export const deviceReplacement = z.object({
  at: instant,
  as: replacedAs,
  before: deviceIdentity.nullable(),
  after: deviceIdentity.nullable(),
  counters,
  by: z.string(),
});
export type DeviceReplacement = z.infer<typeof deviceReplacement>;
/** `GET /api/devices/:id/identity`: the marks of the device that is expected, and the last decisions, latest first. */
export const identityState = z.object({
  identity: deviceIdentity.nullable(),
  question: identityQuestion.nullable(),
  replacements: z.array(deviceReplacement),
});
export type IdentityState = z.infer<typeof identityState>;

/** `GET /api/devices/:id/conditions`: the access conditions as the agent reported them last. They are set at the device only. */
export const reportedConditions = z.object({
  conditions: z.array(accessCondition),
  /** null: the agent has not reported the conditions of this device yet. */
  reportedAt: instant.nullable(),
});
export type ReportedConditions = z.infer<typeof reportedConditions>;

/** `GET /api/devices/:id/denials`, newest first. */
export const deniedAccess = reportedDenial.extend({ id: z.int(), reportedAt: instant });
export type DeniedAccess = z.infer<typeof deniedAccess>;

// ---- remote sessions
/** S141. */
export const newSession = z.strictObject({
  deviceId,
  applicationId,
  reason: shownLine(LIMITS.REASON_CHARACTERS).min(1, 'enter why the session is needed'),
  minutes: z.int().min(1).max(LIMITS.SESSION_MINUTES).default(LIMITS.SESSION_MINUTES_DEFAULT),
});

export const sessionHalf = z.object({
  half,
  state: halfState,
  startedAt: instant.nullable(),
  endedAt: instant.nullable(),
  endReason: endReason.nullable(),
});
/**
 * `detail`: which substitute was tried, and what came of it; otherwise empty. `decision`: of the step `update`, whether
 * the device information was acquired again for this session, and why.
 */
export const sessionStep = z.object({
  at: instant,
  step: z.string(),
  text: z.string(),
  detail: z.string(),
  decision: updateDecision.nullable(),
});

export const session = z.object({
  id: remoteSessionId,
  /** Who asked; see `requester`. */
  user: requester,
  deviceId,
  deviceName: z.string(),
  applicationId,
  reason: z.string(),
  minutes: z.int(),
  state: sessionState,
  ending: ending.nullable(),
  /** With the ending `denied`: the reason class. */
  denial: denial.nullable(),
  /** null before the approval. */
  grant: grant.nullable(),
  /** What failed or who ended the session, as text; may be empty. */
  detail: z.string(),
  requestedAt: instant,
  /** When the approval request expires; set while the approval screen is shown. */
  answerBefore: instant.nullable(),
  approvedAt: instant.nullable(),
  establishedAt: instant.nullable(),
  endedAt: instant.nullable(),
  validUntil: instant.nullable(),
  /** Tunnel bytes that the relay counted. */
  bytesFromDevice: z.int(),
  bytesFromTerminal: z.int(),
  /** The relay failed before it had reported the last bytes: it was at least so many. */
  bytesEstimated: z.boolean(),
  /** From established to ended (or now); null if never established. */
  durationSeconds: z.number().nullable(),
  device: sessionHalf,
  terminal: sessionHalf,
});
export type Session = z.infer<typeof session>;
export const sessionWithSteps = session.extend({
  steps: z.array(sessionStep),
  /** Which relay carries the session, and why; null before the approval, and for external clients. Missing in earlier releases. */
  relay: relayChoice.nullish(),
  /** What the agent signed when the request was answered; null before, and if the agent has no signing key. */
  approvalRecord: signedRecord
    .extend({
      /** The key that the server had pinned for the agent at that time. */
      key: signingKey,
      /** Of that key: base64url SHA-256 of its SubjectPublicKeyInfo. `platen agent fingerprint` prints it. */
      keyFingerprint: z.string(),
    })
    .nullable(),
});
export type SessionWithSteps = z.infer<typeof sessionWithSteps>;

/** S201-S202: `waiting` until the person at the device has approved and the relay has answered. */
export const sessionConnection = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('waiting'),
    state: sessionState,
    /** Time left for the answer at the device; absent if the server waits for something else. */
    answerWithinSeconds: z.int().positive().optional(),
    /** While the state is `requested`: whether the agent of the device is reached. Otherwise it is asked when it is back. */
    agentReached: z.boolean().optional(),
  }),
  z.object({ status: z.literal('ready'), connection: sentConnectionInfo }),
  /** `denial`: the reason class of the ending `denied`. */
  z.object({ status: z.literal('over'), ending, denial: denial.optional(), detail: z.string() }),
]);
export type SessionConnection = z.infer<typeof sessionConnection>;

/** An administrator has the end of a half presumed, because its relay can no longer report it. */
export const sessionOverride = z.strictObject({ reason: shownLine(LIMITS.REASON_CHARACTERS).min(1) });

// ---- access from a browser
/** Whether this server can show a device's pages in the browser. If not, technicians use `platen connect`. */
export const browserAccess = z.object({ available: z.boolean() });

/**
 * A browser session shows the device's pages under an origin of their own. In a new tab or a frame, the console POSTs
 * the form field `ticket` to `enterUrl`. The ticket works once and expires at `expiresAt`.
 */
export const browserSession = z.object({
  origin: z.url(),
  enterUrl: z.url(),
  ticket: secret,
  expiresAt: instant,
  /** `pages`: the device's HTTP pages; `stream`: a byte stream, shown as a VNC screen. */
  view: z.enum(['pages', 'stream']),
});
export type BrowserSession = z.infer<typeof browserSession>;

// ---- relays
export const relay = z.object({
  id: z.string(),
  connected: z.boolean(),
  /** Empty while it is not connected. */
  version: z.string(),
  pairs: z.int(),
  links: z.int(),
  /** The relay refuses new sessions because it is about to be replaced. */
  draining: z.boolean(),
  /** How this server deploys the relay; `none`: it cannot. */
  driver: z.enum(['local', 'command', 'none']),
  /** `setRegion` by an administrator, otherwise `ownRegion` by the relay's own settings. */
  region: z.string().nullable(),
  ownRegion: z.string().nullable(),
  setRegion: z.string().nullable(),
  /** Open sessions, by this server's account or the relay's, whichever is more. */
  sessions: z.int(),
  /** The least of what an administrator has set, what the relay reports, and what any relay may carry. */
  limit: z.int(),
  setLimit: z.int().nullable(),
  /** Why it gets no new sessions; null: it may get one. */
  obstacle: relayObstacle.nullable(),
  /** Its last load report; null while it is not connected, and of a relay of an earlier release. */
  load: relayLoad.extend({ at: instant }).nullable(),
  /** Its last reports, oldest first. */
  points: z.array(relayLoad.pick({ sessions: true, bytesPerSecond: true }).extend({ at: instant })),
  /** An administrator has drained it: no new sessions since then. `by`: user ID. `sessions` is how many remain. */
  drain: z.object({ since: instant, by: z.string() }).nullable(),
  /** An administrator has removed it: it may not connect. */
  removedAt: instant.nullable(),
  /** When it was connected last; null while it is. */
  lastSeenAt: instant.nullable(),
});
export const relayChange = z.strictObject({
  /** null: as the relay reports it. */
  region: region.nullable().optional(),
  /** The most sessions; null: as many as the relay takes. */
  limit: z.int().min(1).max(LIMITS.RELAY_LINKS).nullable().optional(),
});

/** `GET /api/about` needs no login: the terminal reads it before it logs in. */
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
  /** `next` of the previous page; opaque. */
  cursor: z.string().max(64).optional(),
});
/** ID of the user or external client who asked. */
const requesterId = z.uuid().optional();
/**
 * `action`: one, or all that begin with it and a dot. `until`: not that moment itself. Each line has the entry's hash, which
 * covers the entry before it.
 */
export const auditExportQuery = z.strictObject({
  format: z.enum(['csv', 'jsonl']).default('csv'),
  actor: shownLine(64).optional(),
  action: shownLine(64).optional(),
  target: shownLine(200).optional(),
  from: instant.optional(),
  until: instant.optional(),
});
export type AuditExportQuery = z.output<typeof auditExportQuery>;
/** `clientId`: entries of one external client, what it did and what was done to it. */
export const auditQuery = pageQuery.extend({ clientId: z.uuid().optional() });
export const sessionQuery = pageQuery.extend({
  state: z.enum(['live', 'ended', 'all']).default('all'),
  deviceId: deviceId.optional(),
  userId: requesterId,
});
/** `known`: the state that the caller knows. The answer waits for another one, for POLL_HELD_MS. */
export const connectionQuery = z.object({ known: sessionState.optional() });
export const foundDeviceQuery = pageQuery.extend({ state: z.enum(['open', 'dismissed']).default('open') });
export const jobQuery = pageQuery.extend({
  state: z.enum(['open', 'over', 'all']).default('all'),
  deviceId: deviceId.optional(),
  userId: requesterId,
});
