import type { z } from 'zod';
import type { Denial } from '../../protocol/access-conditions';
import type { AnsweredBy } from '../../protocol/approval-record';
import type { requestApproval, SentConnectionInfo } from '../../protocol/control-channel';
import type { ProblemCode } from '../../protocol/problems';
import type { Ending, Grant } from '../../protocol/remote-session';

export type ApprovalRequest = z.infer<typeof requestApproval.request>;

/** The answer to an approval request, and who gave it. `denied`: by the access conditions. */
export type Decision = { readonly answeredBy: AnsweredBy } & (
  { readonly decision: 'approved'; readonly grant: Grant } | { readonly decision: 'declined'; readonly denied?: Denial }
);

/**
 * The approval request of one remote session. Times, here and below, are milliseconds of a monotonic clock
 * (`performance.now`), because the local time of day may be wrong.
 */
export interface RequestedApproval extends Omit<ApprovalRequest, 'answerWithinSeconds'> {
  readonly answerBefore: number;
}

/**
 * State of a remote session at this agent:
 * asking -> approved -> connecting -> connected -> ending -> over, and asking -> declined -> over.
 * `over` keeps the ID, so that a late repeated request does not show the approval screen again.
 */
export type Phase =
  | { readonly name: 'asking' }
  | { readonly name: 'declined' }
  | { readonly name: 'approved' }
  | { readonly name: 'connecting'; readonly endsAt: number }
  | {
      readonly name: 'connected';
      readonly endsAt: number;
      readonly since: number;
      /** The relay is about to be replaced. */
      readonly draining: boolean;
    }
  | {
      readonly name: 'ending';
      readonly ending: Ending;
      readonly since: number | undefined;
      readonly detail: string;
    }
  | { readonly name: 'over'; readonly forgetAt: number };

export interface AgentSession {
  readonly asked: RequestedApproval;
  /** null before YES. */
  readonly grant: Grant | null;
  /** The access condition that has approved it; null: a person has, or will. */
  readonly conditionId: string | null;
  readonly phase: Phase;
}
/** By remote session ID, in the order of the requests. */
export type AgentSessions = ReadonlyMap<string, AgentSession>;

export type Input =
  /** `decision`: of the access conditions; without one, the person at the device is asked. */
  | { readonly kind: 'request-approval'; readonly request: ApprovalRequest; readonly decision?: Decision }
  | { readonly kind: 'withdraw'; readonly remoteSessionId: string; readonly ending: Ending }
  | { readonly kind: 'connection-info'; readonly info: SentConnectionInfo; readonly deviceId: string }
  | { readonly kind: 'terminate'; readonly remoteSessionId: string; readonly ending: Ending }
  /** YES or NO at the panel; NO after YES ends the session. */
  | { readonly kind: 'decide'; readonly remoteSessionId: string; readonly answer: Decision }
  /** "End now" at the panel. */
  | { readonly kind: 'end'; readonly remoteSessionId: string }
  /** The access condition that has approved it was revoked, or no longer applies. */
  | {
      readonly kind: 'permission-ended';
      readonly remoteSessionId: string;
      readonly denied: Denial;
    }
  /** The server refused the YES or NO permanently. */
  | { readonly kind: 'answer-refused'; readonly remoteSessionId: string; readonly detail: string }
  | { readonly kind: 'connected'; readonly remoteSessionId: string }
  | { readonly kind: 'draining'; readonly remoteSessionId: string; readonly draining: boolean }
  /** The cloud-hub agent could not connect, or its connection closed. */
  | { readonly kind: 'closed'; readonly remoteSessionId: string; readonly ending: Ending; readonly detail: string }
  /** Time has passed. */
  | { readonly kind: 'clock' }
  | { readonly kind: 'shutdown' };

/** A remote session that has ended. `connectedForMs` is null if it never connected. */
export interface Outcome extends Pick<AgentSession, 'asked' | 'grant'> {
  readonly ending: Ending;
  readonly detail: string;
  readonly connectedForMs: number | null;
}

/** An entry of the panel's history, with times of day of the local clock. */
export interface EndedSession {
  readonly remoteSessionId: string;
  readonly deviceId: string;
  readonly applicationId: string;
  readonly userName: string;
  readonly reason: string;
  /** null: not approved. */
  readonly grant: Grant | null;
  readonly ending: Ending;
  readonly detail: string;
  /** null: never connected. */
  readonly connectedAt: string | null;
  readonly endedAt: string;
}

export type Action =
  /** S143. */
  | { readonly do: 'show'; readonly asked: RequestedApproval }
  /** S144, or NO. `until`: when the delivery is given up. */
  | { readonly do: 'deliver'; readonly asked: RequestedApproval; readonly answer: Decision; readonly until: number }
  /** NO after YES, or the reason why a YES of the access conditions has ended. Replaces an unacknowledged YES. */
  | {
      readonly do: 'take-back';
      readonly remoteSessionId: string;
      readonly until: number;
      readonly denied?: Denial;
    }
  | { readonly do: 'stop-delivery'; readonly remoteSessionId: string }
  /** S171. */
  | {
      readonly do: 'connect';
      readonly asked: RequestedApproval;
      readonly grant: Grant;
      readonly info: SentConnectionInfo;
    }
  /** S291. */
  | { readonly do: 'end-half'; readonly remoteSessionId: string }
  | { readonly do: 'record'; readonly outcome: Outcome };

/** The answer to the sender of an input. */
export type Answer =
  | { readonly ok: true; readonly connected: boolean }
  | { readonly ok: false; readonly code: ProblemCode; readonly detail: string };

export interface Plan {
  readonly sessions: AgentSessions;
  readonly actions: readonly Action[];
  readonly answer: Answer;
}
