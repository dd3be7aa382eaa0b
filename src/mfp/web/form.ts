import { z } from 'zod';
import { BadRequest, bodyOf, type Exchange } from './exchange';
import { MFP_LIMITS } from '../mfp-limits';

export type Fields = Record<string, string>;
export type Mistakes = Record<string, string | undefined>;

/** Reads a submitted form. @throws BadRequest when it is no form, too large, or breaks off */
export async function readForm({ request }: Exchange): Promise<Fields> {
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded') throw new BadRequest('This page takes HTML forms only.', 415);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of bodyOf(request)) {
      size += chunk.length;
      if (size > MFP_LIMITS.FORM_BYTES) throw new BadRequest('The form is too large.', 413);
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof BadRequest ? error : new BadRequest('The form broke off.');
  }
  return Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString('utf8')));
}

export type Checked<T> = { ok: true; value: T } | { ok: false; mistakes: Mistakes };

/** Checks a form's fields; of each wrong field the first mistake, worded for the person. */
export function checkForm<T>(schema: z.ZodType<T>, fields: Fields): Checked<T> {
  const parsed = schema.safeParse(fields);
  if (parsed.success) return { ok: true, value: parsed.data };
  const mistakes: Mistakes = {};
  for (const { path, code, message } of parsed.error.issues) {
    const name = String(path[0]);
    const missing = code === 'invalid_type' && fields[name] === undefined;
    mistakes[name] ??= missing ? 'is missing' : message;
  }
  return { ok: false, mistakes };
}
