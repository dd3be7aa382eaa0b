import type { Fields, Mistakes } from './web/form';
import { html, type Html } from './web/html';

/** What a form shows in its fields, and what is wrong with them. */
export interface FormState {
  values: Fields;
  mistakes: Mistakes;
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

/** The mistakes in the fields that forms show, from a record of any values. */
export const toFields = (record: Record<string, string | number>): Fields =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, String(value)]));
