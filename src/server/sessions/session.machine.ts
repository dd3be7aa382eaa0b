import type { Denial } from '../../protocol/access-conditions';
import type { ConnectionInfo } from '../../protocol/control-channel';
import type { Ending, SessionState } from '../../protocol/remote-session';
import type { FollowUp, Machine, StateRow, Transition } from '../state-machine/machine';
import type { SessionEntity } from './session.entity';

export type SessionInput =
  /** The device information is recent enough, or cannot be acquired (B2). */
  | 'informed'
  | 'approve'
  | 'decline'
  /** The access conditions set at the device do not permit the session, or no longer. */
  | 'deny'
  | 'cancel'
  /** The agent is online again: it may not have received the request. */
  | 'agent-online'
  | 'device-unreachable'
  | 'connection-info'
  | 'relay-unavailable'
  | 'both-connected'
  | 'terminal-asks'
  | 'device-asks'
  | 'administrator-ends'
  /** The user, the API token or the customer was taken away, or the agent was removed. */
  | 'revoke'
  | 'halt'
  | 'expire'
  | 'device-half-ended'
  | 'terminal-half-ended'
  | 'both-halves-ended'
  /** A half does not end although its end was requested. */
  | 'silent'
  /** The relay still carries the session. */
  | 'still-relayed'
  /** The missing end logs have been written as presumed (SessionLifecycle.presumeEnded). */
  | 'presume-ended';

export type SessionOutput =
  /** B2 */
  | 'acquire-information'
  /** S142 */
  | 'request-approval'
  /** S145 */
  | 'request-link'
  /** S149 */
  | 'send-connection-info'
  /** Withdraw the approval request, or the connection information, from the agent. */
  | 'withdraw-approval'
  /** S265, S314 */
  | 'ask-device-to-end'
  /** S331 */
  | 'end-terminal-half'
  | 'end-device-half';

/** The setting that bounds the wait in a state; `validity` is the session's `validUntil`. */
export type SessionWait = 'approval' | 'prepare' | 'connect' | 'validity' | 'halfEnd' | 'endLogs';

export interface SessionTransition extends Transition<SessionState, SessionOutput> {
  /** Set unless the session already has an ending, or the input has a more precise one. */
  readonly ending?: Ending;
  /** An earlier ending that `ending` replaces, because it describes the same event more precisely. */
  readonly refines?: Ending;
}

/** Values of an input. */
export interface SessionDetails {
  readonly from?: SessionState;
  readonly row?: SessionEntity;
  /** With the ending `denied`. */
  readonly denial?: Denial;
  /** Takes precedence over the ending in the table. */
  readonly ending?: Ending;
  readonly detail?: string;
  readonly values?: Partial<SessionEntity>;
  /** For the device; never stored. */
  readonly deviceConnection?: ConnectionInfo;
}
export type SessionFollowUp = FollowUp<SessionInput, SessionDetails>;

type Row = StateRow<SessionInput, SessionOutput, SessionWait, SessionTransition>;

/** In these states the end of the session has been decided. */
export const CLOSING: readonly SessionState[] = ['ending', 'halting', 'forcing'];

/** The agent ends its half through the relay and reports the reason on the control channel, in either order. */
const refined = { ending: 'denied', refines: 'ended-by-device' } as const;

const withdraw = ['withdraw-approval'] as const;
const endHalves = ['end-device-half', 'end-terminal-half'] as const;
const forceBoth = ['ask-device-to-end', ...endHalves] as const;

/**
 * The life cycle of a remote session.
 *
 *   requested -> approved -> prepared -> established -> ending | halting -> ended
 *                               |                              |
 *                               +----------> forcing <---------+   (forcing -> ended)
 *
 * `ending`: the terminal has requested the end, and each half ends by its own request (Fig. 14, 15).
 * `halting`: the device half ends first, then the relay ends the terminal half (Fig. 15, 16, 17).
 * `forcing`: a half does not answer, or never connected. The relay ends both; end logs that are still missing are
 * presumed.
 */
