import { operation } from '../../protocol/maintenance';
import { LIMITS } from '../../protocol/limits';
import type { Moment } from '../../protocol/weekly-hours';
import { decideForOwner, maintenanceField, ownerRules, type Determination, type OwnerRule } from './owner-rules';

const rulesOf = (field?: unknown) => ownerRules(field === undefined ? undefined : maintenanceField.parse(field));
const choicesOf = (field?: unknown) =>
  Object.fromEntries(Object.entries(rulesOf(field)).map(([name, rule]) => [name, rule.do]));
const hours = [{ days: [1, 2, 3, 4, 5], from: '08:00', until: '18:00' }];

describe("an owner's rules", () => {
  const off = { 'settings-set': 'deny', 'logs-read': 'deny' };
  const asks = { identify: 'ask', 'test-page': 'ask', restart: 'ask', 'firmware-install': 'ask', ...off };
  const denies = { identify: 'deny', 'test-page': 'deny', restart: 'deny', 'firmware-install': 'deny', ...off };
  const reads = { information: 'allow', counters: 'allow', 'settings-read': 'allow' };
  const readsNot = { information: 'deny', counters: 'deny', 'settings-read': 'deny' };
  it.each<[string, unknown, object]>([
    ['nothing', undefined, { ...reads, ...asks }],
    ['an empty object', {}, { ...reads, ...asks }],
    ['an empty list', [], { ...readsNot, ...denies }],
    ['a list', ['counters', 'restart'], { ...readsNot, counters: 'allow', ...denies, restart: 'allow' }],
    ['an object', { restart: 'allow', counters: 'deny' }, { ...reads, ...asks, restart: 'allow', counters: 'deny' }],
    ['an object with settings', { 'settings-set': 'ask' }, { ...reads, ...asks, 'settings-set': 'ask' }],
    ['hours for one', { restart: { do: 'allow', hours } }, { ...reads, ...asks, restart: 'allow' }],
  ])('of %s', (_what, field, expected) => expect(choicesOf(field)).toEqual(expected));

  it('bound every operation', () => {
    const { information, restart } = rulesOf();
    expect([information.perHour, restart.perHour]).toEqual([LIMITS.READINGS_PER_HOUR, LIMITS.OPERATIONS_PER_HOUR]);
    expect(rulesOf({ restart: { do: 'ask', perHour: 2 } }).restart.perHour).toBe(2);
    for (const name of operation.options) expect(rulesOf([name])[name].perHour).toBeGreaterThan(0);
  });

  it('allow a downgrade of firmware only where they say so', () => {
    const asking = rulesOf({ 'firmware-install': { do: 'ask', downgrade: true } })['firmware-install'];
    expect([asking, rulesOf()['firmware-install'].downgrade]).toMatchObject([
      { do: 'ask', downgrade: true },
      undefined,
    ]);
    expect(rulesOf(['firmware-install'])['firmware-install'].downgrade).toBeUndefined();
  });

  it.each<[string, unknown]>([
    ['another word', { restart: 'yes' }],
    ['another operation', { dance: 'allow' }],
    ['no bound', { restart: { do: 'allow', perHour: 0 } }],
    ['a bound without a choice', { restart: { perHour: 5 } }],
    ['an hour that no clock shows', { restart: { do: 'allow', hours: [{ ...hours[0], from: '25:00' }] } }],
    ['a downgrade of what is no firmware', { restart: { do: 'ask', downgrade: true } }],
    ['a misspelt field', { restart: { do: 'allow', hour: hours } }],
  ])('cannot have %s', (_what, field) => expect(maintenanceField.safeParse(field).success).toBe(false));
});

describe('the decision for an owner', () => {
  const monday: Moment = { at: 0, day: 1, minute: 9 * 60 };
  const evening: Moment = { ...monday, minute: 18 * 60 };
  const allow: OwnerRule = { do: 'allow', hours: [], perHour: 3 };
  const ask: OwnerRule = { ...allow, do: 'ask' };
  const tooOften = { do: 'refuse', failure: 'too-often', detail: '3 in an hour are permitted' } as const;
  const outside = { do: 'hold', hold: 'hours', detail: 'Mon, Tue, Wed, Thu, Fri 08:00-18:00' } as const;
  const asking = { do: 'hold', hold: 'approval', detail: '' } as const;
  const start = { do: 'execute' } as const;
  it.each<[string, OwnerRule, number, Moment, boolean, Determination]>([
    ['allowed', allow, 0, monday, false, start],
    ['allowed, for the last time in this hour', allow, 2, monday, false, start],
    ['allowed, but too often', allow, 3, monday, false, tooOften],
    ['allowed, in the hours', { ...allow, hours }, 0, monday, false, start],
    ['allowed, outside the hours', { ...allow, hours }, 0, evening, false, outside],
    ['to be asked for', ask, 0, monday, false, asking],
    ['approved', ask, 0, monday, true, start],
    ['to be asked for, but too often', ask, 3, monday, false, tooOften],
    ['approved, but too often meanwhile', ask, 3, monday, true, tooOften],
    ['to be asked for, outside the hours', { ...ask, hours }, 0, evening, false, outside],
    ['approved, and the hours have passed', { ...ask, hours }, 0, evening, true, outside],
    ['denied', { ...allow, do: 'deny' }, 0, monday, true, { do: 'refuse', failure: 'forbidden', detail: '' }],
  ])('an operation that is %s', (_what, rule, recent, now, approved, expected) =>
    expect(decideForOwner({ rule, recent, now }, approved)).toEqual(expected),
  );
});
