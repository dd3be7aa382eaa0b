import type { IppAttributes } from '../../ipp/ipp-message';
import {
  COUNTERS,
  counterName,
  type Counters,
  type DeviceInformation,
  type DeviceState,
} from '../../protocol/device-information';
import { alertsOf } from './alerts';
import { cleanLine, stringsOf } from './attribute-text';
import { deviceIdOf } from './identity';
import { suppliesOf } from './supplies';

/**
 * Attributes that `informationOf` uses, in parts for devices that fail when they are asked for all of them; printers omit
 * those they do not support.
 */
export const INFORMATION_ATTRIBUTES: readonly (readonly string[])[] = [
  ['printer-state', 'printer-state-reasons'],
  ['printer-make-and-model', 'printer-device-id', 'printer-serial-number', 'printer-firmware-string-version'],
  ['printer-alert', 'printer-alert-description'],
  ['printer-supply', 'printer-supply-description'],
  ['marker-names', 'marker-types', 'marker-colors', 'marker-levels'],
  ['printer-impressions-completed', 'printer-media-sheets-completed', 'printer-pages-completed'],
  ['printer-copies-completed', 'printer-scans-completed', 'printer-faxes-completed'],
];

/** RFC 8011 5.4.11 */
const STATES: Readonly<Record<number, DeviceState>> = { 3: 'idle', 4: 'processing', 5: 'stopped' };

/** Converts printer attributes to device information. */
export function informationOf(attributes: IppAttributes): DeviceInformation {
  const first = (name: string, most: number): string => cleanLine(stringsOf(attributes, name)[0] ?? '', most);
  const deviceId = deviceIdOf(attributes);
  return {
    reached: true,
    problem: null,
    state: STATES[Number(attributes.get('printer-state')?.[0])] ?? 'unknown',
    alerts: alertsOf(attributes),
    supplies: suppliesOf(attributes),
    counters: countersOf(attributes),
    model: first('printer-make-and-model', 200) || `${deviceId('MFG')} ${deviceId('MDL')}`.trim().slice(0, 200),
    serialNumber: (first('printer-serial-number', 100) || deviceId('SN') || deviceId('SERN')).slice(0, 100),
    firmwareVersion: first('printer-firmware-string-version', 100),
  };
}

/** Counters from printer-...-completed, named by the middle part. */
function countersOf(attributes: IppAttributes): Counters {
  const counters = [...attributes].flatMap(([name, [value]]) => {
    const counted = /^printer-(.+)-completed$/.exec(name)?.[1];
    const fits = counterName.safeParse(counted).success && typeof value === 'number' && value >= 0;
    return counted !== undefined && fits ? [[counted, value] as const] : [];
  });
  return Object.fromEntries(counters.slice(0, COUNTERS));
}
