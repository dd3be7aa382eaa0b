import type { Ending, SessionState } from '../../protocol/remote-session';

/**
 * The life of a remote session as a table of data: state x input -> next state and outputs. Pure: whoever applies a
 * transition saves it and carries the outputs out (session.lifecycle.ts).
 *
 *   requested -> approved -> prepared -> established -> ending | halting -> ended
 *                               |                              |
 *                               +----------> forcing <---------+   (forcing -> ended)
 *
 * `ending`: the terminal asked, each half is ended by its own request (Fig. 14, 15).
 * `halting`: the device's half is ended first, the terminal's then through the relay's API (Fig. 15, 16, 17).
 * `forcing`: a half does not answer, or never was connected: the relay ends both, and at last the books are closed.
 */
export type Input =
  | 'approve'
  | 'decline'
  | 'cancel'
  | 'device-unreachable'
  | 'connection-info'
  | 'relay-unavailable'
  | 'both-connected'
  | 'terminal-asks'
  | 'device-asks'
  | 'administrator-ends'
  | 'halt'
  | 'expire'
  | 'device-half-ended'
  | 'terminal-half-ended'
  | 'both-halves-ended'
  | 'silent'
  /** Applied once the end logs that no relay reported have been written as presumed (SessionHalves.closeBooks). */
  | 'close-books';

export type Output =
  /** S145 */
  | 'ask-relay'
  /** S149 */
  | 'send-connection-info'
  /** Take the approval screen, or what has been handed out, back from the agent. */
  | 'withdraw-approval'
  /** S265, S314 */
  | 'ask-device-to-end'
  /** S331 */
  | 'end-terminal-half'
  | 'end-device-half';

export interface Transition {
  readonly to: SessionState;
  readonly do?: readonly Output[];
  /** Set unless the session has an ending already, or the input brings a better one. */
  readonly ending?: Ending;
}
/** Which setting bounds the wait in a state; `validity` is the session's own `validUntil`. */
export type Wait = 'approval' | 'prepare' | 'connect' | 'validity' | 'halfEnd' | 'booksClose';

export interface StateRow {
  readonly timeout?: { readonly after: Wait; readonly input: Input };
  readonly on: Partial<Record<Input, Transition>>;
}

const takeBack = ['withdraw-approval'] as const;
const forceBoth = ['ask-device-to-end', 'end-device-half', 'end-terminal-half'] as const;

