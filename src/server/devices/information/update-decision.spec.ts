import { decideUpdate, type StoredInformation } from './update-decision';

const NOW = new Date('2026-03-02T12:00:00Z');
const ago = (seconds: number) => new Date(NOW.getTime() - seconds * 1000);
const FRESH_MS = 600_000;
const KNOWN: StoredInformation = { acquiredAt: ago(60), reached: true, announcedAt: ago(120), changedAt: null };

describe('the update decision', () => {
  it.each<[reason: string, update: boolean, stored: Partial<StoredInformation>]>([
    ['fresh', false, {}],
    ['fresh', false, { acquiredAt: ago(600), announcedAt: ago(601) }],
    ['fresh', false, { announcedAt: ago(60) }],
    ['fresh', false, { changedAt: ago(61) }],
    ['too-old', true, { acquiredAt: ago(600.001), announcedAt: ago(601) }],
    ['too-old', true, { acquiredAt: ago(-1) }],
    ['job-since', true, { changedAt: ago(60) }],
    ['job-since', true, { changedAt: ago(10) }],
    ['agent-reconnected', true, { announcedAt: ago(59) }],
    ['agent-reconnected', true, { announcedAt: ago(59), changedAt: ago(10) }],
    ['not-reached', true, { reached: false }],
    ['not-reached', true, { reached: false, announcedAt: ago(59) }],
    ['never-acquired', true, { acquiredAt: null }],
    ['never-acquired', true, { acquiredAt: null, reached: false, changedAt: ago(10) }],
  ])('is %s, update: %s, for %j', (reason, update, stored) => {
    expect(decideUpdate({ ...KNOWN, ...stored }, NOW, FRESH_MS)).toEqual({ update, reason });
  });
});
