import type { DeviceProtocol } from '../../protocol/device-information';
import type { SettingName } from '../../protocol/device-settings';
import { LIMITS } from '../../protocol/limits';

/** A setting as a device reports it. */
export interface KnownSetting {
  readonly name: SettingName;
  readonly value: string;
  readonly source: DeviceProtocol;
  /** Whether it may be set in this protocol. */
  readonly settable: boolean;
  /** Values that the device lists; empty: it lists none. */
  readonly choices: readonly string[];
}

/** The values to set, in their order. */
export type NewSettings = readonly (readonly [name: SettingName, value: string])[];
/** By setting: why the device refused it. What is not in it was accepted. */
export type SettingRefusals = ReadonlyMap<SettingName, string>;

/** The settings of one device in one protocol. */
export interface SettingsAccess {
  /** Those of the table that the device has. @throws DeviceUnreachable, DeviceRefused */
  settings(signal?: AbortSignal): Promise<readonly KnownSetting[]>;
  /**
   * Sets each by a request of its own, so that one that is refused does not cost the others.
   * @throws DeviceUnreachable: some may have been set; DeviceRefused if it refuses all requests
   */
  setSettings(wanted: NewSettings, signal?: AbortSignal): Promise<SettingRefusals>;
}

/** Of a setting that both protocols report: the one in which it can be set, otherwise that of IPP. */
export function mergedSettings(byIpp: readonly KnownSetting[], bySnmp: readonly KnownSetting[]): KnownSetting[] {
  const merged = new Map(byIpp.map((each) => [each.name, each]));
  for (const each of bySnmp)
    if (!merged.has(each.name) || isBetter(each, merged.get(each.name)!)) merged.set(each.name, each);
  return [...merged.values()];
}

const isBetter = (one: KnownSetting, other: KnownSetting): boolean => one.settable && !other.settable;

/** What a device lists, without what is too long to be chosen. */
export const boundedChoices = (choices: readonly string[]): string[] =>
  [...new Set(choices)]
    .filter((each) => each !== '' && each.length <= LIMITS.SETTING_CHOICE_CHARACTERS)
    .slice(0, LIMITS.SETTING_CHOICES);