export const SESSION_MACHINE: Record<SessionState, StateRow> = {
  requested: {
    timeout: { after: 'approval', input: 'expire' },
    on: {
      approve: { to: 'approved', do: ['ask-relay'] },
      decline: { to: 'ended', ending: 'declined' },
      cancel: { to: 'ended', ending: 'cancelled', do: takeBack },
      'administrator-ends': { to: 'ended', ending: 'ended-by-administrator', do: takeBack },
      'device-unreachable': { to: 'ended', ending: 'device-offline', do: takeBack },
      expire: { to: 'ended', ending: 'expired', do: takeBack },
    },
  },
  approved: {
    timeout: { after: 'prepare', input: 'relay-unavailable' },
    on: {
      'connection-info': { to: 'prepared', do: ['send-connection-info'] },
      'relay-unavailable': { to: 'ended', ending: 'failed', do: takeBack },
      // a deployment of the relay that the YES cannot wait for any longer
      halt: { to: 'ended', ending: 'halted-by-deployment', do: takeBack },
      // NO after YES: the agent has taken the approval back itself
      decline: { to: 'ended', ending: 'declined' },
      cancel: { to: 'ended', ending: 'cancelled', do: takeBack },
      'administrator-ends': { to: 'ended', ending: 'ended-by-administrator', do: takeBack },
    },
  },
  prepared: {
    timeout: { after: 'connect', input: 'expire' },
    on: {
      'both-connected': { to: 'established' },
      decline: { to: 'forcing', ending: 'ended-by-device', do: forceBoth },
      cancel: { to: 'forcing', ending: 'cancelled', do: forceBoth },
      'terminal-asks': { to: 'forcing', ending: 'cancelled', do: forceBoth },
      'device-asks': { to: 'forcing', ending: 'ended-by-device', do: forceBoth },
      'administrator-ends': { to: 'forcing', ending: 'ended-by-administrator', do: forceBoth },
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
      // sent while the device's half was being established
      decline: { to: 'halting', ending: 'ended-by-device', do: ['ask-device-to-end'] },
      'device-half-ended': { to: 'halting', ending: 'lost-device', do: ['end-terminal-half'] },
      cancel: { to: 'halting', ending: 'ended-by-terminal', do: ['ask-device-to-end'] },
      'administrator-ends': { to: 'halting', ending: 'ended-by-administrator', do: ['ask-device-to-end'] },
      halt: { to: 'halting', ending: 'halted-by-deployment', do: ['ask-device-to-end'] },
      expire: { to: 'halting', ending: 'expired', do: ['ask-device-to-end'] },
      'both-halves-ended': { to: 'ended', ending: 'lost-relay' },
    },
  },
  ending: {
    timeout: { after: 'halfEnd', input: 'silent' },
    on: {
      'terminal-asks': { to: 'ending' },
      'device-asks': { to: 'ending' },
      'device-half-ended': { to: 'ending' },
      'terminal-half-ended': { to: 'ending' },
      'both-halves-ended': { to: 'ended' },
      silent: { to: 'forcing', do: ['end-device-half', 'end-terminal-half'] },
      'close-books': { to: 'ended' },
    },
  },
  halting: {
    timeout: { after: 'halfEnd', input: 'silent' },
    on: {
      'terminal-asks': { to: 'halting' },
      'device-asks': { to: 'halting' },
      'device-half-ended': { to: 'halting', do: ['end-terminal-half'] },
      'terminal-half-ended': { to: 'halting' },
      'both-halves-ended': { to: 'ended' },
      silent: { to: 'forcing', do: ['end-device-half', 'end-terminal-half'] },
      'close-books': { to: 'ended' },
    },
  },
  forcing: {
    timeout: { after: 'booksClose', input: 'close-books' },
    on: {
      'terminal-asks': { to: 'forcing' },
      'device-asks': { to: 'forcing' },
      'device-half-ended': { to: 'forcing' },
      'terminal-half-ended': { to: 'forcing' },
      'both-halves-ended': { to: 'ended' },
      'close-books': { to: 'ended' },
    },
  },
  ended: { on: {} },
};

/** The transition for an input, or undefined where the state does not take it. */
export const transition = (state: SessionState, input: Input): Transition | undefined =>
  SESSION_MACHINE[state].on[input];

/** @returns every flaw of a machine in words; the server refuses to start with one. */
export function flawsOf(machine: Record<SessionState, StateRow>): string[] {
  const states = Object.keys(machine) as SessionState[];
  const flaws: string[] = [];
  const reached = new Set<SessionState>(['requested']);
  for (const state of reached) for (const next of Object.values(machine[state].on)) reached.add(next.to);

  const closing = new Set<SessionState>(['ending', 'halting', 'forcing', 'ended']);
  for (const state of states) {
    const { on, timeout } = machine[state];
    const isEnd = Object.keys(on).length === 0;
    if (!reached.has(state)) flaws.push(`${state} is never reached`);
    if (isEnd && state !== 'ended') flaws.push(`${state} has no exit`);
    if (!isEnd && state === 'ended') flaws.push('ended has an exit');
    if (!isEnd && !timeout) flaws.push(`${state} waits without a timeout`);
    if (timeout && !on[timeout.input]) flaws.push(`${state} does not take its own timeout ${timeout.input}`);
    if (timeout && on[timeout.input]?.to === state) flaws.push(`${state} stays as it is after its timeout`);
    for (const [input, next] of Object.entries(on)) {
      if (!closing.has(state) && closing.has(next.to) && !next.ending)
        flaws.push(`${state} -> ${input} names no ending`);
    }
  }
  return flaws;
}
