import { z } from 'zod';
import { PROTOCOLS } from './device-information';
import { oneOf } from './later-names';
import { LIMITS } from './limits';
import { deviceId, instant } from './names';
import { shownLine } from './shown-text';

/** What values a setting takes. The bounds of texts are octets of UTF-8, as in RFC 8011 5.1 and RFC 3418. */
export type SettingType =
  | { readonly type: 'text'; readonly least: number; readonly most: number }
  | { readonly type: 'number'; readonly least: number; readonly most: number }
  /** A keyword: one of `choices`, or whatever the device lists as its choices. */
  | { readonly type: 'choice'; readonly choices?: readonly string[] };

/** A setting, and what it is called in each protocol that has it: an attribute of IPP, an object of SNMP. */
export type DeviceSetting = SettingType & { readonly ipp?: string; readonly snmp?: string };

const text = (most: number, least = 0) => ({ type: 'text', least, most }) as const;
const number = (least: number, most: number) => ({ type: 'number', least, most }) as const;
const choice = (...choices: string[]) => ({ type: 'choice', ...(choices.length > 0 && { choices }) }) as const;

/**
 * The settings that are read and set remotely; docs/RUNNING.md has this table, too. IPP: RFC 8011 5.4 and 5.2, PWG 5100.13;
 * SNMP: SNMPv2-MIB (RFC 3418) and Printer-MIB (RFC 3805). Attributes named `platen-...` are those of the simulated MFP.
 */
const TABLE = {
  name: { ...text(127, 1), ipp: 'printer-name', snmp: 'prtGeneralPrinterName' },
  location: { ...text(127), ipp: 'printer-location', snmp: 'sysLocation' },
  information: { ...text(127), ipp: 'printer-info' },
  contact: { ...text(127), ipp: 'platen-contact', snmp: 'sysContact' },
  organization: { ...text(127), ipp: 'printer-organization' },
  'organizational-unit': { ...text(127), ipp: 'printer-organizational-unit' },
  'dns-sd-name': { ...text(63, 1), ipp: 'printer-dns-sd-name' },
  'system-name': { ...text(63), snmp: 'sysName' },
  operator: { ...text(127), snmp: 'prtGeneralCurrentOperator' },
  'service-person': { ...text(127), snmp: 'prtGeneralServicePerson' },
  'media-default': { ...choice(), ipp: 'media-default' },
  'sides-default': { ...choice('one-sided', 'two-sided-long-edge', 'two-sided-short-edge'), ipp: 'sides-default' },
  'print-quality-default': { ...choice('draft', 'normal', 'high'), ipp: 'print-quality-default' },
  'print-color-mode-default': { ...choice(), ipp: 'print-color-mode-default' },
  'orientation-default': {
    ...choice('portrait', 'landscape', 'reverse-landscape', 'reverse-portrait', 'none'),
    ipp: 'orientation-requested-default',
  },
  'output-bin-default': { ...choice(), ipp: 'output-bin-default' },
  'copies-default': { ...number(1, 9_999), ipp: 'copies-default' },
  language: { ...choice(), ipp: 'platen-language' },
  'sleep-minutes': { ...number(1, 240), ipp: 'platen-sleep-minutes' },
  'tray-1-paper': { ...choice(), ipp: 'platen-tray-1' },
  'tray-2-paper': { ...choice(), ipp: 'platen-tray-2' },
  'time-server': { ...text(253), ipp: 'platen-time-server' },
} as const satisfies Record<string, DeviceSetting>;

export type SettingName = keyof typeof TABLE;
export const DEVICE_SETTINGS: Readonly<Record<SettingName, DeviceSetting>> = TABLE;
export const SETTING_NAMES = Object.keys(TABLE) as [SettingName, ...SettingName[]];
export const isSettingName = (name: string): name is SettingName => Object.hasOwn(DEVICE_SETTINGS, name);

/** Why a setting cannot have a value, in words; undefined: it can. @param choices that the device lists */
export function mistakeIn(name: SettingName, value: string, choices: readonly string[] = []): string | undefined {
  const of = DEVICE_SETTINGS[name];
  if (of.type === 'number') {
    const isWhole = /^(0|[1-9]\d{0,8})$/.test(value) && Number(value) >= of.least && Number(value) <= of.most;
    return isWhole ? undefined : `must be a whole number from ${of.least} to ${of.most}`;
  }
  if (of.type === 'text') {
    const { length } = new TextEncoder().encode(value);
    if (length < of.least) return 'must not be empty';
    return length <= of.most ? undefined : `must have at most ${of.most} bytes`;
  }
  const permitted = choices.length > 0 ? choices : of.choices;
  if (permitted) return permitted.includes(value) ? undefined : `must be one of ${permitted.join(', ').slice(0, 200)}`;
  return KEYWORD.test(value) ? undefined : 'must be a keyword such as iso_a4_210x297mm';
}
/** A keyword (RFC 8011 5.1.4), or a choice of the simulated MFP. */
const KEYWORD = /^[\p{L}\d][\p{L}\d._-]{0,62}$/u;