export const SESSION_MACHINE: Machine<SessionState, SessionInput, SessionOutput, SessionWait, SessionTransition> = {
  name: 'session',
  idField: 'remoteSessionId',
  initial: 'requested',
  ends: ['ended'],
  flaws: endingsMissing,
  table: {
    requested: {
      enter: ['acquire-information'],
      timeout: { after: 'approval', input: 'expire' },
      on: {
        informed: { to: 'requested', do: ['request-approval'] },
        'agent-online': { to: 'requested', do: ['request-approval'] },
        approve: { to: 'approved' },
        decline: { to: 'ended', ending: 'declined' },
        deny: { to: 'ended', ending: 'denied' },
        cancel: { to: 'ended', ending: 'cancelled', do: withdraw },
        'administrator-ends': { to: 'ended', ending: 'ended-by-administrator', do: withdraw },
        revoke: { to: 'ended', ending: 'revoked', do: withdraw },
        'device-unreachable': { to: 'ended', ending: 'device-offline', do: withdraw },
        expire: { to: 'ended', ending: 'expired', do: withdraw },
      },
    },
    approved: {
      enter: ['request-link'],
      timeout: { after: 'prepare', input: 'relay-unavailable' },
      on: {
        'connection-info': { to: 'prepared', do: ['send-connection-info'] },
        'relay-unavailable': { to: 'ended', ending: 'failed', do: withdraw },
        // the YES has waited too long for a deployment
        halt: { to: 'ended', ending: 'halted-by-deployment', do: withdraw },
        // NO after YES: the agent has already withdrawn the approval
        decline: { to: 'ended', ending: 'declined' },
        deny: { to: 'ended', ending: 'denied' },
        cancel: { to: 'ended', ending: 'cancelled', do: withdraw },
        'administrator-ends': { to: 'ended', ending: 'ended-by-administrator', do: withdraw },
        revoke: { to: 'ended', ending: 'revoked', do: withdraw },
      },
    },
    prepared: {
      timeout: { after: 'connect', input: 'expire' },
      on: {
        'both-connected': { to: 'established' },
        decline: { to: 'forcing', ending: 'ended-by-device', do: forceBoth },
        deny: { to: 'forcing', ending: 'denied', do: forceBoth },
        cancel: { to: 'forcing', ending: 'cancelled', do: forceBoth },
        'terminal-asks': { to: 'forcing', ending: 'cancelled', do: forceBoth },
        'device-asks': { to: 'forcing', ending: 'ended-by-device', do: forceBoth },
        'administrator-ends': { to: 'forcing', ending: 'ended-by-administrator', do: forceBoth },
        revoke: { to: 'forcing', ending: 'revoked', do: forceBoth },
        halt: { to: 'forcing', ending: 'halted-by-deployment', do: forceBoth },
        'device-unreachable': { to: 'forcing', ending: 'device-offline', do: forceBoth },
        expire: { to: 'forcing', ending: 'expired', do: forceBoth },
        'device-half-ended': { to: 'forcing', ending: 'lost-device', do: forceBoth },
        'terminal-half-ended': { to: 'forcing', ending: 'lost-terminal', do: forceBoth },
        'both-halves-ended': { to: 'ended', ending: 'failed' },
      },
    },
    established: {
      timeout: { after: 'validity', input: 'expire' },
      on: {
        'terminal-asks': { to: 'ending', ending: 'ended-by-terminal', do: ['ask-device-to-end'] },
        'terminal-half-ended': { to: 'ending', ending: 'lost-terminal', do: ['ask-device-to-end'] },
        'device-asks': { to: 'halting', ending: 'ended-by-device' },
        // sent while the device half was being established
        decline: { to: 'halting', ending: 'ended-by-device', do: ['ask-device-to-end'] },
        deny: { to: 'halting', ending: 'denied', do: ['ask-device-to-end'] },
        'device-half-ended': { to: 'halting', ending: 'lost-device', do: ['end-terminal-half'] },
        cancel: { to: 'halting', ending: 'ended-by-terminal', do: ['ask-device-to-end'] },
        'administrator-ends': { to: 'halting', ending: 'ended-by-administrator', do: ['ask-device-to-end'] },
        // the terminal does not keep the connection for as long as an agent that does not answer
        revoke: { to: 'halting', ending: 'revoked', do: ['end-terminal-half', 'ask-device-to-end'] },
        halt: { to: 'halting', ending: 'halted-by-deployment', do: ['ask-device-to-end'] },
        expire: { to: 'halting', ending: 'expired', do: ['ask-device-to-end'] },
        'both-halves-ended': { to: 'ended', ending: 'lost-relay' },
      },
    },
    ending: {
      timeout: { after: 'halfEnd', input: 'silent' },
      on: {
        'agent-online': { to: 'ending', do: ['ask-device-to-end'] },
        'terminal-asks': { to: 'ending' },
        'device-asks': { to: 'ending' },
        'device-half-ended': { to: 'ending' },
        'terminal-half-ended': { to: 'ending' },
        'both-halves-ended': { to: 'ended' },
        silent: { to: 'forcing', do: endHalves },
        'presume-ended': { to: 'ended' },
      },
    },
    halting: {
      timeout: { after: 'halfEnd', input: 'silent' },
      on: {
        'agent-online': { to: 'halting', do: ['ask-device-to-end'] },
        deny: { to: 'halting', ...refined },
        'terminal-asks': { to: 'halting' },
        'device-asks': { to: 'halting' },
        'device-half-ended': { to: 'halting', do: ['end-terminal-half'] },
        'terminal-half-ended': { to: 'halting' },
        'both-halves-ended': { to: 'ended' },
        silent: { to: 'forcing', do: endHalves },
        'presume-ended': { to: 'ended' },
      },
    },
    forcing: {
      timeout: { after: 'endLogs', input: 'presume-ended' },
      on: {
        'still-relayed': { to: 'forcing', do: endHalves },
        deny: { to: 'forcing', ...refined },
        'terminal-asks': { to: 'forcing' },
        'device-asks': { to: 'forcing' },
        'device-half-ended': { to: 'forcing' },
        'terminal-half-ended': { to: 'forcing' },
        'both-halves-ended': { to: 'ended' },
        'presume-ended': { to: 'ended' },
      },
    },
    ended: { on: {} },
  },
};

/** Every transition that decides the end of a session must name its ending. */
function endingsMissing(state: SessionState, { on }: Row): string[] {
  const decided = [...CLOSING, 'ended'];
  if (decided.includes(state)) return [];
  return Object.entries(on)
    .filter(([, { to, ending }]) => decided.includes(to) && !ending)
    .map(([input]) => `names no ending for ${input}`);
}
