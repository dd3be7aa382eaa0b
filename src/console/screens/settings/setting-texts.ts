import { isSettingName } from '../../../protocol/device-settings';
import type { Messages } from '../../messages/en';
import { ownText } from '../../messages/own-text';

/** What people call a setting; one that only a newer server knows keeps its name. */
export const settingName = (name: string, t: Messages): string => (isSettingName(name) ? t.settings.names[name] : name);

/** A keyword in words, if it is one that vendors share. */
export const settingValue = (value: string, t: Messages): string =>
  value === '' ? t.settings.noValue : (ownText(t.settings.values, value) ?? value);
