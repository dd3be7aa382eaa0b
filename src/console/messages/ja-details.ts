import { enDevices } from './en-devices';
import { jaDevices } from './ja-devices';

const { alertNames } = enDevices.information;
/** Alerts that a device words like the console does. */
const ALERTS = new Map(
  Object.keys(alertNames).map((code) => [alertNames[code]?.toLowerCase(), jaDevices.information.alertNames[code]]),
);

/** A detail in Japanese, where it is one of those that Platen's own programs report; else as it is. */
export const jaDetail = (text: string): string => ALERTS.get(text.toLowerCase()) ?? text;

/** An error of a form's field in Japanese; what exactly is wrong stands in the description of the field. */
export function jaFieldError(text: string): string {
  const known = jaDetail(text);
  return known === text ? '入力内容を確認してください。' : known;
}
