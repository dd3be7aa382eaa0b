import { LIMITS } from '../../protocol/limits';
import { chooseRelay, type Candidate } from './choose-relay';

type Change = Partial<Candidate>;
const relay = (relayId: string, change: Change = {}): Candidate => ({
  relayId,
  region: null,
  sessions: 0,
  limit: 100,
  obstacle: null,
  failedLately: false,
  ...change,
});
const eu = (relayId: string, change: Change = {}) => relay(relayId, { region: 'eu', ...change });
const us = (relayId: string, change: Change = {}) => relay(relayId, { region: 'us', ...change });
const EU = { region: 'eu', only: false };
const ONLY_EU = { region: 'eu', only: true };

/** All relays that a choice may result in, whatever the random numbers are. */
function possible(candidates: Candidate[], preferred: typeof EU | null): string {
  const found = new Set<string>();
  const numbers = [0, 0.2, 0.4, 0.6, 0.8, 0.99];
  for (const first of numbers)
    for (const second of numbers) {
      const random = [first, second];
      found.add(chooseRelay(candidates, preferred, () => random.shift() ?? 0).relayId ?? 'none');
    }
  return [...found].sort().join(' ');
}

describe('the relay of a new session', () => {
  it.each<[string, Candidate[], typeof EU | null, string]>([
    ['is none if there is none', [], null, 'none'],
    ['is the only one', [relay('a')], null, 'a'],
    ['is any of two with the same load', [relay('a'), relay('b')], null, 'a b'],
    ['is the less loaded of two', [relay('a', { sessions: 3 }), relay('b', { sessions: 2 })], null, 'b'],
    ['is the less loaded by share', [relay('a', { sessions: 9 }), relay('b', { sessions: 5, limit: 50 })], null, 'a'],
    [
      'is not the most loaded of three',
      [relay('a', { sessions: 1 }), relay('b', { sessions: 2 }), relay('c', { sessions: 3 })],
      null,
      'a b',
    ],
    ['is never a full one', [relay('a', { sessions: 100 }), relay('b', { sessions: 99 })], null, 'b'],
    ['is none if all are full', [relay('a', { sessions: 100 }), relay('b', { sessions: 101 })], null, 'none'],
    ['is never a drained one', [relay('a', { obstacle: 'drained' }), relay('b', { sessions: 99 })], null, 'b'],
    ['is never one that is deployed', [relay('a', { obstacle: 'deployment' }), relay('b', { sessions: 9 })], null, 'b'],
    ['is never a silent one', [relay('a', { obstacle: 'silent' }), relay('b', { sessions: 99 })], null, 'b'],
    ['is never one that is not connected', [relay('a', { obstacle: 'not-connected' })], null, 'none'],
    ['is not one that has just failed', [relay('a', { failedLately: true }), relay('b', { sessions: 99 })], null, 'b'],
    ['is one that has just failed if there is no other', [relay('a', { failedLately: true })], null, 'a'],
    [
      'is of any region without a preference, also of none',
      [eu('a'), us('b'), relay('c')].map((each) => ({ ...each, sessions: 1 })),
      null,
      'a b c',
    ],
    ['is of the preferred region, however loaded', [eu('a', { sessions: 99 }), us('b'), relay('c')], EU, 'a'],
    ['is of another region if that one is full', [eu('a', { sessions: 100 }), us('b', { sessions: 9 })], EU, 'b'],
    ['is of another region if that one is drained', [eu('a', { obstacle: 'drained' }), us('b')], EU, 'b'],
    ['is of another region rather than one that has failed', [eu('a', { failedLately: true }), us('b')], EU, 'b'],
    [
      'is of the preferred region if all have failed',
      [eu('a', { failedLately: true }), us('b', { failedLately: true })],
      EU,
      'a',
    ],
    ['is of the only region, even if it has failed', [eu('a', { failedLately: true }), us('b')], ONLY_EU, 'a'],
    ['is none outside of the only region', [eu('a', { sessions: 100 }), us('b'), relay('c')], ONLY_EU, 'none'],
    ['is none if no relay has the only region', [us('a'), relay('b'), relay('c', { region: 'EU' })], ONLY_EU, 'none'],
    ['is the less loaded of the region', [eu('a', { sessions: 5 }), eu('b', { sessions: 4 }), us('c')], EU, 'b'],
  ])('%s', (_, candidates, preferred, expected) => {
    expect(possible(candidates, preferred)).toBe(expected);
  });

  it('comes with the reason', () => {
    const candidates = [
      eu('a', { sessions: 7 }),
      eu('b', { sessions: 1, limit: 50 }),
      eu('c', { obstacle: 'drained' }),
      eu('d', { sessions: 100 }),
      eu('e', { failedLately: true }),
      us('f'),
      us('g', { failedLately: true }),
    ];
    expect(chooseRelay(candidates, EU, () => 0)).toEqual({
      relayId: 'b',
      sessions: 1,
      limit: 50,
      region: 'eu',
      preferred: EU,
      comparedWith: { relayId: 'a', sessions: 7, limit: 100 },
      passedOver: [
        { relayId: 'c', because: 'drained' },
        { relayId: 'd', because: 'full' },
        { relayId: 'e', because: 'failed-lately' },
        { relayId: 'f', because: 'region' },
        { relayId: 'g', because: 'region' },
      ],
    });
    expect(chooseRelay(candidates.slice(2, 4), ONLY_EU)).toEqual({
      relayId: null,
      passedOver: [
        { relayId: 'c', because: 'drained' },
        { relayId: 'd', because: 'full' },
      ],
    });
    const many = Array.from({ length: LIMITS.RELAYS_PASSED_OVER + 1 }, (_, index) => us(`r${index}`));
    expect(chooseRelay([eu('a'), ...many], EU).passedOver).toHaveLength(LIMITS.RELAYS_PASSED_OVER);
  });

  it('spreads sessions by share over relays of different size', () => {
    const relays = [
      relay('small', { limit: 10 }),
      relay('large', { limit: 40 }),
      relay('drained', { obstacle: 'drained' }),
    ];
    for (let session = 0; session < 40; session++) {
      const { relayId } = chooseRelay(relays, null);
      const index = relays.findIndex((each) => each.relayId === relayId);
      relays[index] = { ...relays[index]!, sessions: relays[index]!.sessions + 1 };
    }
    expect(relays.map(({ sessions }) => sessions)).toEqual([8, 32, 0]);
  });
});
