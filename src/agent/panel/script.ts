import { MESSAGES } from './messages';

/**
 * What the page does: shows each state that comes as an event, and sends what is pressed. Everything that comes from
 * outside is put in as text, never as markup. Time is counted by `performance.now`, as the agent does.
 */
export const SCRIPT = `'use strict';
const MESSAGES = ${JSON.stringify(MESSAGES)};
/** A request that appears under a finger must not be answered by it. */
const ARM_MS = 600;
const byId = (id) => document.getElementById(id);
const fill = (text, values) => text.replace(/\\{(\\w+)\\}/g, (_, name) => values[name]);
let language = stored() || document.documentElement.lang;
let words = MESSAGES[language];
let view;
let silent = false;
let skew = 0;

function stored() {
  try { return MESSAGES[localStorage.language] && localStorage.language; } catch { return undefined; }
}
function element(tag, attributes, ...children) {
  const made = Object.assign(document.createElement(tag), attributes);
  made.append(...children.filter((child) => child !== undefined));
  return made;
}
const secondsTo = (until) => Math.max(0, Math.ceil((until - performance.now() - skew) / 1000));
const two = (value) => String(value).padStart(2, '0');
function clock(seconds) {
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours > 0 ? hours + ':' + two(minutes) + ':' + two(seconds % 60) : minutes + ':' + two(seconds % 60);
}
function countdown(until) {
  const made = element('span', { className: 'countdown' });
  made.dataset.until = until;
  return made;
}
function count() {
  for (const each of document.querySelectorAll('.countdown')) {
    const text = clock(secondsTo(Number(each.dataset.until)));
    if (each.textContent !== text) each.textContent = text;
  }
  for (const bar of document.querySelectorAll('progress')) {
    const seconds = secondsTo(Number(bar.dataset.until));
    bar.max = Math.max(bar.max, seconds);
    bar.value = seconds;
    bar.classList.toggle('late', seconds <= 20);
  }
}
function announce(text) {
  if (byId('announcement').textContent !== text) byId('announcement').textContent = text;
}
async function post(path, body, buttons) {
  for (const button of buttons) button.disabled = true;
  byId('problem').hidden = true;
  const answer = await fetch(path, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body),
  }).catch(() => undefined);
  // 404 and 409: somebody was faster, at another screen; the state that follows shows it.
  if (answer && (answer.ok || answer.status === 404 || answer.status === 409)) return;
  for (const button of buttons) button.disabled = false;
  byId('problem').textContent = words.failed;
  byId('problem').hidden = false;
}

function approval(session) {
  const buttons = [];
  const choice = (name, label, meaning, body) => {
    const send = () => post('/approvals/' + session.remoteSessionId, body, buttons);
    const made = element('button', { type: 'button', className: name, disabled: true, onclick: send },
      element('b', {}, label), meaning);
    buttons.push(made);
    return made;
  };
  const yes = choice('yes', words.yes, words.yesMeans, { decision: 'approved', grant: 'operate' });
  const look = session.viewable
    ? choice('view', words.view, words.viewMeans, { decision: 'approved', grant: 'view' }) : undefined;
  const no = choice('no', words.no, words.noMeans, { decision: 'declined' });
  setTimeout(() => { for (const button of buttons) button.disabled = false; }, ARM_MS);

  const why = element('dd', { className: 'why' }, session.reason);
  const facts = [
    [words.application, element('dd', {}, session.applicationTitle)],
    [words.device, element('dd', {}, session.deviceName + (session.location ? ' – ' + session.location : ''))],
    [words.reason, why],
    [words.duration, element('dd', {}, fill(words.minutes, session))],
  ];
  const bar = element('progress', { max: 1, value: 1, ariaHidden: 'true' });
  bar.dataset.until = session.answerBefore;
  const question = element('h2', { id: 'question' }, fill(words.question, { user: session.userName }));
  const made = element('article', { className: 'approval', tabIndex: -1 },
    question,
    element('dl', {}, ...facts.flatMap(([name, value]) => [element('dt', {}, name), value])),
    element('p', { className: 'left' }, words.unanswered, ' ', countdown(session.answerBefore),
      element('span', { className: 'more' })),
    bar,
    element('div', { className: 'buttons' }, yes, look, no));
  made.setAttribute('role', 'alertdialog');
  made.setAttribute('aria-labelledby', 'question');
  made.appeared = () => {
    if (why.scrollHeight > why.clientHeight) why.tabIndex = 0;
    made.focus();
  };
  return made;
}
function headline({ phase, grant, userName, ending }) {
  const text = phase === 'ending' ? (ending === 'halted-by-deployment' ? words.endings[ending] : words.ending)
    : phase !== 'connected' ? words.approved
    : grant === 'view' ? words.looking : words.operating;
  return fill(text, { user: userName });
}
function banner(session) {
  const end = element('button', { type: 'button', disabled: session.phase === 'ending',
    onclick: () => post('/sessions/' + session.remoteSessionId + '/end', {}, [end]) }, words.end);
  const left = session.endsAt === null ? undefined
    : element('div', { className: 'remaining' }, countdown(session.endsAt), words.left);
  return element('div', { className: session.grant === 'view' ? 'banner looks' : 'banner' },
    element('span', { className: 'dot', ariaHidden: 'true' }),
    element('p', { className: 'words' }, element('b', {}, headline(session)),
      session.applicationTitle + ' – ' + session.deviceName,
      session.draining ? element('span', { className: 'draining' }, words.draining) : undefined),
    left, end);
}
function maintenance({ deviceName, operation, begun }) {
  return fill(begun ? words.maintaining : words.held, { device: deviceName, operation: words.operations[operation] });
}
function row(session) {
  const at = new Date(session.endedAt);
  const seconds = session.connectedAt === null ? null : Math.round((at - new Date(session.connectedAt)) / 1000);
  const access = session.connectedAt === null ? '–' : session.grant === 'view' ? words.looked : words.operated;
  return element('tr', {},
    element('td', {}, at.toLocaleDateString(language, { dateStyle: 'medium' }),
      element('small', {}, at.toLocaleTimeString(language, { timeStyle: 'short' }))),
    element('td', {}, session.userName),
    element('td', {}, session.applicationTitle, element('small', {}, session.deviceName)),
    element('td', {}, access, seconds === null ? undefined : element('small', {}, clock(seconds))),
    element('td', {}, words.endings[session.ending] || session.ending));
}

/** Keeps what has not changed as it is: a finger may be on it. */
function keep(container, sessions, build) {
  const keyed = new Map(sessions.map((session) => [language + JSON.stringify(session), session]));
  for (const child of [...container.children]) if (!keyed.has(child.dataset.key)) child.remove();
  const present = new Map([...container.children].map((child) => [child.dataset.key, child]));
  for (const [key, session] of keyed) {
    const made = present.get(key) || build(session);
    made.dataset.key = key;
    container.append(made);
    if (!present.has(key) && made.appeared) made.appeared();
  }
}
function show() {
  const hadFocus = document.activeElement !== document.body;
  const [asking, live] = [view.asking.slice(0, 1), view.live];
  if (changed('live', live.map((each) => each.remoteSessionId + each.phase + each.grant + each.draining + language)))
    keep(byId('live'), live, banner);
  if (changed('asking', asking.map((each) => each.remoteSessionId + language)))
    keep(byId('asking'), asking, approval);
  byId('idle').hidden = asking.length > 0;
  document.body.classList.toggle('crowded', asking.length > 0 && live.length > 0);
  const waiting = view.asking.length - 1;
  for (const more of document.querySelectorAll('.more'))
    more.textContent = waiting > 0 ? fill(words.more, { count: waiting }) : '';
  byId('maintenance').textContent = view.maintenance.map(maintenance).join('\\n');
  byId('maintenance').hidden = view.maintenance.length === 0;
  showIdle(live.length > 0);
  announce(asking.length > 0 ? fill(words.question, { user: asking[0].userName }) : live.map(headline).join('. '));
  if (hadFocus && document.activeElement === document.body) byId('main').focus();
  count();
}
const seen = {};
function changed(name, keys) {
  const text = keys.join();
  if (seen[name] === text) return false;
  seen[name] = text;
  return true;
}
function showIdle(busy) {
  const state = document.querySelector('.state');
  state.className = view.online || view.asleep ? 'state' : 'state offline';
  state.hidden = busy;
  byId('state').textContent = words.idle;
  byId('hint').textContent = view.online ? words.idleHint : view.asleep ? words.idleAsleep : words.idleOffline;
  byId('history').textContent = words.history;
  byId('none').textContent = words.historyEmpty;
  byId('none').hidden = view.ended.length > 0;
  byId('rows').hidden = view.ended.length === 0;
  if (!changed('ended', [language, JSON.stringify(view.ended)])) return;
  document.querySelector('thead tr').replaceChildren(...words.columns.map((text) => element('th', { scope: 'col' }, text)));
  document.querySelector('tbody').replaceChildren(...view.ended.map(row));
}
function showFrame() {
  document.documentElement.lang = language;
  document.title = byId('title').textContent = words.title;
  byId('language').textContent = words.switchTo;
  byId('language').lang = language === 'ja' ? 'en' : 'ja';
  const channel = silent ? 'silent' : !view ? 'connecting' : view.online ? 'online' : view.asleep ? 'asleep' : 'offline';
  byId('channel').textContent = words[channel];
  byId('channel').className = channel === 'silent' ? 'offline' : channel;
}

byId('language').onclick = () => {
  language = language === 'ja' ? 'en' : 'ja';
  words = MESSAGES[language];
  try { localStorage.language = language; } catch { /* it is forgotten with the page, then */ }
  showFrame();
  if (view) show();
};
const events = new EventSource('/events');
events.onmessage = (event) => {
  view = JSON.parse(event.data);
  skew = view.now - performance.now();
  silent = false;
  showFrame();
  show();
};
events.onerror = () => {
  silent = true;
  showFrame();
};
showFrame();
setInterval(count, 250);
`;
