import type { SessionState } from '../../protocol/remote-session';
import { flawsOf, transition } from '../state-machine/machine';
import { SESSION_MACHINE, type SessionInput } from './session.machine';

const { table } = SESSION_MACHINE;

const walk = (...inputs: SessionInput[]) =>
  inputs.reduce<{ state: SessionState; outputs: string[] }>(
    ({ state, outputs }, input) => {
      const next = transition(SESSION_MACHINE, state, input);
      if (!next) throw new Error(`${state} does not accept ${input}`);
      const entered = next.to === state ? [] : (table[next.to].enter ?? []);
      return { state: next.to, outputs: [...outputs, ...(next.do ?? []), ...entered] };
    },
    { state: 'requested', outputs: [...table.requested.enter!] },
  );

describe('session machine', () => {
  it('has no flaw', () => expect(flawsOf(SESSION_MACHINE)).toEqual([]));

  it('has a flaw when an ending has no name', () => {
    const requested = { ...table.requested, on: { ...table.requested.on, decline: { to: 'ended' as const } } };
    expect(flawsOf({ ...SESSION_MACHINE, table: { ...table, requested } })).toEqual([
      'requested names no ending for decline',
    ]);
  });

  const start: SessionInput[] = ['informed', 'approve', 'connection-info', 'both-connected'];
  const asked = ['acquire-information', 'request-approval', 'request-link', 'send-connection-info'];
  const walks: [string, SessionInput[], SessionState, string[]][] = [
    ['NO', ['informed', 'decline'], 'ended', asked.slice(0, 2)],
    ['NO after YES, before the relay has answered', ['informed', 'approve', 'decline'], 'ended', asked.slice(0, 3)],
    [
      'NO after YES, while the device connects',
      ['informed', 'approve', 'connection-info', 'decline', 'both-halves-ended'],
      'ended',
      [...asked, 'ask-device-to-end', 'end-device-half', 'end-terminal-half'],
    ],
    [
      'NO after YES, when the device has just connected',
      [...start, 'decline', 'silent', 'both-halves-ended'],
      'ended',
      [...asked, 'ask-device-to-end', 'end-device-half', 'end-terminal-half'],
    ],
    ['denied by the access conditions', ['informed', 'deny'], 'ended', asked.slice(0, 2)],
    [
      'the condition is revoked while the session runs',
      [...start, 'deny', 'device-asks', 'device-half-ended', 'both-halves-ended'],
      'ended',
      [...asked, 'ask-device-to-end', 'end-terminal-half'],
    ],
    ['no answer', ['informed', 'expire'], 'ended', [...asked.slice(0, 2), 'withdraw-approval']],
    [
      'the agent reconnects before it has answered',
      ['informed', 'agent-online', 'decline'],
      'ended',
      [...asked.slice(0, 2), 'request-approval'],
    ],
    [
      'ended by the terminal (Fig. 14, 15)',
      [...start, 'terminal-asks', 'terminal-half-ended', 'device-asks', 'both-halves-ended'],
      'ended',
      [...asked, 'ask-device-to-end'],
    ],
    [
      'ended by the device (Fig. 15, 17)',
      [...start, 'device-asks', 'device-half-ended', 'both-halves-ended'],
      'ended',
      [...asked, 'end-terminal-half'],
    ],
    [
      'halted (Fig. 16)',
      [...start, 'halt', 'device-asks', 'device-half-ended', 'both-halves-ended'],
      'ended',
      [...asked, 'ask-device-to-end', 'end-terminal-half'],
    ],
    [
      'halted while a YES waits for the relay',
      ['informed', 'approve', 'halt'],
      'ended',
      [...asked.slice(0, 3), 'withdraw-approval'],
    ],
    [
      'halted, and the device does not answer',
      [...start, 'halt', 'silent', 'device-half-ended', 'both-halves-ended'],
      'ended',
      [...asked, 'ask-device-to-end', 'end-device-half', 'end-terminal-half'],
    ],
    [
      'the device does not answer, and the relay still carries the session',
      [...start, 'expire', 'agent-online', 'silent', 'still-relayed', 'both-halves-ended'],
      'ended',
      [
        ...asked,
        'ask-device-to-end',
        'ask-device-to-end',
        'end-device-half',
        'end-terminal-half',
        'end-device-half',
        'end-terminal-half',
      ],
    ],
    [
      'the terminal is lost',
      [...start, 'terminal-half-ended', 'device-asks', 'both-halves-ended'],
      'ended',
      [...asked, 'ask-device-to-end'],
    ],
    [
      'neither half reports its end',
      [...start, 'expire', 'silent', 'presume-ended'],
      'ended',
      [...asked, 'ask-device-to-end', 'end-device-half', 'end-terminal-half'],
    ],
  ];
  it.each(walks)('walks: %s', (_, inputs, state, outputs) => expect(walk(...inputs)).toEqual({ state, outputs }));

  it.each<[SessionState, string]>([
    ['requested', 'declined'],
    ['approved', 'declined'],
    ['prepared', 'ended-by-device'],
    ['established', 'ended-by-device'],
  ])('names the ending of a NO in state %s', (state, ending) => {
    expect(transition(SESSION_MACHINE, state, 'decline')?.ending).toBe(ending);
  });

  it.each<SessionState>(['requested', 'approved', 'prepared', 'established', 'halting', 'forcing'])(
    'names the ending of a denial in state %s',
    (state) => expect(transition(SESSION_MACHINE, state, 'deny')?.ending).toBe('denied'),
  );

  it('permits another session only when both halves have ended, or are presumed to have ended', () => {
    const frees = Object.entries(table)
      .filter(([state]) => ['prepared', 'established', 'ending', 'halting', 'forcing'].includes(state))
      .flatMap(([, { on }]) => Object.entries(on))
      .filter(([, next]) => next.to === 'ended')
      .map(([input]) => input);
    expect([...new Set(frees)].sort()).toEqual(['both-halves-ended', 'presume-ended']);
  });
});
