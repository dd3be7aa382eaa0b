import type { SessionState } from '../../protocol/remote-session';
import { flawsOf, SESSION_MACHINE, transition, type Input, type StateRow } from './session.machine';

const walk = (...inputs: Input[]) =>
  inputs.reduce<{ state: SessionState; outputs: string[] }>(
    ({ state, outputs }, input) => {
      const next = transition(state, input);
      if (!next) throw new Error(`${state} does not take ${input}`);
      return { state: next.to, outputs: [...outputs, ...(next.do ?? [])] };
    },
    { state: 'requested', outputs: [] },
  );

describe('session machine', () => {
  it('has no flaw', () => expect(flawsOf(SESSION_MACHINE)).toEqual([]));

  const broken: [string, Partial<Record<SessionState, StateRow>>, string][] = [
    ['a state nobody reaches', { approved: { ...SESSION_MACHINE.approved, on: {} } }, 'prepared is never reached'],
    ['a wait without end', { ending: { on: SESSION_MACHINE.ending.on } }, 'ending waits without a timeout'],
    ['a dead end', { forcing: { on: {} } }, 'forcing has no exit'],
    ['a way out of the end', { ended: { on: { approve: { to: 'requested' } } } }, 'ended has an exit'],
    [
      'an ending without a name',
      { requested: { ...SESSION_MACHINE.requested, on: { decline: { to: 'ended' } } } },
      'requested -> decline names no ending',
    ],
    [
      'a timeout nobody takes',
      { prepared: { ...SESSION_MACHINE.prepared, timeout: { after: 'connect', input: 'silent' } } },
      'prepared does not take its own timeout silent',
    ],
    [
      'a timeout that changes nothing',
      { ending: { ...SESSION_MACHINE.ending, timeout: { after: 'halfEnd', input: 'device-asks' } } },
      'ending stays as it is after its timeout',
    ],
  ];
  it.each(broken)('notices %s', (_, change, flaw) => {
    expect(flawsOf({ ...SESSION_MACHINE, ...change })).toContain(flaw);
  });

  const start: Input[] = ['approve', 'connection-info', 'both-connected'];
  const asked = ['ask-relay', 'send-connection-info'];
  const walks: [string, Input[], SessionState, string[]][] = [
    ['NO', ['decline'], 'ended', []],
    ['NO after YES, before the relay has answered', ['approve', 'decline'], 'ended', ['ask-relay']],
    [
      'NO after YES, while the device connects',
      ['approve', 'connection-info', 'decline', 'both-halves-ended'],
      'ended',
      [...asked, 'ask-device-to-end', 'end-device-half', 'end-terminal-half'],
    ],
    [
      'NO after YES, when the device has just connected',
      [...start, 'decline', 'silent', 'both-halves-ended'],
      'ended',
      [...asked, 'ask-device-to-end', 'end-device-half', 'end-terminal-half'],
    ],
    ['no answer', ['expire'], 'ended', ['withdraw-approval']],
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
    ['halted while a YES waits for the relay', ['approve', 'halt'], 'ended', ['ask-relay', 'withdraw-approval']],
    [
      'halted, and the device does not answer',
      [...start, 'halt', 'silent', 'device-half-ended', 'both-halves-ended'],
      'ended',
      [...asked, 'ask-device-to-end', 'end-device-half', 'end-terminal-half'],
    ],
    [
      'the terminal is lost',
      [...start, 'terminal-half-ended', 'device-asks', 'both-halves-ended'],
      'ended',
      [...asked, 'ask-device-to-end'],
    ],
    [
      'nobody answers any more',
      [...start, 'expire', 'silent', 'close-books'],
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
  ])('names the ending of a NO that finds it %s', (state, ending) => {
    expect(transition(state, 'decline')?.ending).toBe(ending);
  });

  it('frees the pair only when both halves have ended or the books are closed', () => {
    const frees = Object.entries(SESSION_MACHINE)
      .filter(([state]) => ['prepared', 'established', 'ending', 'halting', 'forcing'].includes(state))
      .flatMap(([, { on }]) => Object.entries(on))
      .filter(([, next]) => next.to === 'ended')
      .map(([input]) => input);
    expect([...new Set(frees)].sort()).toEqual(['both-halves-ended', 'close-books']);
  });
});
