import { z } from 'zod';
import { parseJson } from '../../../protocol/parse-json';
import type { FleetSort } from '../../../protocol/fleet';
import { InvalidCursor } from '../../database/page';

/** What the sort column of each order holds. Numbers must fit into it: PostgreSQL compares an integer with no larger one. */
const text = z
  .string()
  .max(200)
  .regex(/^[^\0]*$/);
const integer = z.int().min(0).max(1_000);
const instant = z.int().min(0);
const VALUES: Record<FleetSort, z.ZodType<string | number>> = {
  name: text,
  'last-seen': instant,
  alerts: integer,
  supplies: integer,
  firmware: text,
};

/** The place after a row: the value of its sort column, and its ID. */
export const cursorOf = (value: string | number, id: string, sort: FleetSort): string => {
  const isText = VALUES[sort] === text;
  return Buffer.from(JSON.stringify([isText ? value : Number(value), id])).toString('base64url');
};

/** @throws InvalidCursor */
export function positionOf(cursor: string, sort: FleetSort): { value: string | number; id: string } {
  const position = z.tuple([VALUES[sort], z.string().max(64)]);
  const { data } = position.safeParse(parseJson(Buffer.from(cursor, 'base64url').toString()));
  if (!data) throw new InvalidCursor();
  return { value: data[0], id: data[1] };
}
