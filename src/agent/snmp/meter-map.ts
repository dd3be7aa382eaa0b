import { z } from 'zod';
import { COUNTERS, counterName, type Counters } from '../../protocol/device-information';
import { LIMITS } from '../../protocol/limits';
import { DeviceRefused } from '../device/device-access';
import { deviceText } from './device-text';
import { below, objectIdentifier } from './object-identifier';
import type { SnmpClient, SnmpValue } from './snmp-client';

const ADDENDS = 12;
const KEY_CHARACTERS = 80;

const meter = z
  .strictObject({
    counter: counterName,
    /** Objects, with their index; their sum is the counter. */
    objects: z.array(objectIdentifier).min(1).max(ADDENDS).optional(),
    /** Or keys of rows of `table`; the sum of their values is the counter. */
    rows: z
      .array(z.union([z.int(), z.string().min(1).max(KEY_CHARACTERS)]))
      .min(1)
      .max(ADDENDS)
      .optional(),
  })
  .superRefine(({ objects, rows }, context) => {
    if ((objects === undefined) === (rows === undefined))
      context.addIssue({ code: 'custom', message: 'needs "objects" or "rows"' });
  });

/**
 * Where models of one vendor have their meters, because the Printer-MIB has only the total: a data file (JSON).
 *
 *     { "vendor": "Acme", "sources": ["https://acme.example/mib"],
 *       "objectIds": ["1.3.6.1.4.1.99999"], "models": ["LaserMax *"],
 *       "meters": [
 *         { "counter": "copies", "objects": ["1.3.6.1.4.1.99999.1.1.0", "1.3.6.1.4.1.99999.1.2.0"] } ] }
 *
 * `objectIds`: where sysObjectID of these models begins. `models`: their names, `*` for any text; by default all. For meters in
 * a table whose rows have keys, `table` names the columns with the keys and the values, and `rows` the keys:
 *
 *     "table": { "keys": "1.3.6.1.4.1.99999.5.1.2", "values": "1.3.6.1.4.1.99999.5.1.9" },
 *     "meters": [ { "counter": "copies", "rows": [201, 202] } ]
 */
export const meterMap = z
  .strictObject({
    vendor: z.string().min(1).max(100),
    /** Where the objects are published. */
    sources: z.array(z.string().min(1).max(500)).min(1).max(20),
    objectIds: z.array(objectIdentifier).min(1).max(20),
    models: z.array(z.string().min(1).max(200)).min(1).max(200).optional(),
    table: z.strictObject({ keys: objectIdentifier, values: objectIdentifier }).optional(),
    meters: z.array(meter).min(1).max(LIMITS.METERS_PER_FILE),
  })
  .superRefine(({ table, meters }, context) => {
    const needs = meters.findIndex(({ rows }) => rows !== undefined);
    if (needs >= 0 && !table)
      context.addIssue({ code: 'custom', path: ['meters', needs, 'rows'], message: 'need "table"' });
    const names = meters.map(({ counter }) => counter);
    const twice = names.findIndex((name, index) => names.indexOf(name) !== index);
    if (twice >= 0)
      context.addIssue({
        code: 'custom',
        path: ['meters', twice, 'counter'],
        message: `${names[twice]} is there twice`,
      });
  });
export type MeterMap = z.output<typeof meterMap>;

/** The first map that is for the device. @param names of the model, in the device's words */
export const mapFor = (maps: readonly MeterMap[], objectId: string, names: readonly string[]): MeterMap | undefined =>
  maps.find(
    ({ objectIds, models }) =>
      objectIds.some((each) => each === objectId || below(each, objectId) !== undefined) &&
      (models === undefined || models.some((pattern) => names.some((name) => matches(pattern, name)))),
  );

/** Without regular expressions, which could take long. */
function matches(pattern: string, name: string): boolean {
  const [first = '', ...rest] = pattern.toLowerCase().split('*');
  const text = name.toLowerCase();
  const last = rest.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first)) return false;
  let from = first.length;
  for (const part of rest) {
    const at = text.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return text.length - last.length >= from && text.endsWith(last);
}

/**
 * Reads the meters of a device. A counter of which a part could not be read is left out, because it would be too small.
 * @throws DeviceUnreachable, DeviceRefused
 */
export async function readMeters(map: MeterMap, client: SnmpClient): Promise<Counters> {
  const byKey = map.table && (await readTable(map.table, client));
  const objects = await readObjects([...new Set(map.meters.flatMap((each) => each.objects ?? []))], client);
  const counters = map.meters.flatMap(({ counter, objects: oids, rows = [] }): [string, number][] => {
    if (oids?.some((oid) => objects.unread.has(oid))) return [];
    const values = oids ? oids.map((oid) => objects.found.get(oid)) : rows.map((key) => byKey?.get(String(key)));
    const counts = values.map(countOf).filter((each) => each !== undefined);
    const sum = counts.reduce((total, each) => total + each, 0);
    return counts.length > 0 && Number.isSafeInteger(sum) ? [[counter, sum]] : [];
  });
  return Object.fromEntries(counters.slice(0, COUNTERS));
}

/** Values by key; undefined if there are more than were read. */
async function readTable(
  { keys, values }: NonNullable<MeterMap['table']>,
  client: SnmpClient,
): Promise<ReadonlyMap<string, SnmpValue> | undefined> {
  const { rows, isComplete } = await client.rows([keys, values]);
  if (!isComplete) return undefined;
  return new Map(
    [...rows.values()].map(([key, value]) => [
      typeof key === 'number' ? String(key) : deviceText(key, KEY_CHARACTERS),
      value,
    ]),
  );
}

/** Some devices have no answer for an object, but list it after the object before it. */
async function readObjects(oids: readonly string[], client: SnmpClient): Promise<ReadObjects> {
  const found = new Map(await client.objects(oids));
  const missing = oids.filter((oid) => !found.has(oid));
  const unread = new Set<string>();
  for (const column of new Set(missing.map(parentOf))) {
    const { rows, isComplete } = await client.rows([column]);
    for (const [index, [value]] of rows) found.set(`${column}.${index}`, value);
    for (const oid of missing) if (!isComplete && parentOf(oid) === column && !found.has(oid)) unread.add(oid);
  }
  return { found, unread };
}

interface ReadObjects {
  readonly found: ReadonlyMap<string, SnmpValue>;
  /** Objects that the device may have all the same. */
  readonly unread: ReadonlySet<string>;
}

const parentOf = (oid: string): string => oid.replace(/\.\d+$/, '');

/** Some vendors have counters as text. */
function countOf(value: SnmpValue): number | undefined {
  const text = typeof value === 'number' ? undefined : deviceText(value, 20);
  const count = typeof value === 'number' ? value : text && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
  return count !== undefined && count >= 0 ? count : undefined;
}

/** Of a device that fails at its own meters. */
export const withoutMeters = (error: unknown): Counters => {
  if (error instanceof DeviceRefused && error.mayAnswerLess) return {};
  throw error;
};
