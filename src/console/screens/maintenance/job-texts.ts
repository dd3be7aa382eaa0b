import type { Job, JobState, ResultLine } from '../../../protocol/maintenance';
import type { Messages } from '../../messages/en';
import { ownText } from '../../messages/own-text';
import type { Tone } from '../../parts/status';
import { alertText, supplyText } from '../device-information/device-texts';

const TONES: Record<JobState, Tone> = {
  requested: 'busy',
  executing: 'busy',
  held: 'busy',
  succeeded: 'on',
  failed: 'bad',
  cancelled: 'off',
};
export const jobTone = ({ state }: Pick<Job, 'state'>): Tone => TONES[state];

/** `Install firmware 2.15.000` */
export const jobTitle = ({ operation, firmware }: Pick<Job, 'operation' | 'firmware'>, t: Messages): string =>
  [t.maintenance.operations[operation].name, firmware?.version].filter(Boolean).join(' ');

/** The activity that the agent reports. */
export const activityText = (activity: string, t: Messages): string =>
  ownText(t.maintenance.activities, activity) ?? activity.replaceAll('-', ' ');

const sentence = (name: string): string => {
  const words = name.replace(/[.-]+/g, ' ').trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
};

/** Name of a counter; names from IPP are readable unchanged. */
export const counterName = (name: string, t: Messages): string => ownText(t.maintenance.lines, name) ?? sentence(name);

/** Name of a line of a result: `firmware-version`, `counter.impressions`, `alert.1`, `supply.2.black-toner`. */
export function lineName(name: string, t: Messages): string {
  const [kind = '', first = '', ...rest] = name.split('.');
  if (kind === 'counter') return counterName([first, ...rest].join('.'), t);
  if (kind === 'alert' && first) return `${t.maintenance.lines.alert} ${first}`;
  if (kind === 'supply' && first) {
    const words = sentence(rest.join(' '));
    const type = Object.keys(t.information.supplyTypes).find((each) =>
      words.toLowerCase().endsWith(each.toLowerCase()),
    );
    return `${t.maintenance.lines.supply} ${first}: ${supplyText({ name: words, type: type ?? '', colour: '' }, t)}`;
  }
  return counterName(name, t);
}

/** `error: media-jam (Paper jam)` */
const ALERT = /^(error|warning|report): ([a-z0-9-]+)(?: \((.*)\))?$/;

/** Value of a line of a result. */
export function lineValue({ name, value }: ResultLine, t: Messages): string {
  if (name === 'state') return ownText(t.information.states, value) ?? value;
  if (value === 'unknown') return t.information.levelUnknown;
  if (value === 'some left') return t.information.someLeft;
  const [, severity = '', code = '', text = ''] = (name.startsWith('alert.') && ALERT.exec(value)) || [];
  return code ? `${ownText(t.information.severities, severity)}: ${alertText({ code, text }, t)}` : value;
}

/** Names of lines whose digits are not a quantity. */
const TEXTS = /serial|version|model|name/;
/** Whether the value is a count, which is shown with separators. */
export const isCount = ({ name, value }: ResultLine): boolean => !TEXTS.test(name) && /^(0|[1-9]\d{0,14})$/.test(value);
