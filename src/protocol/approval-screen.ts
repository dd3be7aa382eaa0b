import { z } from 'zod';
import type { Operation } from './maintenance';
import { grant, type Ending, type Grant } from './remote-session';

// HTTP messages between the agent and the page of its approval screen.

/** `POST /approvals/<remote session ID>`: the answer to an approval request. */
export const decisionBody = z.discriminatedUnion('decision', [
  z.strictObject({ decision: z.literal('approved'), grant: grant.default('operate') }),
  z.strictObject({ decision: z.literal('declined') }),
]);

/** `POST /sessions/<remote session ID>/end` */
export const endBody = z.strictObject({});

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

export interface ShownJob {
  readonly deviceId: string;
  readonly deviceName: string;
  readonly operation: Operation;
  /** false: the job is on hold. */
  readonly started: boolean;
}

/**
 * The complete state of the approval screen; every event of `GET /events` (WHATWG HTML 9.2) carries one. Times are
 * milliseconds on a monotonic clock of the agent; the page counts from `now`.
 */
export interface PanelView {
  readonly now: number;
  readonly online: boolean;
  /** The agent saves power, so its control channel is closed. */
  readonly asleep: boolean;
  readonly asking: readonly PendingApproval[];
  readonly live: readonly LiveSession[];
  /** The first open job of each device. */
  readonly maintenance: readonly ShownJob[];
  /** Newest first. */
  readonly ended: readonly PastSession[];
}
