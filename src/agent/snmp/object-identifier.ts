import { z } from 'zod';

/** An OBJECT IDENTIFIER in dots: `1.3.6.1.2.1.43`. */
export const objectIdentifier = z
  .string()
  .max(500)
  .regex(
    /^[0-2](\.(0|[1-9]\d{0,9})){1,127}$/,
    'must be an object identifier such as 1.3.6.1.2.1.43, without a dot in front',
  );

/** What follows `prefix` in `oid`; undefined if `oid` is not below it. */
export const below = (prefix: string, oid: string): string | undefined =>
  oid.startsWith(`${prefix}.`) ? oid.slice(prefix.length + 1) : undefined;

/** Lexicographical order (RFC 3416 4.2.2): whether `next` follows `oid`. */
export function follows(oid: string, next: string): boolean {
  const [left, right] = [oid.split('.'), next.split('.')];
  for (const [index, arc] of left.entries()) {
    const other = right[index];
    if (other === undefined) return false;
    if (other !== arc) return Number(other) > Number(arc);
  }
  return right.length > left.length;
}
