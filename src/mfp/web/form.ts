import type { z } from 'zod';
import { html, type Html } from './html';
import type { Fields } from './request-body';

export type Mistakes = Record<string, string | undefined>;

/** The values of a form's fields, and their errors. */
export interface FormState {
  readonly values: Fields;
  readonly mistakes: Mistakes;
}

export type Checked<T> = { ok: true; value: T } | { ok: false; mistakes: Mistakes };

/** Validates a form. @returns the first error of each invalid field, as shown to the user */
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

export function textField(form: FormState, name: string, label: string, type = 'text'): Html {
  const password = type === 'password' && html`autocomplete="current-password"`;
  const control = html`<input
    id="${name}"
    name="${name}"
    type="${type}"
    value="${form.values[name] ?? ''}"
    ${password}
  />`;
  return field(form, name, label, control);
}

export function choiceField(form: FormState, name: string, label: string, choices: readonly string[]): Html {
  const options = choices.map(
    (choice) => html`<option ${choice === form.values[name] && html`selected`}>${choice}</option>`,
  );
  return field(
    form,
    name,
    label,
    html`<select id="${name}" name="${name}">
      ${options}
    </select>`,
  );
}

function field({ mistakes }: FormState, name: string, label: string, control: Html): Html {
  const mistake = mistakes[name];
  return html`<div class="field ${mistake && 'wrong'}">
    <label for="${name}">${label}</label>${control}${mistake && html`<div class="mistake">${label} ${mistake}.</div>`}
  </div>`;
}

/** The values of a record as text for a form. */
export const toFields = (record: Record<string, string | number>): Fields =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, String(value)]));
