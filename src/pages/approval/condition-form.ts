import type { NewAccessCondition } from '../../protocol/access-conditions';
import type { ShownDevice } from '../../protocol/approval-screen';
import { element } from '../elements';
import { CONDITION_MESSAGES } from './condition-messages';
import { fill, type Language } from './messages';

export const MEGABYTE = 1_000_000;
/** As the console of the server shows it. */
const CLIENT_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** @returns why it was refused, for people; undefined if it was done */
export type Send = (path: string, body: object) => Promise<string | undefined>;

/** The form that sets a condition. */
export function conditionForm(devices: readonly ShownDevice[], language: Language, send: Send): HTMLFormElement {
  const texts = CONDITION_MESSAGES[language];
  const field = (label: string, input: HTMLElement, hint?: string) =>
    element('label', { class: 'field' }, label, input, hint !== undefined && element('small', {}, hint));
  const check = (name: string, value: string, label: string) =>
    element('label', { class: 'check' }, element('input', { type: 'checkbox', name, value }), label);
  const group = (legend: string, ...children: (Node | false)[]) =>
    element('fieldset', {}, element('legend', {}, legend), ...children);
  const select = (name: string, options: readonly [value: string, label: string][], label?: string) =>
    element(
      'select',
      { name, 'aria-label': label },
      ...options.map(([value, label]) => element('option', { value }, label)),
    );

  const deviceSelect = select(
    'device',
    devices.map(({ id, name }) => [id, name]),
  );
  const dependent = element('div', { class: 'dependent' });
  const refused = element('p', { class: 'refused', role: 'alert', hidden: true });
  const form = element(
    'form',
    { novalidate: true },
    element('h3', {}, texts.newTitle),
    devices.length > 1 && field(texts.device, deviceSelect),
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
    const device = devices.find(({ id }) => id === deviceSelect.value) ?? devices[0];
    if (!device) return;
    const who = select(
      'who',
      [
        ...device.askers.map((each): [string, string] => [
          `${each.kind} ${each.id}`,
          `${each.name} (${texts[each.kind]})`,
        ]),
        ['', texts.other],
      ],
      texts.who,
    );
    const kind = select('kind', [
      ['client', texts.client],
      ['user', texts.user],
    ]);
    const id = (name: string, label: string, hint?: string) =>
      field(label, element('input', { name, autocomplete: 'off', autocapitalize: 'none', spellcheck: 'false' }), hint);
    const clientId = id('client-id', texts.clientId, texts.clientIdHint);
    const userId = id('user-id', texts.userId);
    const other = element(
      'div',
      { class: 'other' },
      field(texts.kind, kind),
      clientId,
      userId,
      field(texts.name, element('input', { name: 'name', autocomplete: 'off' })),
    );
    const what = select(
      'what',
      [
        ...(device.hasBoxes ? [['box', texts.boxes] as [string, string]] : []),
        ...(device.applications.length > 0 ? [['session', texts.sessions] as [string, string]] : []),
      ],
      texts.what,
    );
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
      clientId.hidden = kind.value !== 'client';
      userId.hidden = kind.value !== 'user';
      box.hidden = what.value !== 'box';
      sessions.hidden = what.value !== 'session';
    };
    who.onchange = kind.onchange = what.onchange = show;
    show();
    dependent.replaceChildren(group(texts.who, who, other), group(texts.what, what, box, sessions));
  };
  deviceSelect.onchange = build;
  build();

  form.onsubmit = (event) => {
    event.preventDefault();
    const device = devices.find(({ id }) => id === deviceSelect.value) ?? devices[0];
    if (!device) return;
    const condition = conditionIn(new FormData(form), device);
    const show = (detail: string | undefined) => {
      refused.hidden = detail === undefined;
      refused.textContent = detail === undefined ? '' : fill(texts.refused, { detail });
    };
    // a condition for a mistyped ID would permit nothing, and the owner would not learn why
    const isTyped = !device.askers.includes(condition.who);
    if (isTyped && condition.who.kind === 'client' && !CLIENT_ID.test(condition.who.id)) return show(texts.notClientId);
    void send('/conditions', { deviceId: device.id, condition }).then((detail) => {
      show(detail);
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
  const kind = text('kind') as 'user' | 'client';
  const id = text(`${kind}-id`).toLowerCase();
  const other = { kind, id, name: text('name') || id };
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
