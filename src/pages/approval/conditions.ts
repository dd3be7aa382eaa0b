import type { AccessCondition, NewAccessCondition } from '../../protocol/access-conditions';
import type { PanelView, ShownDenial, ShownDevice } from '../../protocol/approval-screen';
import { byId, element } from '../elements';
import { CONDITION_MESSAGES, type ConditionMessages } from './condition-messages';
import { fill, MESSAGES, type Language } from './messages';

const MEGABYTE = 1_000_000;

/** @returns why it was refused, for people; undefined if it was done */
type Send = (path: string, body: object) => Promise<string | undefined>;

const dateTime = (at: string, language: Language): string =>
  new Date(at).toLocaleString(language, { dateStyle: 'medium', timeStyle: 'short' });

const megabytes = (bytes: number, language: Language): string =>
  (bytes / MEGABYTE).toLocaleString(language, { maximumFractionDigits: bytes < MEGABYTE ? 3 : 1 });

/** What a condition permits, in one line. */
function permission({ access }: AccessCondition, device: ShownDevice | undefined, texts: ConditionMessages): string {
  if (access.kind === 'box') {
    const box = access.box === null ? texts.everyBox : fill(texts.box, { box: access.box });
    return `${box}: ${access.operations.map((each) => texts.operations[each]).join(texts.separator)}`;
  }
  const titles = access.applications.map((id) => device?.applications.find((each) => each.id === id)?.title ?? id);
  const sessions = fill(texts.session, { applications: titles.join(texts.separator) });
  return access.grant === 'view' ? `${sessions} (${texts.view})` : sessions;
}

function period({ from, until, hours }: AccessCondition, language: Language, texts: ConditionMessages): string {
  const parts = [
    from !== null && fill(texts.from, { time: dateTime(from, language) }),
    until !== null && fill(texts.until, { time: dateTime(until, language) }),
    ...hours.map(({ days, from: start, until: end }) =>
      fill(texts.hours, {
        days: days.map((day) => texts.days[day - 1] ?? '').join(texts.separator),
        from: start,
        until: end,
      }),
    ),
  ].filter((each) => each !== false);
  return parts.length === 0 ? texts.always : parts.join(texts.separator);
}

function usage({ times, bytes, used, access }: AccessCondition, language: Language, texts: ConditionMessages): string {
  const count = fill(times === null ? texts.usedTimes : texts.usedTimesOf, { times: used.times, limit: times ?? '' });
  if (access.kind === 'session') return count;
  const limit = bytes === null ? '' : megabytes(bytes, language);
  const volume = fill(bytes === null ? texts.usedBytes : texts.usedBytesOf, {
    bytes: megabytes(used.bytes, language),
    limit,
  });
  return `${count}${texts.separator}${volume}`;
}

/** One condition, with the button that revokes it after a confirmation. */
function conditionItem(condition: AccessCondition, view: PanelView, language: Language, send: Send): HTMLElement {
  const texts = CONDITION_MESSAGES[language];
  const device = view.devices.find(({ id }) => id === condition.deviceId);
  const { who } = condition;
  const revoke = element('button', { type: 'button' }, texts.revoke);
  const now = element('button', { type: 'button', class: 'strong' }, texts.revokeNow);
  const keep = element('button', { type: 'button' }, texts.keep);
  const confirm = element('div', { class: 'confirm', hidden: true }, element('p', {}, texts.revokeMeans), now, keep);
  const ask = (asked: boolean) => {
    revoke.hidden = asked;
    confirm.hidden = !asked;
    (asked ? keep : revoke).focus();
  };
  revoke.onclick = () => ask(true);
  keep.onclick = () => ask(false);
  now.onclick = () => void send(`/conditions/${condition.id}/revocation`, {});
  const place = texts.places[condition.setBy] ?? condition.setBy;
  const set = fill(texts.setBy, { time: dateTime(condition.setAt, language), place });
  return element(
    'li',
    {},
    element(
      'div',
      {},
      element('b', {}, who.name),
      element('small', {}, `${texts[who.kind]} ${who.id}${view.devices.length > 1 ? ` – ${device?.name}` : ''}`),
      element('p', {}, permission(condition, device, texts)),
      element('p', {}, period(condition, language, texts)),
      element('p', { class: 'soft' }, usage(condition, language, texts)),
      element('p', { class: 'soft' }, set),
    ),
    revoke,
    confirm,
  );
}

function denialRow(denial: ShownDenial, view: PanelView, language: Language): HTMLElement {
  const texts = CONDITION_MESSAGES[language];
  const device = view.devices.find(({ id }) => id === denial.deviceId);
  const count = denial.count > 1 ? ` (${fill(texts.repeated, { count: denial.count })})` : '';
  return element(
    'li',
    {},
    element(
      'div',
      {},
      element('b', {}, denial.asker.name),
      element('small', {}, dateTime(denial.at, language)),
      element('p', {}, `${asked(denial.what, device, texts)}${count}`),
      element('p', { class: 'soft' }, texts.reasons[denial.reason]),
    ),
  );
}

