import { startAuthentication, startRegistration } from '@simplewebauthn/browser';
import type { LanView, LoginState } from '../../protocol/approver-page';
import type { PanelView } from '../../protocol/approval-screen';
import { showConditions } from '../approval/conditions';
import { fill, type Language } from '../approval/messages';
import { showOrigins } from '../approval/origins';
import { showEvents, startScreen } from '../approval/screen';
import { byId, element } from '../elements';
import { form, post, textOf, type Failure } from './forms';
import { APPROVER_MESSAGES } from './messages';

/**
 * The LAN page, where approvers answer on their phones: first login or pairing, then the approval screen for their
 * devices. `/devices/<id>`, where the sticker of a device leads, shows that device only.
 */
const [, place] = /^\/devices\/([^/]+)$/.exec(location.pathname) ?? [];
const only = place === undefined ? undefined : decodeURIComponent(place);

let login: LoginState = { state: 'unknown', name: null, passkeys: false };
let view: LanView | undefined;
/** `provenUntil` on the clock of this page. */
let provenUntil = 0;
let leave: (() => void) | undefined;

let language: Language = startScreen({
  send: answer,
  shown,
  onLanguage: (chosen) => {
    language = chosen;
    texts = APPROVER_MESSAGES[chosen];
    showLogin();
    showAround();
  },
  onRefused: () => void refresh(),
});
let texts = APPROVER_MESSAGES[language];

async function refresh(): Promise<void> {
  const answered = await fetch('/login').catch(() => undefined);
  if (!answered?.ok) return void setTimeout(() => void refresh(), 2_000);
  login = (await answered.json()) as LoginState;
  leave?.();
  leave = undefined;
  if (byId<HTMLDialogElement>('proof').open) byId<HTMLDialogElement>('proof').close();
  const isIn = login.state === 'logged-in';
  byId('screen').hidden = !isIn;
  if (isIn) leave = showEvents();
  showLogin();
}

function showLogin(): void {
  const passkey = login.passkeys && passkeyButton(async () => void (await refresh()));
  const entry = byId('entry');
  if (login.state === 'logged-in') return entry.replaceChildren();
  if (login.state === 'paired') {
    const fields = [{ name: 'pin', label: texts.pin, kind: 'pin' }] as const;
    const lost = element('p', { class: 'hint' }, texts.lostPin);
    entry.replaceChildren(
      form(fill(texts.loginTitle, { name: login.name ?? '' }), '', fields, texts.login, logIn, passkey, lost),
    );
  } else {
    const fields = [
      { name: 'code', label: texts.code, kind: 'code' },
      { name: 'name', label: texts.name, hint: texts.nameHint, kind: 'name', optional: true },
      { name: 'pin', label: texts.newPin, hint: texts.pinRule, kind: 'new-pin' },
      { name: 'again', label: texts.pinAgain, kind: 'new-pin' },
    ] as const;
    entry.replaceChildren(form(texts.pairTitle, texts.pairHint, fields, texts.pair, pair, passkey));
  }
  entry.querySelector('input')?.focus();
}

async function pair({ code = '', name = '', pin, again }: Record<string, string>): Promise<string | undefined> {
  if (pin !== again) return texts.different;
  const { failure } = await post('/pair', { code, pin, ...(name !== '' && { name }) });
  if (failure) return textOf(failure, texts);
  await refresh();
  return undefined;
}

async function logIn({ pin }: Record<string, string>): Promise<string | undefined> {
  const { failure } = await post('/login', { pin });
  if (failure && failure.code !== 'not-paired') return textOf(failure, texts);
  await refresh();
  return failure && textOf(failure, texts);
}

function passkeyButton(done: () => Promise<void>): HTMLElement {
  const button = element('button', { type: 'button', class: 'secondary' }, texts.withPasskey);
  const problem = element('p', { class: 'failure', role: 'alert', hidden: true });
  button.onclick = () => {
    button.disabled = true;
    void withPasskey()
      .then(async (failure) => {
        problem.textContent = failure ?? '';
        problem.hidden = failure === undefined;
        if (failure === undefined) await done();
      })
      .finally(() => (button.disabled = false));
  };
  return element('div', { class: 'other' }, button, problem);
}

async function withPasskey(): Promise<string | undefined> {
  const options = await post('/passkey-login/options', {});
  if (options.failure) return textOf(options.failure, texts);
  const optionsJSON = options.body as Parameters<typeof startAuthentication>[0]['optionsJSON'];
  const response = await startAuthentication({ optionsJSON }).catch(() => undefined);
  if (!response) return texts.problems['passkey-refused'];
  const { failure } = await post('/passkey-login', { response });
  return failure && textOf(failure, texts);
}

async function addPasskey(): Promise<string | undefined> {
  const options = await post('/passkeys/options', {});
  if (options.failure) return textOf(options.failure, texts);
  const optionsJSON = options.body as Parameters<typeof startRegistration>[0]['optionsJSON'];
  const response = await startRegistration({ optionsJSON }).catch(() => undefined);
  if (!response) return texts.problems['passkey-refused'];
  const { failure } = await post('/passkeys', { response });
  return failure && textOf(failure, texts);
}

// ---- the approval screen

/** What this page shows of a state. */
function shown(received: PanelView): PanelView {
  view = received as LanView;
  provenUntil = (view.approver.provenUntil ?? 0) - view.now + performance.now();
  showAround();
  return here(view);
}

