import { z } from 'zod';
import { accessCondition, denial } from './access-conditions';
import { reportedUpdate } from './agent-update';
import { signedRecord, signingKey } from './approval-record';
import { asker } from './asker';
import { checkFinding } from './check-finding';
import { company } from './company';
import { deviceIdentity } from './device-identity';
import { deviceInformation } from './device-information';
import { deviceKind } from './device-kinds';
import { foundDevice, newDevice } from './found-device';
import { isOfLaterVersion, laterName, oneOf } from './later-names';
import { LIMITS } from './limits';
import { operation } from './maintenance';
import { agentId, applicationId, authority, deviceId, instant, secret, spkiPin } from './names';
import { releaseManifest } from './release';
import { ending, grant } from './remote-session';
import { shownLine } from './shown-text';

/**
 * Control channel: one XMPP stream (RFC 6120, direct TLS as in XEP-0368) from the agent to the control plane.
 *
 * Every exchange is one IQ of type set whose payload element `<name xmlns='namespace'>` holds one JSON container
 * (XEP-0335); the answer is a result with the same element, or an IQ error with a `<problem>` naming the code.
 *
 *   agent   -> server  announce            after every login: the devices behind this agent
 *   server  -> agent   next-key            the key that the server will use next
 *   server  -> agent   offer-update        agent -> server  report-update    a new version of the agent (agent-update.ts)
 *   agent   -> server  sleep               power saving
 *   server  -> agent   wake                this agent is the substitute of another one (wake.ts)
 *   server  -> agent   pass-to-agent       agent -> server  pass-to-server   what the other one and the server exchange
 *   server  -> agent   request-approval    S142    agent -> server  approval         S144, or NO
 *   server  -> agent   withdraw-approval   the request expired or was cancelled
 *   server  -> agent   connection-info     S149    (token and session ID)
 *   server  -> agent   terminate           S265, S314
 *   server  -> agent   acquire-information the current information of a device
 *   agent   -> server  report-information  the information of a device has changed
 *   server  -> agent   accept-identity     what answers at the address of a device is this device from now on
 *   agent   -> server  report-found        devices that the agent has found    server -> agent   take-in-device
 *   agent   -> server  report-conditions   access conditions    agent -> server   report-denials
 *
 * Maintenance (S122-S124) is in ad-hoc-command.ts.
 */
export const NS_SESSION = 'urn:platen:session:1';
/** Findings about one device: its applications with their view targets, and what else it has. */
export const CHECK_FINDINGS = 2 * LIMITS.APPLICATIONS_PER_DEVICE + 4;

export const NS_AGENT = 'urn:platen:agent:1';
export const NS_DEVICE = 'urn:platen:device:1';
export const NS_PROBLEM = 'urn:platen:problem:1';
/** XEP-0335: JSON Containers. */
export const NS_JSON = 'urn:xmpp:json:0';
/** XEP-0199: XMPP Ping. */
export const NS_PING = 'urn:xmpp:ping';
export const NS_TIME = 'urn:xmpp:time';
/** XEP-0030: Service Discovery. */
export const NS_DISCO_INFO = 'http://jabber.org/protocol/disco#info';

export interface Exchange<Request = unknown, Response = unknown> {
  readonly name: string;
  readonly namespace: string;
  readonly from: 'server' | 'agent';
  readonly request: z.ZodType<Request>;
  readonly response: z.ZodType<Response>;
}
const exchange = <Request, Response>(e: Exchange<Request, Response>): Exchange<Request, Response> => e;
const nothing = z.object({});

export const announcedApplication = z.object({
  id: applicationId,
  title: shownLine(100).min(1),
  /** Protocol of its byte stream. `box`: HTTP to a document box, under the access conditions of the device. */
  protocol: z.enum(['http', 'vnc', 'tcp', 'box']).default('http'),
  /** The application supports the grant `view`. */
  viewable: z.boolean().default(false),
  /** The owner of the device permits weak encryption between the agent and it. */
  weakTls: z.literal(true).optional(),
});
export type AnnouncedApplication = z.infer<typeof announcedApplication>;
export const announcedDevice = z.object({
  id: deviceId,
  name: shownLine(100).min(1),
  kind: deviceKind,
  model: shownLine(200).default(''),
  serialNumber: shownLine(100).default(''),
  location: shownLine(200).default(''),
  applications: z.array(announcedApplication).max(LIMITS.APPLICATIONS_PER_DEVICE),
  /** The operations that the device supports and the agent's configuration allows. */
  operations: z.array(operation).default([]),
});
export type AnnouncedDevice = z.infer<typeof announcedDevice>;
/** On the wire, with names that only the version of the agent may know: the server keeps what it knows. */
export const deviceOnWire = announcedDevice.extend({
  kind: laterName,
  applications: z
    .array(announcedApplication.extend({ protocol: laterName.default('http') }))
    .max(LIMITS.APPLICATIONS_PER_DEVICE),
  operations: z.array(laterName).default([]),
});
export type DeviceOnWire = z.infer<typeof deviceOnWire>;