/** `session web`, `list boxes`, `put invoices/may.pdf` */
function asked(what: string, device: ShownDevice | undefined, texts: ConditionMessages): string {
  const [verb = '', target = ''] = what.split(' ');
  if (what === 'list boxes') return texts.allBoxes;
  const title = device?.applications.find(({ id }) => id === target)?.title ?? target;
  if (verb === 'session') return fill(texts.sessionWith, { application: title });
  const operation = texts.operations[verb as keyof ConditionMessages['operations']];
  return operation === undefined ? what : `${operation}: ${target}`;
}

/** The form that sets a condition. */
function conditionForm(view: PanelView, language: Language, send: Send): HTMLFormElement {
  const texts = CONDITION_MESSAGES[language];
  const field = (label: string, input: HTMLElement, hint?: string) =>
    element('label', { class: 'field' }, label, input, hint !== undefined && element('small', {}, hint));
  const check = (name: string, value: string, label: string) =>
    element('label', { class: 'check' }, element('input', { type: 'checkbox', name, value }), label);
  const group = (legend: string, ...children: (Node | false)[]) =>
    element('fieldset', {}, element('legend', {}, legend), ...children);
  const select = (name: string, options: readonly [value: string, label: string][]) =>
    element('select', { name }, ...options.map(([value, label]) => element('option', { value }, label)));

  const deviceSelect = select(
    'device',
    view.devices.map(({ id, name }) => [id, name]),
  );
  const dependent = element('div', { class: 'dependent' });
  const refused = element('p', { class: 'refused', role: 'alert', hidden: true });
  const form = element(
    'form',
    { novalidate: true },
    element('h3', {}, texts.newTitle),
    view.devices.length > 1 && field(texts.device, deviceSelect),
    dependent,
    group(
      texts.when,
      element('small', {}, texts.whenHint),
      element(
        'div',
        { class: 'pair' },
        element('input', { type: 'datetime-local', name: 'from', 'aria-label': fill(texts.from, { time: '' }).trim() }),
        '–',
        element('input', {
          type: 'datetime-local',
          name: 'until',
          'aria-label': fill(texts.until, { time: '' }).trim(),
        }),
      ),
      element(
        'div',
        { class: 'checks', role: 'group', 'aria-label': texts.onDays },
        texts.onDays,
        ...texts.days.map((day, index) => check('day', String(index + 1), day)),
      ),
      element(
        'div',
        { class: 'pair' },
        element('input', {
          type: 'time',
          name: 'hour-from',
          value: '08:00',
          'aria-label': fill(texts.from, { time: '' }).trim(),
        }),
        '–',
        element('input', {
          type: 'time',
          name: 'hour-until',
          value: '18:00',
          'aria-label': fill(texts.until, { time: '' }).trim(),
        }),
      ),
    ),
    group(
      texts.howOften,
      element('small', {}, texts.howOftenHint),
      element(
        'div',
        { class: 'pair' },
        field(texts.times, element('input', { type: 'number', name: 'times', min: 1, inputmode: 'numeric' })),
        field(texts.megabytes, element('input', { type: 'number', name: 'megabytes', min: 0.001, step: 'any' })),
      ),
    ),
    refused,
    element('button', { type: 'submit', class: 'strong' }, texts.set),
  );

  const build = () => {
    const device = view.devices.find(({ id }) => id === deviceSelect.value) ?? view.devices[0];
    if (!device) return;
    const who = select('who', [
      ...device.askers.map((each): [string, string] => [
        `${each.kind} ${each.id}`,
        `${each.name} (${texts[each.kind]})`,
      ]),
      ['', texts.other],
    ]);
    const kind = select('kind', [
      ['client', texts.client],
      ['user', texts.user],
    ]);
    const other = element(
      'div',
      { class: 'other' },
      field(texts.kind, kind),
      field(`${texts.clientId} / ${texts.userId}`, element('input', { name: 'id', autocomplete: 'off' })),
      field(texts.name, element('input', { name: 'name', autocomplete: 'off' })),
    );
    const what = select('what', [
      ...(device.hasBoxes ? [['box', texts.boxes] as [string, string]] : []),
      ...(device.applications.length > 0 ? [['session', texts.sessions] as [string, string]] : []),
    ]);
    const box = element(
      'div',
      {},
      field(
        texts.boxName,
        element('input', { name: 'box', autocomplete: 'off', autocapitalize: 'none' }),
        texts.boxHint,
      ),
      element(
        'div',
        { class: 'checks', role: 'group', 'aria-label': texts.permitted },
        ...(['list', 'get', 'put', 'delete'] as const).map((each) => check('operation', each, texts.operations[each])),
      ),
    );
    const sessions = element(
      'div',
      {},
      element(
        'div',
        { class: 'checks', role: 'group', 'aria-label': texts.sessions },
        ...device.applications.map((each) => check('application', each.id, each.title)),
      ),
      field(
        texts.access,
        select('grant', [
          ['operate', texts.operate],
          ['view', texts.view],
        ]),
      ),
    );
    const show = () => {
      other.hidden = who.value !== '';
      box.hidden = what.value !== 'box';
      sessions.hidden = what.value !== 'session';
    };
    who.onchange = what.onchange = show;
    show();
    dependent.replaceChildren(group(texts.who, who, other), group(texts.what, what, box, sessions));
  };
  deviceSelect.onchange = build;
  build();

  form.onsubmit = (event) => {
    event.preventDefault();
    const device = view.devices.find(({ id }) => id === deviceSelect.value) ?? view.devices[0];
    if (!device) return;
    const condition = conditionIn(new FormData(form), device);
    void send('/conditions', { deviceId: device.id, condition }).then((detail) => {
      refused.hidden = detail === undefined;
      refused.textContent = detail === undefined ? '' : fill(texts.refused, { detail });
      if (detail === undefined) {
        form.reset();
        build();
      }
    });
  };
  return form;
}

