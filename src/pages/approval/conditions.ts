import type { AccessCondition } from '../../protocol/access-conditions';
import type { PanelView, ShownDenial, ShownDevice } from '../../protocol/approval-screen';
import { byId, element } from '../elements';
import { conditionForm, MEGABYTE, type Send } from './condition-form';
import { CONDITION_MESSAGES, type ConditionMessages } from './condition-messages';
import { fill, type Language } from './messages';

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
  const refused = element('p', { class: 'refused', role: 'alert', hidden: true });
  const means = element('p', {}, texts.revokeMeans);
  const confirm = element('div', { class: 'confirm', hidden: true }, means, refused, now, keep);
  const ask = (asked: boolean) => {
    revoke.hidden = asked;
    confirm.hidden = !asked;
    (asked ? keep : revoke).focus();
  };
  revoke.onclick = () => ask(true);
  keep.onclick = () => ask(false);
  now.onclick = () => {
    now.disabled = true;
    void send(`/conditions/${condition.id}/revocation`, {}).then((detail) => {
      now.disabled = false;
      refused.hidden = detail === undefined;
      refused.textContent = detail ?? '';
    });
  };
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

const seen = new Map<string, string>();
/** Leaves a list in place while it shows the same, because a finger may be on it. */
function update(id: string, key: string, children: () => Node[]): void {
  if (seen.get(id) === key) return;
  seen.set(id, key);
  byId(id).replaceChildren(...children());
}

/**
 * The section with the access conditions and the denied accesses, on the local page and on the LAN page.
 * @param maySet whether there is a form for a new one; each may be revoked in any case
 */
export function showConditions(view: PanelView, language: Language, send: Send, maySet: boolean): void {
  const texts = CONDITION_MESSAGES[language];
  const { conditions, denials, devices } = view;
  byId('access-title').textContent = texts.title;
  byId('access-intro').textContent = texts.intro;
  byId('access-none').textContent = maySet ? texts.none : texts.noneHere;
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
  update('conditions', language + JSON.stringify(conditions), () =>
    conditions.map((each) => conditionItem(each, view, language, send)),
  );
  update('denials', language + JSON.stringify(denials), () => denials.map((each) => denialRow(each, view, language)));
  // A form that someone fills in stays as it is.
  if (maySet && byId('condition-form').contains(document.activeElement)) return;
  update('condition-form', language + JSON.stringify([maySet, devices]), () =>
    maySet ? [conditionForm(devices, language, send)] : [],
  );
}