/** Where another agent of the site reaches an agent that has no connection to the server. */
export const wakeAddress = z.object({
  host: z.union([z.ipv4(), z.ipv6()]),
  port: z.int().min(1).max(65_535),
  /** For a Wake-on-LAN packet; null: the agent's computer does not sleep. */
  mac: z
    .string()
    .regex(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/, 'a MAC address looks like 00:1a:2b:3c:4d:5e')
    .nullable(),
});
export type WakeAddress = z.infer<typeof wakeAddress>;

export const announce = exchange({
  name: 'announce',
  namespace: NS_AGENT,
  from: 'agent',
  request: z.object({
    agentVersion: shownLine(40),
    devices: z.array(deviceOnWire).max(LIMITS.DEVICES_PER_AGENT),
    /** A1: how to wake this agent when it has lost this connection; a new key after every login. */
    wake: z.object({ address: wakeAddress, key: secret }).optional(),
  }),
  /** `refused`: devices that belong to another agent, or that the enrolment of this one does not cover. */
  response: z.object({ refused: z.array(deviceId) }),
});

/**
 * A planned change of the control channel's key: the present key, as SubjectPublicKeyInfo (DER, base64url), signs the pin of
 * the next one. The agent answers once it has stored it; from then on it accepts both.
 */
export const nextKey = exchange({
  name: 'next-key',
  namespace: NS_AGENT,
  from: 'server',
  request: z.object({
    key: z.base64url().max(2048),
    pin: spkiPin,
    /** Of `nextKeyMessage`: ECDSA in DER or RSASSA-PKCS1-v1_5, with SHA-256; Ed25519; base64url. */
    signature: z.base64url().max(2048),
  }),
  response: nothing,
});
/** What the present key signs. */
export const nextKeyMessage = (presentPin: string, nextPin: string): string =>
  `platen-next-key\n${presentPin}\n${nextPin}\n`;

/**
 * A release of the agent, which it downloads with the token from `GET <server>/api/agent/releases/<version>`. Refused with
 * `forbidden`: the owner does not permit updates, the key that the agent pinned has not signed it, it is not newer, or it has
 * failed before. `retry`: an administrator wants it tried again.
 */
export const offerUpdate = exchange({
  name: 'offer-update',
  namespace: NS_AGENT,
  from: 'server',
  request: z.object({ manifest: releaseManifest, token: secret, retry: z.boolean() }),
  response: nothing,
});

/** After every login and change. */
export const reportUpdate = exchange({
  name: 'report-update',
  namespace: NS_AGENT,
  from: 'agent',
  request: reportedUpdate,
  response: nothing,
});

/** A1: this agent is about to close its stream to save power. */
export const sleep = exchange({
  name: 'sleep',
  namespace: NS_AGENT,
  from: 'agent',
  request: nothing,
  response: nothing,
});

/** base64url only: the server must not be able to send arbitrary lines to any listener on the LAN. */
export const sealedLine = z
  .string()
  .regex(/^[\w-]+$/)
  .max(LIMITS.WAKE_LINE_BYTES);

/** A2, A3: this agent is the substitute; it connects to another agent of its site (wake.ts). */
export const wake = exchange({
  name: 'wake',
  namespace: NS_AGENT,
  from: 'server',
  request: z.object({ channelId: z.uuid(), agentId, wake: wakeAddress }),
  response: z.discriminatedUnion('outcome', [
    /** `challenge`: what the other agent has sent. */
    z.object({ outcome: z.literal('open'), challenge: secret }),
    z.object({ outcome: z.enum(['unreachable', 'not-listed', 'out-of-reach', 'full']), detail: shownLine(200) }),
  ]),
});

/** A line between the server and an agent without a stream; null: the connection is closed. */
const passedLine = z.object({ channelId: z.uuid(), line: sealedLine.nullable() });
/** `open: false`: the other side has no such channel (any more). */
const passed = z.object({ open: z.boolean() });
export const passToAgent = exchange({
  name: 'pass-to-agent',
  namespace: NS_AGENT,
  from: 'server',
  request: passedLine,
  response: passed,
});
export const passToServer = exchange({
  name: 'pass-to-server',
  namespace: NS_AGENT,
  from: 'agent',
  request: passedLine,
  response: passed,
});

