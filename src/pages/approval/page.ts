import type { PendingApproval, LiveSession, PanelView, ShownJob } from '../../protocol/approval-screen';
import { byId, element, find } from '../elements';
import { setClock, updateCountdowns } from './countdown';
import { fill, LANGUAGES, languageOf, MESSAGES, type Language } from './messages';
import { approvalRequest, banner, focusRequest, headline, pastRow, type Post } from './sessions';

/**
 * The approval screen (S143): shows the states that the agent sends as events, and sends the answers.
 */
let language: Language = storedLanguage() ?? languageOf(navigator.languages);
let texts = MESSAGES[language];
let view: PanelView | undefined;
/** The agent does not answer. */
let silent = false;

function storedLanguage(): Language | undefined {
  try {
    return LANGUAGES.find((each) => each === localStorage.getItem('language'));
  } catch {
    return undefined; // storage is disabled in this browser
  }
}

const post: Post = (path, body, buttons) => {
  for (const button of buttons) button.disabled = true;
  byId('problem').hidden = true;
  void send(path, body).then((sent) => {
    if (sent) return;
    for (const button of buttons) button.disabled = false;
    byId('problem').textContent = texts.failed;
    byId('problem').hidden = false;
  });
};

async function send(path: string, body: object): Promise<boolean> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) }).catch(() => undefined);
  // 404 and 409: another page was faster; the next event shows the outcome
  return answer !== undefined && (answer.ok || answer.status === 404 || answer.status === 409);
}

const seen = new Map<string, string>();
/** Whether a part of the page shows other items than these keys. */
function changed(part: string, keys: readonly string[]): boolean {
  const text = keys.join();
  if (seen.get(part) === text) return false;
  seen.set(part, text);
  return true;
}

/** Leaves unchanged elements in place, because a finger may be on them. */
function updateList<Session extends PendingApproval | LiveSession>(
  container: HTMLElement,
  sessions: readonly Session[],
  build: (session: Session) => HTMLElement,
  appeared?: (made: HTMLElement) => void,
): void {
  const keyed = new Map(sessions.map((session) => [language + JSON.stringify(session), session]));
  const present = new Map<string, HTMLElement>();
  for (const child of [...container.children] as HTMLElement[]) {
    const { key = '' } = child.dataset;
    if (keyed.has(key)) present.set(key, child);
    else child.remove();
  }
  for (const [key, session] of keyed) {
    const kept = present.get(key);
    const made = kept ?? build(session);
    made.dataset.key = key;
    container.append(made);
    if (!kept) appeared?.(made);
  }
}

function jobLine({ deviceName, operation, started }: ShownJob): string {
  return fill(started ? texts.maintaining : texts.held, { device: deviceName, operation: texts.operations[operation] });
}

function showState(shown: PanelView): void {
  const hadFocus = document.activeElement !== document.body;
  const { live } = shown;
  const asking = shown.asking.slice(0, 1);
  const first = asking[0];
  const liveKeys = live.map((each) =>
    [each.remoteSessionId, each.phase, each.grant, each.draining, language].join(' '),
  );
  if (changed('live', liveKeys)) updateList(byId('live'), live, (session) => banner(session, texts, post));
  const askingKeys = asking.map((each) => each.remoteSessionId + language);
  if (changed('asking', askingKeys))
    updateList(byId('asking'), asking, (session) => approvalRequest(session, texts, post), focusRequest);
  byId('idle').hidden = asking.length > 0;
  document.body.classList.toggle('crowded', asking.length > 0 && live.length > 0);
  const waiting = shown.asking.length - 1;
  for (const more of document.querySelectorAll('.more'))
    more.textContent = waiting > 0 ? fill(texts.more, { count: waiting }) : '';
  byId('maintenance').textContent = shown.maintenance.map(jobLine).join('\n');
  byId('maintenance').hidden = shown.maintenance.length === 0;
  showIdle(shown);
  announce(
    first ? fill(texts.question, { user: first.userName }) : live.map((each) => headline(each, texts)).join('. '),
  );
  if (hadFocus && document.activeElement === document.body) byId('main').focus();
  updateCountdowns();
}

/** For screen readers, which would read a text again if it were set again. */
function announce(text: string): void {
  if (byId('announcement').textContent !== text) byId('announcement').textContent = text;
}

function showIdle({ online, asleep, live, ended }: PanelView): void {
  const state = find('.state');
  if (state) {
    state.className = online || asleep ? 'state' : 'state offline';
    state.hidden = live.length > 0;
  }
  byId('state').textContent = texts.idle;
  byId('hint').textContent = online ? texts.idleHint : asleep ? texts.idleAsleep : texts.idleOffline;
  byId('history').textContent = texts.history;
  byId('none').textContent = texts.historyEmpty;
  byId('none').hidden = ended.length > 0;
  byId('rows').hidden = ended.length === 0;
  if (!changed('ended', [language, JSON.stringify(ended)])) return;
  find('thead tr')?.replaceChildren(...texts.columns.map((text) => element('th', { scope: 'col' }, text)));
  find('tbody')?.replaceChildren(...ended.map((session) => pastRow(session, language, texts)));
}

function showFrame(): void {
  document.documentElement.lang = language;
  document.title = texts.title;
  byId('title').textContent = texts.title;
  byId('language').textContent = texts.switchTo;
  byId('language').lang = language === 'ja' ? 'en' : 'ja';
  const channel = silent
    ? 'silent'
    : !view
      ? 'connecting'
      : view.online
        ? 'online'
        : view.asleep
          ? 'asleep'
          : 'offline';
  byId('channel').textContent = texts[channel];
  byId('channel').className = channel === 'silent' ? 'offline' : channel;
}

byId('language').onclick = () => {
  language = language === 'ja' ? 'en' : 'ja';
  texts = MESSAGES[language];
  try {
    localStorage.setItem('language', language);
  } catch {
    // without storage the choice lasts until the page is closed
  }
  showFrame();
  if (view) showState(view);
};

const events = new EventSource('/events');
events.onmessage = ({ data }: MessageEvent<string>) => {
  view = JSON.parse(data) as PanelView;
  setClock(view.now);
  silent = false;
  showFrame();
  showState(view);
};
events.onerror = () => {
  silent = true;
  showFrame();
};
showFrame();
setInterval(updateCountdowns, 250);
