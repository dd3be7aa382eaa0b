import { FindOperator, type ColumnOptions, type ValueTransformer } from 'typeorm';
import type { PrimaryColumnOptions } from 'typeorm/decorator/columns/PrimaryColumn';

/** Columns that mean the same in SQLite and PostgreSQL: varchar, text, integer, bigint and boolean only. */

const moment: ValueTransformer = {
  to: (value: unknown) => {
    // `delete` and `update` hand an operator over whole: LessThan(date) would be compared as text, and be true always
    if (value instanceof FindOperator) value.transformValue(moment);
    return value instanceof Date ? value.getTime() : value;
  },
  // PostgreSQL's driver gives bigint as text
  from: (stored: string | number | null) => (stored === null ? null : new Date(Number(stored))),
};
const integer: ValueTransformer = {
  to: (value: unknown) => value,
  from: (stored: string | number | null) => (stored === null ? null : Number(stored)),
};

/** UUID in text, made by the program (`randomUUID()`), so that it is known before the row is written. */
export function Uuid(): PrimaryColumnOptions;
export function Uuid(options: ColumnOptions): ColumnOptions;
export function Uuid(options: ColumnOptions = {}): ColumnOptions {
  return { type: 'varchar', length: 36, ...options };
}
/** `Date`, stored as milliseconds since 1970. */
export const Instant = (options: ColumnOptions = {}): ColumnOptions => ({
  type: 'bigint',
  transformer: moment,
  ...options,
});
/** `number` up to 2^53. */
export const Int64 = (options: ColumnOptions = {}): ColumnOptions => ({
  type: 'bigint',
  transformer: integer,
  ...options,
});
/** Any JSON value, stored as text. */
export const Json = (options: ColumnOptions = {}): ColumnOptions => ({ type: 'simple-json', ...options });
/** SHA-256 in base64url: what is kept of a secret. */
export function Hash(): PrimaryColumnOptions;
export function Hash(options: ColumnOptions): ColumnOptions;
export function Hash(options: ColumnOptions = {}): ColumnOptions {
  return { type: 'varchar', length: 43, ...options };
}