/** The condition as the form has it; the agent checks it. */
function conditionIn(data: FormData, device: ShownDevice): NewAccessCondition {
  const text = (name: string): string => {
    const value = data.get(name);
    return typeof value === 'string' ? value.trim() : '';
  };
  const all = (name: string): string[] => data.getAll(name).map(String);
  const seen = device.askers.find(({ kind, id }) => `${kind} ${id}` === text('who'));
  const id = text('id');
  const other = { kind: text('kind') as 'user' | 'client', id, name: text('name') || id };
  const instant = (name: string) => (text(name) === '' ? null : new Date(text(name)).toISOString());
  const number = (name: string) => (text(name) === '' ? null : Number(text(name)));
  const days = all('day').map(Number);
  const volume = number('megabytes');
  const access: NewAccessCondition['access'] =
    text('what') === 'box'
      ? { kind: 'box', box: text('box') || null, operations: all('operation') as ('list' | 'get' | 'put' | 'delete')[] }
      : { kind: 'session', applications: all('application'), grant: text('grant') as 'operate' | 'view' };
  return {
    who: seen ?? other,
    access,
    from: instant('from'),
    until: instant('until'),
    hours: days.length === 0 ? [] : [{ days, from: text('hour-from'), until: text('hour-until') }],
    times: number('times'),
    bytes: volume === null ? null : Math.round(volume * MEGABYTE),
  };
}

const seen = new Map<string, string>();
/** Leaves a list in place while it shows the same, because a finger may be on it. */
function update(id: string, key: string, children: () => Node[]): void {
  if (seen.get(id) === key) return;
  seen.set(id, key);
  byId(id).replaceChildren(...children());
}

/** The section of the local page with the access conditions and the denied accesses. */
export function showConditions(view: PanelView, language: Language): void {
  const texts = CONDITION_MESSAGES[language];
  const { conditions, denials, devices } = view;
  byId('access-title').textContent = texts.title;
  byId('access-intro').textContent = texts.intro;
  byId('access-none').textContent = texts.none;
  byId('access-none').hidden = conditions.length > 0;
  byId('denials-title').textContent = texts.denials;
  byId('denials-none').textContent = texts.noDenials;
  byId('denials-none').hidden = denials.length > 0;
  const toggle = byId('access-toggle');
  const show = (shown: boolean) => {
    document.body.classList.toggle('conditions', shown);
    toggle.textContent = shown ? texts.back : texts.open;
    toggle.setAttribute('aria-expanded', String(shown));
  };
  show(document.body.classList.contains('conditions'));
  toggle.onclick = () => show(!document.body.classList.contains('conditions'));
  const send: Send = async (path, body) => {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) }).catch(() => undefined);
    if (answer?.ok) return undefined;
    const problem = (await answer?.json().catch(() => undefined)) as { detail?: string } | undefined;
    return problem?.detail ?? MESSAGES[language].failed;
  };
  update('conditions', language + JSON.stringify(conditions), () =>
    conditions.map((each) => conditionItem(each, view, language, send)),
  );
  update('denials', language + JSON.stringify(denials), () => denials.map((each) => denialRow(each, view, language)));
  // A form that someone fills in stays as it is.
  if (byId('condition-form').contains(document.activeElement)) return;
  update('condition-form', language + JSON.stringify(devices), () => [conditionForm(view, language, send)]);
}