// ---- on the wire: also settings that only the other side's version knows
const name = z.string().regex(/^[a-z0-9-]{1,40}$/);
const value = shownLine(LIMITS.SETTING_CHARACTERS);
/** Values to set, by name of the setting. */
export const wantedSettings = z
  .record(name, value)
  .refine((all) => Object.keys(all).length > 0 && Object.keys(all).length <= LIMITS.DEVICE_SETTINGS, {
    error: `must be 1 to ${LIMITS.DEVICE_SETTINGS} settings`,
  });
export type WantedSettings = z.infer<typeof wantedSettings>;

/** What became known of one setting. */
export const SETTING_OUTCOMES = {
  read: 'Read.',
  set: 'Set and read back.',
  unchanged: 'The device had this value.',
  differs: 'Set, but the device reports another value.',
  refused: 'The device refused the value.',
  unsupported: 'The device does not have this setting, or it cannot be set.',
} as const;
export type SettingOutcome = keyof typeof SETTING_OUTCOMES;
/** Outcomes of a setting that does not have the wanted value. */
export const isMissed = (outcome: SettingOutcome): boolean => ['differs', 'refused', 'unsupported'].includes(outcome);

export const settingRow = z.object({
  name,
  outcome: oneOf(z.enum(Object.keys(SETTING_OUTCOMES) as [SettingOutcome, ...SettingOutcome[]]), 'unsupported'),
  /** As the device has reported it last; null: it reports none. */
  value: value.nullable(),
  /** The protocol of the value. */
  source: z.enum(PROTOCOLS).nullable().catch(null),
  /** Whether the device permits it to be set. */
  settable: z.boolean(),
  /** Values that the device lists; empty: it lists none. */
  choices: z.array(shownLine(LIMITS.SETTING_CHOICE_CHARACTERS)).max(LIMITS.SETTING_CHOICES),
  /** Why the device refused it, or why it is unsupported. */
  detail: shownLine(LIMITS.SETTING_CHARACTERS),
});
export type SettingRow = z.infer<typeof settingRow>;
export const settingRows = z.array(settingRow).max(LIMITS.DEVICE_SETTINGS);

/** How what a device has reported last compares with wanted values: of one setting, and of a device with all of them. */
export const DRIFT_STATES = {
  differs: 'Has another value.',
  unknown: 'Has not been read yet.',
  unsupported: 'The device does not have this setting.',
  same: 'Has this value.',
} as const;
export type DriftState = keyof typeof DRIFT_STATES;
export const driftState = z.enum(Object.keys(DRIFT_STATES) as [DriftState, ...DriftState[]]);
export const comparedSetting = z.object({
  name,
  state: driftState,
  wanted: value,
  /** As the device has reported it last; null: it has not. */
  value: value.nullable(),
  /** Whether the device permits it to be set, as far as known. */
  settable: z.boolean(),
});
export type ComparedSetting = z.infer<typeof comparedSetting>;

// ---- REST
/** Values to set, of settings in the table. */
export const settingValues = z.partialRecord(z.enum(SETTING_NAMES), value).superRefine((all, context) => {
  const entries = Object.entries(all) as [SettingName, string][];
  if (entries.length === 0) context.addIssue({ code: 'custom', path: [], message: 'must be at least one setting' });
  for (const [each, wanted] of entries) {
    const mistake = mistakeIn(each, wanted);
    if (mistake !== undefined) context.addIssue({ code: 'custom', path: [each], message: mistake });
  }
});
export type SettingValues = z.output<typeof settingValues>;

/** `GET /api/devices/:id/settings`: as its agent has read or set them last. */
export const deviceSettings = z.object({
  deviceId,
  /** null: they have not been read yet; then there are no rows. */
  readAt: instant.nullable(),
  /** The job that read or set them last. */
  jobId: z.uuid().nullable(),
  rows: settingRows,
});
export type DeviceSettings = z.infer<typeof deviceSettings>;
