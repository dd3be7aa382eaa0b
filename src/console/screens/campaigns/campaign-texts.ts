import type { WeeklyHours } from '../../../protocol/access-conditions';
import type {
  Campaign,
  CampaignDevice,
  CampaignDeviceState,
  CampaignHold,
  CampaignState,
} from '../../../protocol/campaign';
import type { HoldReason, WaitReason } from '../../../protocol/maintenance';
import type { Messages } from '../../messages/en';
import type { Tone } from '../../parts/status';

const TONES: Record<CampaignState, Tone> = {
  scheduled: 'asleep',
  running: 'busy',
  paused: 'bad',
  aborting: 'busy',
  completed: 'on',
  aborted: 'off',
};
/** A pause that a user has made needs no one. */
export const campaignTone = ({ state, reason }: Pick<Campaign, 'state' | 'reason'>): Tone =>
  state === 'paused' && reason === 'user' ? 'asleep' : TONES[state];

/** Whether a campaign shows why it is in its state; a pause that a user has made explains itself. */
export const isExplained = ({ state, reason }: Pick<Campaign, 'state' | 'reason'>): boolean =>
  reason !== null && (reason !== 'user' || state !== 'paused');

const DEVICE_TONES: Record<CampaignDeviceState, Tone> = {
  waiting: 'off',
  running: 'busy',
  succeeded: 'on',
  failed: 'bad',
  skipped: 'off',
  cancelled: 'off',
};
export const campaignDeviceTone = ({ state }: Pick<CampaignDevice, 'state'>): Tone => DEVICE_TONES[state];

/** Why a device does not progress, by the campaign, its agent or itself. */
export function holdText(hold: CampaignHold, t: Messages): string {
  if (hold in t.campaigns.waits) return t.campaigns.waits[hold as keyof Messages['campaigns']['waits']];
  if (hold in t.maintenance.waitReasons) return t.maintenance.waitReasons[hold as WaitReason];
  return t.maintenance.holds[hold as HoldReason];
}

/** `Mon, Tue 22:00–05:00` */
export function hoursText(hours: readonly WeeklyHours[], language: string): string {
  const names = new Intl.DateTimeFormat(language, { weekday: 'short', timeZone: 'UTC' });
  // 1 January 2024 was a Monday
  const dayOf = (day: number): string => names.format(Date.UTC(2024, 0, day));
  return hours.map(({ days, from, until }) => `${days.map(dayOf).join(', ')} ${from}–${until}`).join('; ');
}
