import { flawsOf, transition, type Machine } from './machine';

type State = 'open' | 'busy' | 'done';
type Light = Machine<State, 'start' | 'finish' | 'expire', 'work', 'patience'>;

const sound: Light = {
  name: 'light',
  idField: 'jobId',
  initial: 'open',
  ends: ['done'],
  table: {
    open: { timeout: { after: 'patience', input: 'expire' }, on: { start: { to: 'busy' }, expire: { to: 'done' } } },
    busy: {
      enter: ['work'],
      timeout: { after: 'patience', input: 'expire' },
      on: { start: { to: 'busy' }, finish: { to: 'done' }, expire: { to: 'done' } },
    },
    done: { on: {} },
  },
};
const { open, busy } = sound.table;

describe('a state machine', () => {
  it('reports no flaw of a sound table', () => expect(flawsOf(sound)).toEqual([]));

  it.each<[string, Partial<Light['table']>, string]>([
    ['a state that is never reached', { open: { ...open, on: { expire: { to: 'done' } } } }, 'busy is never reached'],
    ['a wait without a timeout', { busy: { on: busy.on } }, 'busy waits without a timeout'],
    ['a dead end', { busy: { timeout: busy.timeout!, on: {} } }, 'busy has no exit'],
    ['an exit from an end', { done: { on: { start: { to: 'open' } } } }, 'done has an exit'],
    [
      'a timeout that the state does not accept',
      { open: { ...open, timeout: { after: 'patience', input: 'finish' } } },
      'open does not accept its own timeout finish',
    ],
    [
      'a timeout that changes nothing',
      { busy: { ...busy, timeout: { after: 'patience', input: 'start' } } },
      'busy does not change at its timeout',
    ],
  ])('reports %s', (_, change, flaw) => {
    expect(flawsOf({ ...sound, table: { ...sound.table, ...change } })).toContain(flaw);
  });

  it('reports the flaws that its own rule finds', () => {
    const flaws = (state: State) => (state === 'busy' ? ['is too busy'] : []);
    expect(flawsOf({ ...sound, flaws })).toEqual(['busy is too busy']);
  });

  it('has no transition for an input that a state does not accept', () => {
    expect(transition(sound, 'open', 'start')).toEqual({ to: 'busy' });
    expect(transition(sound, 'open', 'finish')).toBeUndefined();
  });
});
