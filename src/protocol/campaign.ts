import { z } from 'zod';
import { weeklyHours } from './access-conditions';
import { pageQuery } from './api';
import { settingValues, wantedSettings } from './device-settings';
import { fleetFilter } from './fleet';
import { LIMITS } from './limits';
import {
  firmwareVersion,
  HOLD_REASONS,
  jobFailure,
  operation,
  WAIT_REASONS,
  type HoldReason,
  type WaitReason,
} from './maintenance';
import { deviceId, instant } from './names';
import { shownLine } from './shown-text';
import { timeZone } from './weekly-hours';

/**
 * A campaign: one operation at many devices, in waves. It requests one maintenance job for each device; what the owner of
 * a device has set there applies to that job as to any other. The transitions are in `server/campaigns/campaign.machine.ts`.
 */
export const CAMPAIGN_STATES = {
  scheduled: 'Starts at its time.',
  running: 'Jobs are started, wave by wave.',
  paused: 'No job is started; jobs that had not started at their device are withdrawn.',
  aborting: 'Waits for the jobs that had started at their device.',
  completed: 'Every device has its result.',
  aborted: 'Ended before every device had its turn.',
} as const;
export type CampaignState = keyof typeof CAMPAIGN_STATES;
export const campaignState = z.enum(Object.keys(CAMPAIGN_STATES) as [CampaignState, ...CampaignState[]]);
export const OPEN_CAMPAIGN_STATES: readonly CampaignState[] = ['scheduled', 'running', 'paused', 'aborting'];

/** Why a campaign is paused, or ended early. */
export const CAMPAIGN_REASONS = {
  user: 'A user has done so.',
  failures: 'Too many devices have failed.',
  'first-wave': 'The first wave is over; look at its results, then resume.',
  'access-ended': 'The user that it belongs to may no longer start its jobs. The user who resumes it takes it over.',
  'time-over': 'Its time was over.',
} as const;
export type CampaignReason = keyof typeof CAMPAIGN_REASONS;
export const campaignReason = z.enum(Object.keys(CAMPAIGN_REASONS) as [CampaignReason, ...CampaignReason[]]);

export const CAMPAIGN_DEVICE_STATES = {
  waiting: 'Has no job yet.',
  running: 'Has a job.',
  succeeded: 'Done.',
  failed: 'Failed.',
  skipped: 'Gets no job.',
  cancelled: 'Its job was cancelled, or the campaign was aborted before its turn.',
} as const;
export type CampaignDeviceState = keyof typeof CAMPAIGN_DEVICE_STATES;
export const campaignDeviceState = z.enum(
  Object.keys(CAMPAIGN_DEVICE_STATES) as [CampaignDeviceState, ...CampaignDeviceState[]],
);

/** Why a device gets no job. */
export const SKIP_REASONS = {
  unsupported: 'The device does not have this operation, or its owner does not allow it.',
  'other-model': 'The firmware file is for another model.',
  'other-version': 'The campaign does not update from the firmware version of this device.',
  'same-version': 'The device has this firmware version.',
  'installed-before': 'Another campaign has installed this firmware file on the device.',
  'other-campaign': 'Another campaign is installing firmware on the device.',
  'same-settings': 'The device had these values when its settings were read last.',
  'not-settable': 'The device does not have the settings that differ, or does not permit them to be set.',
  'out-of-reach': 'The device was removed, or the user that the campaign belongs to no longer sees it.',
  'not-started': 'The job did not start while the wave waited for the device.',
  refused: 'The job was refused.',
} as const;
export type SkipReason = keyof typeof SKIP_REASONS;
export const skipReason = z.enum(Object.keys(SKIP_REASONS) as [SkipReason, ...SkipReason[]]);

