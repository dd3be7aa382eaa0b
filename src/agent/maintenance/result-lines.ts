import type { DeviceInformation, Supply } from '../../protocol/device-information';
import { LIMITS } from '../../protocol/limits';
import type { ResultLine } from '../../protocol/maintenance';

const NAME_CHARACTERS = 64;
const VALUE_CHARACTERS = 300;

/** The result of `information`, the most important lines first, without values that the device does not report. */
export function informationLines({ state, alerts, supplies, counters, ...device }: DeviceInformation): ResultLine[] {
  return bounded([
    ['state', state],
    ['model', device.model],
    ['serial-number', device.serialNumber],
    ['firmware-version', device.firmwareVersion],
    ...alerts.map(({ severity, code, text }, i): Line => [`alert.${i + 1}`, alertText(severity, code, text)]),
    ...supplies.map((each, i): Line => [supplyName(each, i), levelText(each)]),
    ...Object.entries(counters).map(([name, count]): Line => [`counter.${name}`, String(count)]),
  ]);
}

/** The result of `counters`. */
export const counterLines = ({ counters }: DeviceInformation): ResultLine[] =>
  bounded(Object.entries(counters).map(([name, count]) => [name, String(count)]));

type Line = readonly [name: string, value: string];

const levelText = ({ level, someLeft }: Supply): string =>
  level === null ? (someLeft ? 'some left' : 'unknown') : `${level} %`;

const alertText = (severity: string, code: string, text: string): string =>
  `${severity}: ${code}${text === '' ? '' : ` (${text})`}`;

/** The index makes names unique, because names in other scripts may become empty. */
function supplyName({ name, type }: Supply, index: number): string {
  const slug = (text: string) =>
    text
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '');
  return `supply.${index + 1}.${slug(name) || slug(type) || 'unnamed'}`.slice(0, NAME_CHARACTERS);
}

const bounded = (lines: readonly Line[]): ResultLine[] =>
  lines
    .filter(([, value]) => value !== '')
    .slice(0, LIMITS.JOB_RESULT_LINES)
    .map(([name, value]) => ({ name, value: value.slice(0, VALUE_CHARACTERS) }));
