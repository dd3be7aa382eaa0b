import type { PendingApproval, PendingJob, LiveSession, PanelView, ShownJob } from '../../protocol/approval-screen';
import { byId, element, find } from '../elements';
import { setClock, updateCountdowns } from './countdown';
import { fill, LANGUAGES, languageOf, MESSAGES, type Language } from './messages';
import {
  approvalRequest,
  banner,
  focusRequest,
  headline,
  jobQuestion,
  jobRequest,
  pastRow,
  type Post,
} from './sessions';

/**
 * The approval screen (S143), on the local page and on the LAN page: shows the states that the agent sends as events, and
 * sends the answers.
 */
export interface ScreenOptions {
  /** Sends an answer. @returns whether the agent has it, or has no use for it */
  readonly send: (path: string, body: object) => Promise<boolean>;
  /** Called with each state before it is shown. @returns what to show */
  readonly shown?: (view: PanelView) => PanelView;
  /** Called when the language has changed. */
  readonly onLanguage?: (language: Language) => void;
  /** The agent refused the events. */
  readonly onRefused?: () => void;
}

let options: ScreenOptions;
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
  void options.send(path, body).then((sent) => {
    if (sent) return;
    for (const button of buttons) button.disabled = false;
    byId('problem').textContent = texts.failed;
    byId('problem').hidden = false;
  });
};

const seen = new Map<string, string>();
/** Whether a part of the page shows other items than these keys. */
function changed(part: string, keys: readonly string[]): boolean {
  const text = keys.join();
  if (seen.get(part) === text) return false;
  seen.set(part, text);
  return true;
}

/** Leaves unchanged elements in place, because a finger may be on them. */
function updateList<Session extends PendingApproval | PendingJob | LiveSession>(
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
  let at = 0;
  for (const [key, session] of keyed) {
    const kept = present.get(key);
    const made = kept ?? build(session);
    made.dataset.key = key;
    const there = container.children[at++] ?? null;
    if (made !== there) container.insertBefore(made, there); // a move would take the focus, and a click that has begun
    if (!kept) appeared?.(made);
  }
}

function jobLine({ deviceName, operation, started }: ShownJob): string {
  return fill(started ? texts.maintaining : texts.held, { device: deviceName, operation: texts.operations[operation] });
}

const idOf = (asked: PendingApproval | PendingJob): string => ('jobId' in asked ? asked.jobId : asked.remoteSessionId);
const question = (asked: PendingApproval | PendingJob): HTMLElement =>
  'jobId' in asked ? jobRequest(asked, texts, post) : approvalRequest(asked, texts, post);
const questionText = (asked: PendingApproval | PendingJob): string =>
  'jobId' in asked ? jobQuestion(asked, texts) : fill(texts.question, { user: asked.userName });

function showState(shown: PanelView): void {
  const hadFocus = document.activeElement !== document.body;
  const { live } = shown;
  const all = [...shown.asking, ...shown.jobsAsking];
  const asking = all.slice(0, 1);
  const first = asking[0];
  const liveKeys = live.map((each) =>
    [each.remoteSessionId, each.phase, each.grant, each.draining, language].join(' '),
  );
  if (changed('live', liveKeys)) updateList(byId('live'), live, (session) => banner(session, texts, post));
  const askingKeys = asking.map((each) => idOf(each) + language);
  if (changed('asking', askingKeys)) updateList(byId('asking'), asking, question, focusRequest);
  byId('idle').hidden = asking.length > 0;
  document.body.classList.toggle('crowded', asking.length > 0 && live.length > 0);
  const waiting = all.length - 1;
  for (const more of document.querySelectorAll('.more'))
    more.textContent = waiting > 0 ? fill(texts.more, { count: waiting }) : '';
  byId('maintenance').textContent = shown.maintenance.map(jobLine).join('\n');
  byId('maintenance').hidden = shown.maintenance.length === 0;
  showIdle(shown);
  announce(first ? questionText(first) : live.map((each) => headline(each, texts)).join('. '));
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

/** Logo and name of the company; it is the same as long as the page is open. */
function showCompany(company: PanelView['company']): void {
  const place = byId('company');
  place.hidden = company === undefined;
  if (!company || place.textContent !== '') return;
  const logo = company.logo && element('img', { src: `data:image/png;base64,${company.logo}`, alt: '' });
  place.append(...(logo ? [logo] : []), element('strong', {}, company.name));
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
  showCompany(view?.company);
  byId('channel').textContent = texts[channel];
  byId('channel').className = channel === 'silent' ? 'offline' : channel;
}

function switchLanguage(): void {
  language = language === 'ja' ? 'en' : 'ja';
  texts = MESSAGES[language];
  try {
    localStorage.setItem('language', language);
  } catch {
    // without storage the choice lasts until the page is closed
  }
  showFrame();
  if (view) showState(view);
  options.onLanguage?.(language);
}

/** Shows header and language; the states follow with `showEvents`. @returns the language */
export function startScreen(chosen: ScreenOptions): Language {
  options = chosen;
  byId('language').onclick = switchLanguage;
  showFrame();
  setInterval(updateCountdowns, 250);
  return language;
}

/** Shows the agent's states from now on. @returns what ends that */
export function showEvents(): () => void {
  const events = new EventSource('/events');
  events.onmessage = ({ data }: MessageEvent<string>) => {
    const received = JSON.parse(data) as PanelView;
    setClock(received.now);
    view = options.shown?.(received) ?? received;
    silent = false;
    showFrame();
    showState(view);
  };
  events.onerror = () => {
    silent = true;
    showFrame();
    if (events.readyState === EventSource.CLOSED) options.onRefused?.();
  };
  return () => {
    events.close();
    view = undefined;
    silent = false;
    showFrame();
  };
}
