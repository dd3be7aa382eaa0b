import type { IppAttributes } from '../../ipp/ipp-message';
import type { DeviceIdentity } from '../../protocol/device-identity';
import { cleanLine, stringsOf } from './attribute-text';

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
  return { serialNumber, uuid, mac: '', model: cleanLine(model.trim(), 200) };
}
