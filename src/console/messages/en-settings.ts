import { SETTING_OUTCOMES, type SettingName, type SettingOutcome } from '../../protocol/device-settings';
import { SETTING_TITLES } from '../../protocol/setting-names';

export const enSettings = {
  title: 'Settings',
  names: SETTING_TITLES.en as Record<SettingName, string>,
  /** Keywords that several vendors share; others are shown unchanged. */
  values: {
    'one-sided': 'One-sided',
    'two-sided-long-edge': 'Two-sided, long edge',
    'two-sided-short-edge': 'Two-sided, short edge',
    draft: 'Draft',
    normal: 'Normal',
    high: 'High',
    portrait: 'Portrait',
    landscape: 'Landscape',
    'reverse-landscape': 'Landscape, upside down',
    'reverse-portrait': 'Portrait, upside down',
    none: 'None',
    auto: 'Automatic',
    color: 'Colour',
    monochrome: 'Monochrome',
  } as Partial<Record<string, string>>,
  setting: 'Setting',
  value: 'Value',
  wanted: 'Wanted value',
  source: 'Source',
  outcome: 'Outcome',
  settable: 'can be changed',
  empty: 'The settings have not been read yet',
  emptyHint: 'Read them to see what the device reports and what can be changed.',
  notRead: 'The agent of this device does not read settings.',
  read: 'Read settings',
  change: 'Change',
  changeTitle: (device: string) => `Change settings of ${device}`,
  changeHint:
    'Only what you change is sent. The agent sets each value, reads it back and reports what the device made of it.',
  submit: 'Change settings',
  nothingChanged: 'Change at least one value.',
  notAllowed:
    'Settings cannot be changed: the owner of the device has not allowed "settings-set" in the configuration of the agent.',
  nothingSettable: 'The device does not permit any of its settings to be changed.',
  readBy: 'Read by a job',
  running: 'A job for the settings is running.',
  unsupported: (names: string) => `The device does not have: ${names}.`,
  noValue: 'no value',
  outcomes: SETTING_OUTCOMES as Record<SettingOutcome, string>,
};
