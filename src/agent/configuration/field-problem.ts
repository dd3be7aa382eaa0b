import { z } from 'zod';

/** Refuses a field from within a transform. */
export function problem(context: z.RefinementCtx, message: string, path: string[] = []): never {
  context.addIssue({ code: 'custom', message, path });
  return z.NEVER;
}

/** A list in which each ID stands once. */
export function unique<T extends z.ZodType<{ id: string }[]>>(rows: T, what: string) {
  return rows.superRefine((list, context) => {
    const seen = new Set<string>();
    for (const [index, { id }] of list.entries()) {
      if (seen.has(id))
        context.addIssue({ code: 'custom', path: [index, 'id'], message: `the ${what} ID ${id} is used twice` });
      seen.add(id);
    }
  });
}