/** Why a device of a campaign has no job yet. */
export const CAMPAIGN_WAITS = {
  scheduled: 'The campaign has not started.',
  paused: 'The campaign is paused.',
  wave: 'An earlier wave is not over.',
  window: 'It is outside the hours of the campaign.',
  offline: 'The agent of the device is not connected.',
  turn: 'Other devices of the wave come first.',
} as const;
export type CampaignWait = keyof typeof CAMPAIGN_WAITS;
/** What a device of a campaign is held by: the campaign, the agent or the device. */
export type CampaignHold = CampaignWait | WaitReason | HoldReason;
export const campaignHold = z.enum(
  Object.keys({ ...CAMPAIGN_WAITS, ...WAIT_REASONS, ...HOLD_REASONS }) as [CampaignHold, ...CampaignHold[]],
);

/** A number of devices, or per cent of all devices of the campaign, rounded up. */
export const waveSize = z.union([
  z.strictObject({ devices: z.int().min(1).max(LIMITS.CAMPAIGN_DEVICES) }),
  z.strictObject({ percent: z.int().min(1).max(99) }),
]);
export type WaveSize = z.infer<typeof waveSize>;

const minuteOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
const longEnough = ({ from, until }: { from: string; until: string }): boolean => {
  const minutes = (minuteOf(until) - minuteOf(from) + 1_440) % 1_440;
  return minutes === 0 || minutes >= LIMITS.CAMPAIGN_WINDOW_MINUTES;
};
/** Jobs start at these hours only. Without `timeZone`: that of each device's customer in the alert settings, or the server's. */
export const campaignWindow = z.strictObject({
  hours: z
    .array(weeklyHours.refine(longEnough, `must be ${LIMITS.CAMPAIGN_WINDOW_MINUTES} minutes or more`))
    .min(1)
    .max(LIMITS.WEEKLY_HOURS_PER_CONDITION),
  timeZone: timeZone.nullable().default(null),
});
export type CampaignWindow = z.infer<typeof campaignWindow>;

/** The campaign pauses when `percent` of the devices that are over have failed; from `least` of them on, and after each wave. */
export const failureLimit = z.strictObject({
  percent: z.int().min(1).max(100),
  least: z.int().min(1).max(LIMITS.CAMPAIGN_DEVICES),
});
export type FailureLimit = z.infer<typeof failureLimit>;

/** `POST /api/campaigns`, and `POST /api/campaigns/plan`, which starts nothing. */
export const newCampaign = z.strictObject({
  name: shownLine(100).min(1, 'enter a name'),
  /** Those that are named, or all that a filter of the device list fits: then `count` is how many the user has seen. */
  devices: z.union([
    z.strictObject({ deviceIds: z.array(deviceId).min(1).max(LIMITS.JOBS_AT_ONCE) }),
    z.strictObject({ filter: fleetFilter, count: z.int().min(1).max(LIMITS.CAMPAIGN_DEVICES) }),
  ]),
  operation,
  /** Required for `firmware-install`, not allowed otherwise. */
  firmwareId: z.uuid().optional(),
  /** With `firmware-install`: only devices with one of these versions. Empty: any version but that of the file. */
  fromVersions: z.array(firmwareVersion).max(LIMITS.CAMPAIGN_FROM_VERSIONS).default([]),
  /** For `settings-set`, and not otherwise: values by name of the setting, or a template that they are copied from. */
  settings: settingValues.optional(),
  templateId: z.uuid().optional(),
  /** With `settings-set`: devices that are known to have the values, or where none of them can be set, are skipped. */
  onlyDiffering: z.boolean().default(false),
  /** In this order; the last wave has all other devices. */
  waves: z
    .array(waveSize)
    .max(LIMITS.CAMPAIGN_WAVES - 1)
    .default([]),
  pauseAfterFirstWave: z.boolean().default(false),
  failureLimit: failureLimit.nullable().default(null),
  window: campaignWindow.nullable().default(null),
  /** How long a wave waits for devices whose job has not started. */
  waitHours: z.int().min(1).max(LIMITS.CAMPAIGN_WAIT_HOURS).default(72),
  /** Missing: now. */
  startsAt: instant.optional(),
});
export type NewCampaign = z.output<typeof newCampaign>;

