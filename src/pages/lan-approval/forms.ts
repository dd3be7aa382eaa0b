import { duration } from '../approval/countdown';
import { fill } from '../approval/messages';
import { element } from '../elements';
import type { ApproverMessages } from './messages';

export interface Failure {
  readonly code: string;
  readonly detail?: string;
  readonly retryAfterSeconds: number | undefined;
}
/** undefined: done. `body`: the JSON answer, if there is one. */
export async function post(path: string, body: object): Promise<{ failure?: Failure; body?: unknown }> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) }).catch(() => undefined);
  if (answer === undefined) return { failure: { code: 'other', retryAfterSeconds: undefined } };
  const text = await answer.text().catch(() => '');
  const json: unknown = text === '' ? undefined : JSON.parse(text);
  return answer.ok ? { body: json } : { failure: json as Failure };
}

export function textOf({ code, retryAfterSeconds }: Failure, texts: ApproverMessages): string {
  const known = texts.problems[code] ?? texts.problems.other!;
  if (retryAfterSeconds === undefined) return known;
  const wait = fill(texts.wait, { time: duration(retryAfterSeconds) });
  return code === 'too-many-requests' ? wait : `${known} ${wait}`;
}

interface Field {
  readonly name: string;
  readonly label: string;
  readonly hint?: string;
  readonly kind: 'pin' | 'new-pin' | 'code' | 'name';
  readonly optional?: boolean;
}

const ATTRIBUTES = {
  pin: { type: 'password', inputmode: 'numeric', pattern: '[0-9]*', maxlength: 12, autocomplete: 'current-password' },
  'new-pin': {
    type: 'password',
    inputmode: 'numeric',
    pattern: '[0-9]{6,12}',
    maxlength: 12,
    autocomplete: 'new-password',
  },
  code: {
    type: 'text',
    autocapitalize: 'characters',
    maxlength: 20,
    autocomplete: 'one-time-code',
    spellcheck: 'false',
  },
  name: { type: 'text', maxlength: 60, autocomplete: 'name' },
} as const;

/** Several forms of the page may have a field of the same name. */
let forms = 0;

/**
 * A form whose button sends the values of its fields.
 * @param send returns what went wrong, to be shown; undefined: the form is done
 */
export function form(
  title: string,
  hint: string,
  fields: readonly Field[],
  button: string,
  send: (values: Record<string, string>) => Promise<string | undefined>,
  ...more: readonly (HTMLElement | false)[]
): HTMLFormElement {
  const problem = element('p', { class: 'failure', role: 'alert', hidden: true });
  const submit = element('button', { type: 'submit', class: 'primary' }, button);
  forms += 1;
  const inputs = fields.map(({ name, kind, optional }) =>
    element('input', { id: `field-${forms}-${name}`, name, required: optional !== true, ...ATTRIBUTES[kind] }),
  );
  const made = element(
    'form',
    { class: 'card', novalidate: true },
    element('h2', {}, title),
    hint !== '' && element('p', { class: 'hint' }, hint),
    ...fields.flatMap(({ label, hint: small }, index) => [
      element('label', { for: inputs[index]!.id }, label, small !== undefined && element('small', {}, small)),
      inputs[index]!,
    ]),
    problem,
    submit,
    ...more,
  );
  const fail = (text: string) => {
    problem.textContent = text;
    problem.hidden = false;
  };
  made.onsubmit = (event) => {
    event.preventDefault();
    const missing = inputs.find((input) => !input.reportValidity());
    if (missing) return;
    submit.disabled = true;
    problem.hidden = true;
    void send(Object.fromEntries(inputs.map((input) => [input.name, input.value.trim()])))
      .then((failure) => failure !== undefined && fail(failure))
      .finally(() => {
        submit.disabled = false;
        for (const input of inputs) if (input.type === 'password') input.value = '';
      });
  };
  return made;
}
