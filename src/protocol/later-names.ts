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
