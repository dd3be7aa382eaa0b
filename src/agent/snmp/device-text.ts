import { cleanLine } from '../device/attribute-text';
import type { SnmpValue } from './snmp-client';

/** Names of TextDecoder for prtLocalizationCharacterSet (IANAprinterMIB charsets, RFC 3805 6). */
const CHARACTER_SETS: Readonly<Record<number, string>> = {
  4: 'latin1',
  17: 'shift_jis',
  18: 'euc-jp',
  106: 'utf-8',
  113: 'gbk',
  2024: 'shift_jis',
  2026: 'big5',
};
const UTF_8 = new TextDecoder('utf-8', { fatal: true });

/** One line of a device's text: UTF-8 if it is that, whatever the device declares, otherwise in its character set. */
export function deviceText(value: SnmpValue, most: number, characterSet?: SnmpValue): string {
  if (typeof value === 'number' || value === undefined) return '';
  return cleanLine(typeof value === 'string' ? value : decoded(value, characterSet), most);
}

function decoded(bytes: Buffer, characterSet: SnmpValue): string {
  const text = bytes.subarray(0, bytes.includes(0) ? bytes.indexOf(0) : bytes.length);
  try {
    return UTF_8.decode(text);
  } catch {
    const name = (typeof characterSet === 'number' && CHARACTER_SETS[characterSet]) || 'latin1';
    return new TextDecoder(name).decode(text);
  }
}