function here(all: LanView): PanelView {
  if (only === undefined) return all;
  const isHere = ({ deviceId }: { readonly deviceId: string }) => deviceId === only;
  return {
    ...all,
    asking: all.asking.filter(isHere),
    jobsAsking: all.jobsAsking.filter(isHere),
    live: all.live.filter(isHere),
    maintenance: all.maintenance.filter(isHere),
    ended: all.ended.filter(isHere),
    devices: all.devices.filter(({ id }) => id === only),
    conditions: all.conditions.filter(isHere),
    denials: all.denials.filter(isHere),
    originsAsking: all.originsAsking.filter(isHere),
    originsPermitted: all.originsPermitted.filter(isHere),
  };
}

async function answer(path: string, body: object): Promise<boolean> {
  const failure = await send(path, body, 'decision' in body && body.decision === 'approved');
  return failure === undefined || ['not-found', 'unknown-session', 'unknown-job', 'wrong-state'].includes(failure.code);
}

/** Sets or revokes an access condition, or answers for another origin. @returns why it was refused */
async function change(path: string, body: object): Promise<string | undefined> {
  const permits = path === '/conditions' || ('decision' in body && body.decision === 'permitted');
  const failure = await send(path, body, permits);
  if (failure?.code === 'proof-required') return texts.proofHint;
  return failure && (failure.detail ?? textOf(failure, texts));
}

/** What opens something needs a recent proof; everything else is sent as it is. */
async function send(path: string, body: object, opens: boolean): Promise<Failure | undefined> {
  const unproven = { code: 'proof-required', retryAfterSeconds: undefined };
  if (opens && provenUntil < performance.now() && !(await proven())) return unproven;
  const { failure } = await post(path, body);
  if (failure?.code === 'proof-required') return (await proven()) ? (await post(path, body)).failure : failure;
  if (failure?.code === 'not-logged-in') await refresh();
  return failure;
}

/** Asks for the PIN or a passkey. @returns false if the person went back */
function proven(): Promise<boolean> {
  const dialog = byId<HTMLDialogElement>('proof');
  return new Promise((resolve) => {
    const succeed = () => {
      provenUntil = Infinity; // until the next state says how long
      dialog.close('proven');
    };
    const back = element('button', { type: 'button', class: 'secondary' }, texts.cancel);
    back.onclick = () => dialog.close('');
    const send = async ({ pin }: Record<string, string>) => {
      const { failure } = await post('/login', { pin });
      if (failure?.code === 'not-paired') await refresh();
      if (failure) return textOf(failure, texts);
      succeed();
      return undefined;
    };
    const fields = [{ name: 'pin', label: texts.pin, kind: 'pin' }] as const;
    const passkey = login.passkeys && passkeyButton(() => Promise.resolve(succeed()));
    dialog.replaceChildren(form(texts.proofTitle, texts.proofHint, fields, texts.confirm, send, passkey, back));
    dialog.returnValue = '';
    dialog.onclose = () => resolve(dialog.returnValue === 'proven');
    dialog.showModal();
  });
}

/** The name of the device, the other devices, and what the approver can do with the login. */
function showAround(): void {
  if (!view) return;
  const { devices, approver, asking, jobsAsking } = view;
  showConditions(here(view), language, change, approver.setsConditions);
  showOrigins(here(view), language, change, approver.setsConditions);
  const device = devices.find(({ id }) => id === only);
  const others = [...asking, ...jobsAsking].filter(({ deviceId }) => deviceId !== only).length;
  const nameOf = ({ name, location: where }: LanView['devices'][number]) =>
    where === '' ? name : `${name} – ${where}`;
  if (only === undefined) byId('place').textContent = devices.map(nameOf).join(' · ');
  else
    byId('place').replaceChildren(
      device ? element('b', {}, nameOf(device)) : element('b', { role: 'alert' }, texts.notYours),
      element('a', { href: '/' }, others > 0 ? fill(texts.otherRequests, { count: others }) : texts.allDevices),
    );
  const account = byId('account');
  const key = JSON.stringify([approver.name, approver.passkeys, login.passkeys, texts.account]);
  if (account.dataset.key === key) return;
  account.dataset.key = key;
  const open = account.querySelector('details')?.open === true;
  const logout = element('button', { type: 'button', class: 'secondary' }, texts.logout);
  logout.onclick = () => void post('/logout', {}).then(refresh);
  account.replaceChildren(
    element(
      'details',
      { open },
      element('summary', {}, fill(texts.loggedInAs, { name: approver.name })),
      changePin(),
      login.passkeys && passkeys(approver.passkeys),
      logout,
    ),
  );
}

function changePin(): HTMLElement {
  const fields = [
    { name: 'pin', label: texts.presentPin, kind: 'pin' },
    { name: 'newPin', label: texts.newPin, hint: texts.pinRule, kind: 'new-pin' },
    { name: 'again', label: texts.pinAgain, kind: 'new-pin' },
  ] as const;
  return form(texts.changePin, '', fields, texts.changePin, async ({ pin, newPin, again }) => {
    if (newPin !== again) return texts.different;
    const { failure } = await post('/pin', { pin, newPin });
    return failure ? textOf(failure, texts) : texts.done;
  });
}

function passkeys(count: number): HTMLElement {
  const add = element('button', { type: 'button', class: 'secondary' }, texts.addPasskey);
  const result = element('p', { role: 'status' });
  add.onclick = () => {
    add.disabled = true;
    void (async () => {
      if (provenUntil < performance.now() && !(await proven())) return;
      result.textContent = (await addPasskey()) ?? texts.done;
    })().finally(() => (add.disabled = false));
  };
  return element('div', { class: 'other' }, element('p', {}, fill(texts.passkeys, { count })), add, result);
}

void refresh();
