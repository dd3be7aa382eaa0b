import { z } from 'zod';

/**
 * Lists of names grow with the versions, and a message may be from a later version than its reader: such a name is no
 * reason to refuse the message. What permits something or says who did it (grants, decisions, who asks, signed records) is
 * never guessed, so those stay strict. docs/PROTOCOL.md states the rule for each list.
 */
export const laterName = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/i);

/** Whether a value is a well-formed name that is none of `known`. */
export const isLater = (known: z.ZodEnum, value: unknown): value is string =>
  !(known.options as readonly unknown[]).includes(value) && laterName.safeParse(value).success;

/** One of `known`; a later name is read as `instead`, which says no more than is certain. */
export const oneOf = <T extends z.ZodEnum>(known: T, instead: z.output<T>) =>
  z.preprocess((value) => (isLater(known, value) ? instead : value), known);

/** Some of `known`; later names are left out. */
export const someOf = <T extends z.ZodEnum>(known: T) =>
  z.preprocess(
    (value) => (Array.isArray(value) ? value.filter((each) => !isLater(known, each)) : value),
    z.array(known),
  );

/** Whether all that is wrong with a value are names and members of a later version. */
export function isOfLaterVersion(schema: z.ZodType, value: unknown): boolean {
  const { error } = schema.safeParse(value);
  const isName = (path: readonly PropertyKey[]): boolean =>
    laterName.safeParse(path.reduce<unknown>((part, key) => (part as Record<PropertyKey, unknown>)?.[key], value))
      .success;
  return (
    error?.issues.every(
      ({ code, path }) =>
        code === 'unrecognized_keys' || ((code === 'invalid_value' || code === 'invalid_union') && isName(path)),
    ) ?? false
  );
}
