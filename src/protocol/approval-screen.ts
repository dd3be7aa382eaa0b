import { z } from 'zod';
import { newAccessCondition, type AccessCondition } from './access-conditions';
import type { Asker } from './asker';
import type { Company } from './company';
import type { ReportedDenial } from './control-channel';
import { LIMITS } from './limits';
import type { Operation } from './maintenance';
import { deviceId } from './names';
import { grant, type Ending, type Grant } from './remote-session';

// HTTP messages between the agent and the page of its approval screen.

/** `POST /approvals/<remote session ID>`: the answer to an approval request. */
export const decisionBody = z.discriminatedUnion('decision', [
  z.strictObject({
    decision: z.literal('approved'),
    grant: grant.default('operate'),
    /** YES to further requests of the same asker for the same application during this time: an access condition. */
    alsoForMinutes: z.int().positive().max(LIMITS.SESSION_MINUTES).optional(),
  }),
  z.strictObject({ decision: z.literal('declined') }),
]);

/** `POST /sessions/<remote session ID>/end` */
export const endBody = z.strictObject({});

/** `POST /jobs/<job ID>`: the answer to a maintenance job that needs approval. */
export const jobDecisionBody = z.strictObject({ decision: z.enum(['approved', 'declined']) });

/** `POST /conditions` */
export const conditionBody = z.strictObject({ deviceId, condition: newAccessCondition });

/** `POST /conditions/<condition ID>/revocation` */
export const revocationBody = z.strictObject({});

/** `POST /origins/<ID>`: the answer to a request for another origin. */
export const originDecisionBody = z.strictObject({ decision: z.enum(['permitted', 'declined']) });

/** The facts about a session that the person at the device sees. */
export interface ShownSession {
  readonly remoteSessionId: string;
  readonly userName: string;
  readonly reason: string;
  readonly deviceId: string;
  readonly deviceName: string;
  readonly location: string;
  readonly applicationTitle: string;
  readonly minutes: number;
}

export interface PendingApproval extends ShownSession {
  readonly answerBefore: number;
  /** The application supports the grant `view`. */
  readonly viewable: boolean;
}

export interface LiveSession extends ShownSession {
  readonly phase: 'approved' | 'connecting' | 'connected' | 'ending';
  readonly grant: Grant | null;
  /** null while unknown. */
  readonly endsAt: number | null;
  /** The vendor is about to replace its relay. */
  readonly draining: boolean;
  /** Why the session is ending; null before. */
  readonly ending: Ending | null;
}

export interface PastSession {
  readonly userName: string;
  readonly deviceId: string;
  readonly deviceName: string;
  readonly location: string;
  readonly applicationTitle: string;
  readonly reason: string;
  readonly grant: Grant | null;
  /** An `Ending`, or a word that an earlier version stored. */
  readonly ending: string;
  readonly connectedAt: string | null;
  readonly endedAt: string;
}

/** A maintenance job that starts only after YES. */
export interface PendingJob {
  readonly jobId: string;
  /** Name of the requester; empty: the server did not send it. */
  readonly userName: string;
  readonly deviceId: string;
  readonly deviceName: string;
  readonly location: string;
  readonly operation: Operation;
  /** Of the firmware that would be installed. */
  readonly firmwareVersion: string | null;
  /** What would be set, by name of the setting. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly answerBefore: number;
}

export interface ShownJob {
  readonly deviceId: string;
  readonly deviceName: string;
  readonly operation: Operation;
  /** false: the job is on hold. */
  readonly started: boolean;
}

/** What an access condition for a device can name. */
export interface ShownDevice {
  readonly id: string;
  readonly name: string;
  readonly location: string;
  /** Without document boxes. `viewable`: the application supports the grant `view`. */
  readonly applications: readonly { readonly id: string; readonly title: string; readonly viewable: boolean }[];
  /** It has document boxes, which conditions can open. */
  readonly hasBoxes: boolean;
  /** Everybody who has asked for it lately; latest first. */
  readonly askers: readonly Asker[];
}

/** Another origin of a device, beside those of the configuration. */
interface ShownOrigin {
  readonly id: string;
  /** `https://192.168.1.20` */
  readonly origin: string;
  readonly deviceId: string;
  readonly deviceName: string;
  readonly location: string;
  readonly applicationTitle: string;
}
/** A technician has asked for it. */
export interface PendingOrigin extends ShownOrigin {
  readonly userName: string;
}
export interface PermittedOrigin extends ShownOrigin {
  readonly permittedAt: string;
  readonly permittedBy: string;
}

export interface ShownDenial extends Omit<ReportedDenial, 'remoteSessionId'> {
  readonly deviceId: string;
}

/**
 * The complete state of the approval screen; every event of `GET /events` (WHATWG HTML 9.2) carries one. Times are
 * milliseconds on a monotonic clock of the agent; the page counts from `now`.
 */
export interface PanelView {
  /** That runs the server, as it was named at the enrolment. */
  readonly company?: Company;
  readonly now: number;
  readonly online: boolean;
  /** The agent saves power, so its control channel is closed. */
  readonly asleep: boolean;
  readonly asking: readonly PendingApproval[];
  readonly jobsAsking: readonly PendingJob[];
  readonly live: readonly LiveSession[];
  /** The first open job of each device. */
  readonly maintenance: readonly ShownJob[];
  /** Newest first. */
  readonly ended: readonly PastSession[];
  readonly devices: readonly ShownDevice[];
  /** In the order in which they were set. */
  readonly conditions: readonly AccessCondition[];
  /** Newest first. */
  readonly denials: readonly ShownDenial[];
  /** Oldest first. */
  readonly originsAsking: readonly PendingOrigin[];
  readonly originsPermitted: readonly PermittedOrigin[];
}