export const remoteSessionId = z.uuid();

export const requestApproval = exchange({
  name: 'request-approval',
  namespace: NS_SESSION,
  from: 'server',
  request: z.object({
    remoteSessionId,
    deviceId,
    applicationId,
    /** Shown to the person at the device, and compared with the access conditions. */
    asker,
    reason: shownLine(LIMITS.REASON_CHARACTERS),
    /** Requested valid duration. */
    minutes: z.int().min(1).max(LIMITS.SESSION_MINUTES),
    /** Counted from receipt; a resent request carries the time left. A duration, so that the clocks need not agree. */
    answerWithinSeconds: z
      .int()
      .positive()
      .max(LIMITS.APPROVAL_MS_MAX / 1000),
  }),
  response: nothing,
});

export const approval = exchange({
  name: 'approval',
  namespace: NS_SESSION,
  from: 'agent',
  request: z.object({
    remoteSessionId,
    decision: z.enum(['approved', 'declined']),
    /** With `approved` only; absent means `operate`. */
    grant: grant.optional(),
    /** Absent: the agent was enrolled by a version without a signing key. */
    record: signedRecord.optional(),
    /** With `declined` by the access conditions rather than by a person: the reason class. */
    denied: oneOf(denial, 'no-condition').optional(),
  }),
  response: nothing,
});

export const withdrawApproval = exchange({
  name: 'withdraw-approval',
  namespace: NS_SESSION,
  from: 'server',
  request: z.object({ remoteSessionId, ending: oneOf(ending, 'cancelled') }),
  response: nothing,
});

/** Everything one side needs to establish its half at the relay. */
export const connectionInfo = z.object({
  remoteSessionId,
  applicationId,
  /** ws: or wss: address of the Cloud Hub or Web Agent. */
  url: z.url({ protocol: /^wss?$/ }),
  sessionId: secret,
  token: secret,
  validUntil: instant,
  /** Set if the relay's certificate is self-signed. */
  pin: spkiPin.optional(),
  /** Set if a private authority signed the relay's certificate. */
  authority: authority.optional(),
});
export type ConnectionInfo = z.infer<typeof connectionInfo>;

/** On the wire: the receiver counts from receipt, because its clock may differ from the server's. */
export const sentConnectionInfo = connectionInfo.extend({ validForSeconds: z.int().positive() });
export type SentConnectionInfo = z.infer<typeof sentConnectionInfo>;

export const connectionInfoToDevice = exchange({
  name: 'connection-info',
  namespace: NS_SESSION,
  from: 'server',
  request: sentConnectionInfo.extend({ deviceId }),
  response: nothing,
});

export const terminate = exchange({
  name: 'terminate',
  namespace: NS_SESSION,
  from: 'server',
  request: z.object({ remoteSessionId, ending: oneOf(ending, 'ended-by-administrator') }),
  /** `connected: false`: this agent holds no connection for the session, so the relay has to end the half. */
  response: z.object({ connected: z.boolean() }),
});

/**
 * As `platen agent check`: the agent tries its ways to the server (null), or all connections to one device. The findings
 * name no addresses of devices.
 */
export const checkConnections = exchange({
  name: 'check-connections',
  namespace: NS_AGENT,
  from: 'server',
  request: z.object({ deviceId: deviceId.nullable() }),
  response: z.object({ findings: z.array(checkFinding).max(CHECK_FINDINGS) }),
});

/** B1, B2: the agent queries the device and answers; `reached: false` if the device does not answer in time. */
export const acquireInformation = exchange({
  name: 'acquire-information',
  namespace: NS_DEVICE,
  from: 'server',
  request: z.object({ deviceId }),
  response: deviceInformation,
});

/** The state, alerts, firmware or reachability of a device changed. */
export const reportInformation = exchange({
  name: 'report-information',
  namespace: NS_DEVICE,
  from: 'agent',
  request: z.object({ deviceId, information: deviceInformation }),
  response: nothing,
});

/**
 * An administrator has decided that the device which the agent found at the address of this one (problem `other-device`) is
 * this one from now on. The agent refuses (`wrong-state`) if another one answers by then, or if its configuration has a serial
 * number for the device.
 */
export const acceptIdentity = exchange({
  name: 'accept-identity',
  namespace: NS_DEVICE,
  from: 'server',
  request: z.object({ deviceId, identity: deviceIdentity }),
  response: nothing,
});

