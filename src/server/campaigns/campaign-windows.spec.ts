import type { CampaignWindow } from '../../protocol/campaign';
import type { AlertSettingsService } from '../alerts/settings/alert-settings.service';
import { CampaignWindows } from './campaign-windows';

const EVERY_DAY = [1, 2, 3, 4, 5, 6, 7];
const NIGHT: CampaignWindow = {
  hours: [{ days: EVERY_DAY, from: '22:00', until: '05:00' }],
  timeZone: 'Europe/Berlin',
};
const EARLY: CampaignWindow = {
  hours: [{ days: EVERY_DAY, from: '02:15', until: '02:45' }],
  timeZone: 'Europe/Berlin',
};
const FRIDAY: CampaignWindow = { hours: [{ days: [5], from: '23:00', until: '01:00' }], timeZone: 'Europe/Berlin' };
const ALL_DAY: CampaignWindow = { hours: [{ days: EVERY_DAY, from: '00:00', until: '00:00' }], timeZone: 'UTC' };

describe('the hours of a campaign', () => {
  const zones: Record<string, string> = { berlin: 'Europe/Berlin', tokyo: 'Asia/Tokyo' };
  const settings = { for: (id: string | null) => Promise.resolve({ quiet: { timeZone: zones[id ?? ''] ?? 'UTC' } }) };
  const windows = new CampaignWindows(settings as unknown as AlertSettingsService);

  it.each<[string, CampaignWindow | null, string, boolean, string | null]>([
    ['no hours', null, '2026-03-02T12:00:00Z', true, null],
    ['all hours', ALL_DAY, '2026-03-02T12:00:00Z', true, null],
    ['the afternoon before', NIGHT, '2026-03-02T15:00:30Z', false, '2026-03-02T21:00:00.000Z'],
    ['the first minute', NIGHT, '2026-03-02T21:00:00Z', true, '2026-03-03T04:00:00.000Z'],
    ['after midnight', NIGHT, '2026-03-03T01:00:00Z', true, '2026-03-03T04:00:00.000Z'],
    ['the end', NIGHT, '2026-03-03T04:00:00Z', false, '2026-03-03T21:00:00.000Z'],
    [
      'the night in which the clock is advanced: an hour less',
      NIGHT,
      '2026-03-28T22:00:00Z',
      true,
      '2026-03-29T03:00:00.000Z',
    ],
    [
      'the night in which it is put back: an hour more',
      NIGHT,
      '2026-10-24T22:00:00Z',
      true,
      '2026-10-25T04:00:00.000Z',
    ],
    ['hours that the advanced clock leaves out', EARLY, '2026-03-29T00:30:00Z', false, '2026-03-30T00:15:00.000Z'],
    ['hours that the clock shows twice', EARLY, '2026-10-25T01:20:00Z', true, '2026-10-25T01:45:00.000Z'],
    ['the night of one day', FRIDAY, '2026-03-06T23:30:00Z', true, '2026-03-07T00:00:00.000Z'],
    ['the same hour of the day before', FRIDAY, '2026-03-05T23:30:00Z', false, '2026-03-06T22:00:00.000Z'],
  ])('%s', async (_what, window, now, isOpen, until) => {
    const state = await windows.at(window, null, new Date(now));
    expect([state.isOpen, state.until?.toISOString() ?? null]).toEqual([isOpen, until]);
  });

  it('are those of each customer if the campaign names no time zone', async () => {
    const own = { ...NIGHT, timeZone: null };
    const states = await windows.of(own, ['berlin', 'tokyo', null], new Date('2026-03-02T20:30:00Z'));
    expect([...states].map(([id, { isOpen }]) => [id, isOpen])).toEqual([
      ['berlin', false],
      ['tokyo', false],
      [null, false],
    ]);
    const later = await windows.of(own, ['berlin', 'tokyo', null], new Date('2026-03-02T13:30:00Z'));
    expect(later.get('tokyo')?.isOpen).toBe(true);
    expect(later.get('berlin')?.isOpen).toBe(false);
  });
});