/** What a campaign would do: the number of devices in each wave, and how many are skipped for which reason. */
export const campaignPlan = z.object({
  waves: z.array(z.int()),
  skipped: z.array(z.object({ reason: skipReason, devices: z.int() })),
});
export type CampaignPlan = z.infer<typeof campaignPlan>;

const counts = z.object({
  waiting: z.int(),
  running: z.int(),
  succeeded: z.int(),
  failed: z.int(),
  skipped: z.int(),
  cancelled: z.int(),
});
export type CampaignCounts = z.infer<typeof counts>;

/** Numbers are those of the devices within reach of the caller. */
export const campaign = z.object({
  id: z.uuid(),
  name: z.string(),
  operation,
  firmware: z.object({ id: z.uuid(), name: z.string(), version: z.string(), model: z.string() }).nullable(),
  fromVersions: z.array(z.string()),
  /** What `settings-set` sets; null with other operations. */
  settings: wantedSettings.nullable(),
  onlyDiffering: z.boolean(),
  /** The template that the settings were copied from; it may have been changed or removed since. */
  template: z.object({ id: z.uuid(), name: z.string() }).nullable(),
  state: campaignState,
  reason: campaignReason.nullable(),
  detail: z.string(),
  /** Whose access its jobs are started with. */
  user: z.object({ id: z.uuid(), displayName: z.string() }),
  /** Whether the caller may pause, resume and abort it: all of its devices are within reach. */
  mayControl: z.boolean(),
  /** The wave that runs; 1 is the first. */
  wave: z.int(),
  waves: z.array(z.object({ wave: z.int(), counts })),
  all: counts,
  /** Of devices without a result that do not progress, the most frequent reason first. */
  holds: z.array(z.object({ hold: campaignHold, devices: z.int() })),
  pauseAfterFirstWave: z.boolean(),
  failureLimit: failureLimit.nullable(),
  window: campaignWindow.nullable(),
  /** When jobs may start again; null: now, or not known. */
  opensAt: instant.nullable(),
  waitHours: z.int(),
  createdAt: instant,
  startsAt: instant,
  /** When it is aborted if it is not over by then. */
  endsAt: instant,
  endedAt: instant.nullable(),
});
export type Campaign = z.infer<typeof campaign>;

export const campaignDevice = z.object({
  deviceId,
  deviceName: z.string(),
  wave: z.int(),
  state: campaignDeviceState,
  hold: campaignHold.nullable(),
  /** While its job is carried out: progress, if known, and activity. */
  percent: z.int().min(0).max(100).nullable(),
  activity: z.string(),
  jobId: z.uuid().nullable(),
  skip: skipReason.nullable(),
  failure: jobFailure.nullable(),
  detail: z.string(),
  /** The firmware version that the device reported when the campaign was made, or before its job. */
  versionBefore: z.string(),
  startedAt: instant.nullable(),
  endedAt: instant.nullable(),
});
export type CampaignDevice = z.infer<typeof campaignDevice>;

export const campaignQuery = pageQuery.extend({ state: z.enum(['open', 'over', 'all']).default('all') });
export type CampaignQuery = z.output<typeof campaignQuery>;
/** In the order: failed, held, running, waiting, skipped, cancelled, succeeded. */
export const campaignDeviceQuery = pageQuery.extend({ state: campaignDeviceState.optional() });
export type CampaignDeviceQuery = z.output<typeof campaignDeviceQuery>;
export const campaignExportQuery = z.object({ format: z.enum(['csv', 'json']).default('csv') });
export type CampaignExportQuery = z.output<typeof campaignExportQuery>;
/** The results of a campaign as JSON. */
export const campaignExport = z.object({ campaign, devices: z.array(campaignDevice) });
