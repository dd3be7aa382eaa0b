import { z } from 'zod';
import { shownLine } from './shown-text';

/** What tells one device from another, as it reports it; empty: not reported. */
export const deviceIdentity = z.object({
  serialNumber: shownLine(100),
  /** printer-uuid (PWG 5100.13 6.6). */
  uuid: shownLine(100),
  /** ifPhysAddress (RFC 2863) of its first network interface, in the form `00:1a:2b:3c:4d:5e`. */
  mac: z
    .string()
    .regex(/^(([0-9a-f]{2}:){5}[0-9a-f]{2})?$/)
    .default(''),
  /** Maker and model of the IEEE 1284 device ID. */
  model: shownLine(200),
});
export type DeviceIdentity = z.infer<typeof deviceIdentity>;

export const UNIDENTIFIED: DeviceIdentity = { serialNumber: '', uuid: '', mac: '', model: '' };

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
    name: 'mac',
    plain: lower,
    says: (found: string, expected: string) =>
      `the device at this address has the MAC address "${found}" instead of "${expected}"`,
  },
  {
    name: 'model',
    plain: lower,
    says: (found: string, expected: string) => `the device at this address is a "${found}" instead of a "${expected}"`,
  },
] as const;

type Mark = (typeof MARKS)[number];

/** The first mark that both have. */
const decisive = (one: DeviceIdentity, other: DeviceIdentity): Mark | undefined =>
  MARKS.find(({ name }) => one[name] !== '' && other[name] !== '');
const agree = ({ name, plain }: Mark, one: DeviceIdentity, other: DeviceIdentity): boolean =>
  plain(one[name]) === plain(other[name]);

/** Whether a device is known to be this one: a model alone does not tell. */
export function isSameDevice(one: DeviceIdentity, other: DeviceIdentity): boolean {
  const mark = decisive(one, other);
  return mark !== undefined && mark.name !== 'model' && agree(mark, one, other);
}

/** The marks of a device as they are compared, without its model. Devices that have none in common are not the same one. */
export const marksOf = (identity: DeviceIdentity): string[] =>
  MARKS.filter(({ name }) => name !== 'model' && identity[name] !== '').map(
    ({ name, plain }) => `${name} ${plain(identity[name])}`,
  );

/** Whether both have the same marks, and the same are missing. */
export const hasSameMarks = (one: DeviceIdentity, other: DeviceIdentity): boolean =>
  MARKS.every((mark) => agree(mark, one, other));

/**
 * In words, why a device cannot be the expected one; undefined if it can. A device that has reported a serial number or a
 * UUID before does not lose both, unless its MAC address is the same.
 */
export function differenceOf(
  expected: DeviceIdentity,
  found: DeviceIdentity,
  reported: DeviceIdentity,
): string | undefined {
  const mark = decisive(expected, found);
  if (mark && !agree(mark, expected, found)) return mark.says(found[mark.name], expected[mark.name]);
  if (mark && mark.name !== 'model') return undefined;
  const missing = reported.serialNumber || reported.uuid;
  if (missing === '' || found.serialNumber !== '' || found.uuid !== '') return undefined;
  return `the device at this address reports no serial number and no UUID, and "${missing}" is expected`;
}

/** What is known of a device, with the marks that it did not report before; undefined if there are none. */
export function withMarks(before: DeviceIdentity = UNIDENTIFIED, found: DeviceIdentity): DeviceIdentity | undefined {
  const all = MARKS.map(({ name }) => [name, before[name] || found[name]] as const);
  if (all.every(([name, value]) => value === before[name])) return undefined;
  return Object.fromEntries(all) as DeviceIdentity;
}
