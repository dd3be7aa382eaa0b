import qrcode from 'qrcode-generator';
import type { ApproverAdministration, PairingCode } from '../../protocol/approver-page';
import { duration } from '../approval/countdown';
import { fill, LANGUAGES, languageOf, type Language } from '../approval/messages';
import { byId, element } from '../elements';
import { ADMINISTRATION_MESSAGES } from './messages';

/**
 * Manages approvers, on the agent's own computer: pairing codes, removal, and the stickers whose QR code leads to the page
 * of a device.
 */
type Approver = ApproverAdministration['approvers'][number];
type Device = ApproverAdministration['devices'][number];
type Lan = NonNullable<ApproverAdministration['lan']>;

let language: Language = LANGUAGES.find((each) => each === stored()) ?? languageOf(navigator.languages);
let texts = ADMINISTRATION_MESSAGES[language];
let shown: (PairingCode & { readonly name: string; readonly until: number }) | undefined;
let state: ApproverAdministration | undefined;

function stored(): string | null {
  try {
    return localStorage.getItem('language');
  } catch {
    return null; // storage is disabled in this browser
  }
}

async function load(): Promise<void> {
  const answer = await fetch('/approvers').catch(() => undefined);
  byId('problem').hidden = answer?.ok === true;
  byId('problem').textContent = texts.failed;
  if (answer?.ok) state = (await answer.json()) as ApproverAdministration;
  show();
}

async function post(path: string, body: object): Promise<unknown> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) }).catch(() => undefined);
  if (answer?.ok) return answer.status === 204 ? undefined : answer.json();
  const { detail } = ((await answer?.json().catch(() => undefined)) ?? {}) as { detail?: string };
  byId('problem').textContent = detail ?? texts.failed;
  byId('problem').hidden = false;
  throw new Error('refused');
}

/** Runs the action of a button, then shows the result. */
function button(label: string, kind: string, act: () => Promise<void>): HTMLButtonElement {
  const made = element('button', { type: 'button', class: kind }, label);
  made.onclick = () => {
    made.disabled = true;
    void act()
      .then(load, () => undefined)
      .finally(() => (made.disabled = false));
  };
  return made;
}

async function showCode(name: string, body: object): Promise<void> {
  const code = (await post('/approvers/codes', body)) as PairingCode;
  shown = { ...code, name, until: performance.now() + code.validForSeconds * 1000 };
}

function show(): void {
  document.documentElement.lang = language;
  document.title = texts.title;
  byId('title').textContent = texts.title;
  byId('back').textContent = texts.back;
  byId('language').textContent = texts.switchTo;
  byId('language').lang = language === 'ja' ? 'en' : 'ja';
  if (!state) return;
  const { lan, devices, approvers } = state;
  if (!lan) return byId('content').replaceChildren(element('p', { class: 'card' }, texts.noLan));
  byId('content').replaceChildren(
    element('p', { class: 'intro' }, texts.intro),
    ...codeCard(lan),
    approvers.length === 0
      ? element('p', { class: 'card' }, texts.none)
      : element('ul', { class: 'card' }, ...approvers.map((each) => approverRow(each, devices))),
    pairCard(devices),
    addressCard(lan),
    element('section', {}, element('h2', {}, texts.stickers), element('p', {}, texts.stickerHint)),
    element('div', { class: 'stickers' }, ...devices.map((device) => sticker(device, lan))),
  );
}

function codeCard(lan: Lan): HTMLElement[] {
  if (!shown) return [];
  return [
    element(
      'section',
      { class: 'card', id: 'pairing', 'aria-live': 'polite' },
      element('h2', {}, fill(texts.codeFor, { name: shown.name })),
      element('p', { class: 'code' }, shown.code),
      element('p', {}, fill(texts.codeHint, { url: lan.url })),
      element('p', {}, `${texts.codeLeft} `, element('b', { id: 'left' })),
    ),
  ];
}

