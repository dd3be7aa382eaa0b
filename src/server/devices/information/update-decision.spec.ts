import { LIMITS } from '../../../protocol/limits';
import { OPERATIONS } from '../../../protocol/operations';
import { CHANGED_BY, decideUpdate, type Fact, type InformedRequest, type StoredInformation } from './update-decision';

const NOW = new Date('2026-03-02T12:00:00Z');
const ago = (seconds: number) => new Date(NOW.getTime() - seconds * 1000);
const FRESH_MS = 600_000;
const NOW_SECONDS = LIMITS.INFORMATION_NOW_MS / 1000;
const KNOWN: StoredInformation = { acquiredAt: ago(60), reached: true, announcedAt: ago(700), changedAt: {} };
const by = (operation: keyof typeof CHANGED_BY, at: Date) => ({
  changedAt: Object.fromEntries(CHANGED_BY[operation].map((fact) => [fact, at])) as Partial<Record<Fact, Date>>,
});

describe('the update decision', () => {
  it.each<[request: InformedRequest, reason: string, update: boolean, stored: Partial<StoredInformation>]>([
    ['session', 'fresh', false, {}],
    ['session', 'fresh', false, { acquiredAt: ago(600) }],
    ['session', 'fresh', false, { announcedAt: ago(60) }],
    ['session', 'fresh', false, by('restart', ago(61))],
    ['session', 'too-old', true, { acquiredAt: ago(600.001) }],
    ['session', 'too-old', true, { acquiredAt: ago(-1) }],
    ['session', 'job-since', true, by('restart', ago(60))],
    ['session', 'job-since', true, by('firmware-install', ago(10))],
    // counters and supplies are not what a session needs
    ['session', 'fresh', false, by('test-page', ago(10))],
    ['session', 'agent-reconnected', true, { announcedAt: ago(59) }],
    ['session', 'agent-reconnected', true, { announcedAt: ago(59), ...by('restart', ago(10)) }],
    ['session', 'not-reached', true, { reached: false }],
    ['session', 'not-reached', true, { reached: false, announcedAt: ago(59) }],
    ['session', 'never-acquired', true, { acquiredAt: null }],
    ['session', 'never-acquired', true, { acquiredAt: null, reached: false, ...by('restart', ago(10)) }],

    ['test-page', 'fresh', false, {}],
    ['test-page', 'too-old', true, { acquiredAt: ago(601) }],
    ['test-page', 'job-since', true, by('test-page', ago(10))],
    ['test-page', 'agent-waits', false, { reached: false, acquiredAt: ago(601) }],
    ['restart', 'fresh', false, by('test-page', ago(10))],
    ['restart', 'job-since', true, by('restart', ago(10))],
    ['restart', 'agent-waits', false, { reached: false }],

    ['firmware-install', 'fresh', false, { acquiredAt: ago(NOW_SECONDS) }],
    ['firmware-install', 'needed-now', true, { acquiredAt: ago(NOW_SECONDS + 0.001) }],
    ['firmware-install', 'needed-now', true, by('test-page', ago(10))],
    ['firmware-install', 'not-reached', true, { reached: false, acquiredAt: ago(1) }],
    ['firmware-install', 'job-since', true, { acquiredAt: ago(2), ...by('restart', ago(1)) }],
    ['firmware-install', 'too-old', true, { acquiredAt: ago(601) }],
    ['firmware-install', 'never-acquired', true, { acquiredAt: null }],

    ['information', 'not-needed', false, { acquiredAt: null }],
    ['counters', 'not-needed', false, { reached: false, ...by('test-page', ago(1)) }],
    ['identify', 'not-needed', false, { acquiredAt: ago(6_000) }],
  ])('for %s is %s, update: %s, with %j', (request, reason, update, stored) => {
    expect(decideUpdate(request, { ...KNOWN, ...stored }, NOW, FRESH_MS)).toEqual({ update, reason });
  });

  it('is made for every operation, and knows what each one changes', () => {
    for (const operation of Object.keys(OPERATIONS) as (keyof typeof OPERATIONS)[]) {
      expect(decideUpdate(operation, KNOWN, NOW, FRESH_MS).reason).toMatch(/^(fresh|needed-now|not-needed)$/);
      expect(CHANGED_BY[operation]).toBeInstanceOf(Array);
    }
  });
});
