import type { PanelView, PendingOrigin, PermittedOrigin } from '../../protocol/approval-screen';
import { byId, element } from '../elements';
import type { Send } from './condition-form';
import { fill, type Language } from './messages';
import { ORIGIN_MESSAGES } from './origin-messages';

/** A tap at the moment when a question appears must not answer it. */
const ARM_MS = 600;

const deviceOf = ({ deviceName, location: where }: PendingOrigin | PermittedOrigin): string =>
  deviceName + (where ? ` – ${where}` : '');

/** An item with buttons, and what the agent says if it refuses. */
function item(text: HTMLElement, send: Send, choices: readonly { label: string; path: string; body: object }[]) {
  const refused = element('p', { class: 'refused', role: 'alert', hidden: true });
  const buttons = choices.map(({ label, path, body }, at) => {
    const button = element('button', { type: 'button', disabled: true, class: at === 0 ? 'strong' : '' }, label);
    button.onclick = () => {
      for (const each of buttons) each.disabled = true;
      void send(path, body).then((detail) => {
        for (const each of buttons) each.disabled = false;
        refused.hidden = detail === undefined;
        refused.textContent = detail ?? '';
      });
    };
    return button;
  });
  setTimeout(() => {
    for (const button of buttons) button.disabled = false;
  }, ARM_MS);
  return element('li', {}, text, ...buttons, refused);
}

function question(asked: PendingOrigin, language: Language, send: Send): HTMLElement {
  const texts = ORIGIN_MESSAGES[language];
  const { userName: user, origin, applicationTitle: application } = asked;
  const path = `/origins/${asked.id}`;
  return item(
    element(
      'div',
      {},
      element('b', {}, origin),
      element('p', {}, fill(texts.question, { user, origin, application, device: deviceOf(asked) })),
      element('p', { class: 'soft' }, texts.means),
    ),
    send,
    [
      { label: texts.permit, path, body: { decision: 'permitted' } },
      { label: texts.decline, path, body: { decision: 'declined' } },
    ],
  );
}

function permittedItem(permitted: PermittedOrigin, language: Language, send: Send): HTMLElement {
  const texts = ORIGIN_MESSAGES[language];
  const time = new Date(permitted.permittedAt).toLocaleString(language, { dateStyle: 'medium', timeStyle: 'short' });
  const place = texts.places[permitted.permittedBy] ?? permitted.permittedBy;
  return item(
    element(
      'div',
      {},
      element('b', {}, permitted.origin),
      element('small', {}, `${permitted.applicationTitle} – ${deviceOf(permitted)}`),
      element('p', { class: 'soft' }, fill(texts.setBy, { time, place })),
    ),
    send,
    [{ label: texts.revoke, path: `/origins/${permitted.id}/revocation`, body: {} }],
  );
}

const seen = new Map<string, string>();
/** Leaves a list in place while it shows the same, because a finger may be on it. */
function update(id: string, key: string, children: () => Node[]): void {
  if (seen.get(id) === key) return;
  seen.set(id, key);
  byId(id).replaceChildren(...children());
}

/**
 * The addresses that technicians ask for, and those that are permitted, on the local page and on the LAN page.
 * @param mayPermit whether this person may answer; each may be revoked in any case
 */
export function showOrigins(view: PanelView, language: Language, send: Send, mayPermit: boolean): void {
  const texts = ORIGIN_MESSAGES[language];
  const asking = mayPermit ? view.originsAsking : [];
  byId('origins').hidden = asking.length === 0;
  byId('origins-title').textContent = texts.title;
  update('origins-asking', language + JSON.stringify(asking), () =>
    asking.map((each) => question(each, language, send)),
  );
  const { originsPermitted: permitted } = view;
  byId('origins-permitted-title').textContent = texts.permitted;
  byId('origins-permitted-title').hidden = permitted.length === 0;
  update('origins-permitted', language + JSON.stringify(permitted), () =>
    permitted.map((each) => permittedItem(each, language, send)),
  );
}