function tick(): void {
  const left = document.getElementById('left');
  if (!shown || !left) return;
  const seconds = Math.ceil((shown.until - performance.now()) / 1000);
  if (seconds > 0) return void (left.textContent = duration(seconds));
  byId('pairing').replaceChildren(element('p', {}, texts.codeOver));
  shown = undefined;
}

function approverRow(
  { id, name, devices: theirs, setsConditions, phones, passkeys }: Approver,
  devices: readonly Device[],
): HTMLElement {
  const names = theirs?.map((each) => devices.find((device) => device.id === each)?.name ?? each).join(', ');
  const reset = button(texts.reset, '', async () => {
    if (confirm(fill(texts.resetSure, { name }))) await showCode(name, { approver: id });
  });
  const remove = button(texts.remove, 'danger', async () => {
    if (confirm(fill(texts.removeSure, { name }))) await post(`/approvers/${id}/remove`, {});
  });
  return element(
    'li',
    {},
    element('b', {}, name),
    element('span', {}, fill(texts.facts, { devices: names ?? texts.all, phones, passkeys })),
    setsConditions && element('span', {}, texts.setsConditions),
    reset,
    remove,
  );
}

function pairCard(devices: readonly Device[]): HTMLElement {
  const boxes = devices.map(({ id }) => element('input', { type: 'checkbox', value: id, checked: true }));
  const choices = devices.map(({ name }, index) => element('label', {}, boxes[index], name));
  const conditions = element('input', { type: 'checkbox' });
  const pair = button(texts.pair, 'primary', async () => {
    const chosen = boxes.filter(({ checked }) => checked).map(({ value }) => value);
    // all of them: also devices that are added later
    const all = chosen.length === devices.length;
    await showCode(texts.newApprover, { devices: all ? null : chosen, setsConditions: conditions.checked });
  });
  const count = () => (pair.disabled = !boxes.some(({ checked }) => checked));
  for (const box of boxes) box.onchange = count;
  return element(
    'section',
    { class: 'card' },
    element('h2', {}, texts.pairTitle),
    element('fieldset', {}, element('legend', {}, texts.pairHint), ...choices),
    element(
      'fieldset',
      {},
      element('legend', {}, texts.mayAlso),
      element('label', {}, conditions, texts.setsConditions),
    ),
    pair,
  );
}

function addressCard({ url, fingerprint, selfSigned }: Lan): HTMLElement {
  return element(
    'section',
    { class: 'card' },
    element('h2', {}, texts.address),
    element('p', {}, element('code', {}, url)),
    element('h2', {}, texts.fingerprint),
    element('p', {}, element('code', {}, fingerprint)),
    selfSigned && element('p', {}, texts.warning),
  );
}

function sticker({ id, name, location: where }: Device, { url, fingerprint }: Lan): HTMLElement {
  const target = `${url}/devices/${encodeURIComponent(id)}`;
  const code = qrcode(0, 'M');
  code.addData(target);
  code.make();
  const picture = element('img', {
    src: `data:image/svg+xml,${encodeURIComponent(code.createSvgTag({ scalable: true, margin: 4 }))}`,
    alt: target,
  });
  const print = element('button', { type: 'button' }, texts.print);
  const made = element(
    'article',
    { class: 'sticker' },
    picture,
    element('b', {}, fill(texts.sticker, { device: name })),
    where !== '' && element('span', {}, where),
    element('code', {}, target),
    element('code', { class: 'fingerprint' }, `SHA-256 ${fingerprint}`),
    print,
  );
  print.onclick = () => {
    made.classList.add('printed');
    window.print();
    made.classList.remove('printed');
  };
  return made;
}

byId('language').onclick = () => {
  language = language === 'ja' ? 'en' : 'ja';
  texts = ADMINISTRATION_MESSAGES[language];
  try {
    localStorage.setItem('language', language);
  } catch {
    // without storage the choice lasts until the page is closed
  }
  show();
};
setInterval(tick, 250);
void load();