/**
 * After every login and change: devices that the agent has found and does not have (found-device.ts). Each report has the IDs
 * of all of them, and what is new of some; the server forgets those that are not named.
 */
export const reportFound = exchange({
  name: 'report-found',
  namespace: NS_AGENT,
  from: 'agent',
  request: z.object({
    /** Whether the owner of the agent permits that devices are taken in. */
    mayTakeIn: z.boolean(),
    ids: z.array(z.uuid()).max(LIMITS.FOUND_DEVICES),
    found: z.array(foundDevice).max(LIMITS.FOUND_DEVICES_PER_REPORT),
  }),
  response: nothing,
});

/**
 * An administrator takes a found device in: it becomes a device of the agent, which stores it and announces its devices again.
 * The agent refuses (`wrong-state`) what its configuration does not permit, or if the device does not answer with its marks.
 * Repeated with the same ID, it has no further effect.
 */
export const takeInDevice = exchange({
  name: 'take-in-device',
  namespace: NS_AGENT,
  from: 'server',
  request: newDevice.extend({ foundId: z.uuid() }),
  response: nothing,
});

/** After every login and change: the access conditions of one device, as they stand at the agent. */
export const reportConditions = exchange({
  name: 'report-conditions',
  namespace: NS_DEVICE,
  from: 'agent',
  request: z
    .object({
      deviceId,
      /** One with terms of a later version is left out: the server shows only what it understands in full. */
      conditions: z.preprocess(
        (all) => (Array.isArray(all) ? all.filter((each) => !isOfLaterVersion(accessCondition, each)) : all),
        z.array(accessCondition).max(LIMITS.CONDITIONS_PER_DEVICE),
      ),
    })
    .refine(
      ({ deviceId, conditions }) => conditions.every((each) => each.deviceId === deviceId),
      'every condition belongs to the device of the report',
    ),
  response: nothing,
});

/** D4: an access that the agent has denied; nothing reached the device. */
export const reportedDenial = z.object({
  /** By the agent's clock. */
  at: instant,
  remoteSessionId: remoteSessionId.nullable(),
  asker,
  /** What was asked for: `session web`, `put invoices/may.pdf`. */
  what: shownLine(200),
  reason: oneOf(denial, 'no-condition'),
  /** Equal denials that followed each other; `at` is the first. */
  count: z.int().positive().default(1),
});
export type ReportedDenial = z.infer<typeof reportedDenial>;

/** Repeated until acknowledged; the server stores a repeated denial once, with its greatest `count`. */
export const reportDenials = exchange({
  name: 'report-denials',
  namespace: NS_DEVICE,
  from: 'agent',
  request: z.object({
    deviceId,
    denials: z.array(reportedDenial).min(1).max(LIMITS.DENIALS_PER_REPORT),
  }),
  response: nothing,
});

/** Every exchange of the control channel; PROTOCOL.md and the vectors are checked against this table. */
export const EXCHANGES = {
  announce,
  nextKey,
  offerUpdate,
  reportUpdate,
  sleep,
  wake,
  passToAgent,
  passToServer,
  requestApproval,
  approval,
  withdrawApproval,
  connectionInfoToDevice,
  terminate,
  checkConnections,
  acquireInformation,
  reportInformation,
  acceptIdentity,
  reportFound,
  takeInDevice,
  reportConditions,
  reportDenials,
} as const;

/** `POST /api/enrolment`: an agent obtains its account with an enrolment code. */
export const enrolmentRequest = z.object({
  code: secret,
  /** Verifies the agent's approval records; pinned from now on. */
  signingKey: signingKey.optional(),
});
export type EnrolmentRequest = z.infer<typeof enrolmentRequest>;
export const enrolment = z.object({
  agentId,
  password: secret,
  xmpp: z.object({ host: z.string(), port: z.int(), domain: z.string() }),
  /** Pin of the control channel's certificate; the agent accepts no other key. */
  pin: spkiPin,
  /** Verifies firmware; pinned from now on. Absent: the server has none. */
  releaseKey: signingKey.optional(),
  /** Shown on the approval screen; pinned from now on. Absent: the server has none. */
  company: company.optional(),
});
export type Enrolment = z.infer<typeof enrolment>;

/** An enrolment code as shown to people: `<code>.<pin>`, so that the agent knows the server's key in advance. */
export const enrolmentCode = z
  .string()
  .regex(/^[\w-]{43}\.[\w-]{43}$/, 'an enrolment code looks like XXXX.YYYY, 43 characters each')
  .transform((text) => {
    const [code, pin] = text.split('.') as [string, string];
    return { code, pin };
  });
