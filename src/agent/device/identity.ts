import type { IppAttributes } from '../../ipp/ipp-message';
import { cleanLine, stringsOf } from './attribute-text';

/** What tells one device from another, as it reports it; empty: not reported. */
export interface DeviceIdentity {
  readonly serialNumber: string;
  /** printer-uuid (PWG 5100.13 6.6). */
  readonly uuid: string;
  /** Maker and model of the IEEE 1284 device ID. */
  readonly model: string;
}

export const UNIDENTIFIED: DeviceIdentity = { serialNumber: '', uuid: '', model: '' };

/** Attributes that `identityOf` uses, beside those of the device information. */
export const IDENTITY_ATTRIBUTES: readonly string[] = ['printer-uuid'];

/** Fields of an IEEE 1284 device ID: `MFG:Acme;MDL:LaserMax;SN:A1;`. */
export function deviceIdOf(attributes: IppAttributes): (key: string) => string {
  const text = cleanLine(stringsOf(attributes, 'printer-device-id')[0] ?? '', 1024);
  const pairs = text.split(';').map((pair) => /^\s*([^:]+):(.*)$/.exec(pair) ?? []);
  const fields = new Map(pairs.map(([, key = '', value = '']) => [key.toUpperCase(), value.trim()]));
  return (key) => fields.get(key) ?? '';
}

/** @param serialNumber of the device information */
export function identityOf(attributes: IppAttributes, serialNumber: string): DeviceIdentity {
  const deviceId = deviceIdOf(attributes);
  const model = `${deviceId('MFG') || deviceId('MANUFACTURER')} ${deviceId('MDL') || deviceId('MODEL')}`;
  const uuid = cleanLine(stringsOf(attributes, 'printer-uuid')[0] ?? '', 100);
  return { serialNumber, uuid, model: cleanLine(model.trim(), 200) };
}

const lower = (text: string): string => text.trim().toLowerCase();
/** The first mark that both have decides. A serial number is compared without spaces and hyphens, which people add. */
const MARKS = [
  {
    name: 'serialNumber',
    plain: (text: string) => lower(text).replace(/[\s-]/g, ''),
    says: (found: string, expected: string) =>
      `the device at this address has the serial number "${found}" instead of "${expected}"`,
  },
  {
    name: 'uuid',
    plain: lower,
    says: (found: string, expected: string) =>
      `the device at this address has the UUID "${found}" instead of "${expected}"`,
  },
  {
    name: 'model',
    plain: lower,
    says: (found: string, expected: string) => `the device at this address is a "${found}" instead of a "${expected}"`,
  },
] as const;

/**
 * In words, why a device cannot be the expected one; undefined if it can. A device that has reported a serial number or a
 * UUID before does not lose both.
 */
export function differenceOf(
  expected: DeviceIdentity,
  found: DeviceIdentity,
  reported: DeviceIdentity,
): string | undefined {
  const mark = MARKS.find(({ name }) => expected[name] !== '' && found[name] !== '');
  if (mark && mark.plain(expected[mark.name]) !== mark.plain(found[mark.name]))
    return mark.says(found[mark.name], expected[mark.name]);
  const missing = reported.serialNumber || reported.uuid;
  if (missing === '' || found.serialNumber !== '' || found.uuid !== '') return undefined;
  return `the device at this address reports no serial number and no UUID, and "${missing}" is expected`;
}
