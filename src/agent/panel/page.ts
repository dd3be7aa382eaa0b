/** The panel's page: Fig. 11 (message 71, YES 72, NO 73) and the banner of a session. For 800 x 480 and up, by touch. */
export const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Remote maintenance</title>
<link rel="stylesheet" href="/panel.css">
<script src="/panel.js" defer></script>
</head>
<body>
<div id="live" aria-live="polite"></div>
<main id="asking" aria-live="assertive"></main>
<section id="idle">
<h1>Remote maintenance</h1>
<p id="state">Connecting ...</p>
<h2>Past sessions</h2>
<table><tbody id="ended"></tbody></table>
</section>
<noscript>This panel needs JavaScript.</noscript>
</body>
</html>
`;

export const STYLE = `
* { box-sizing: border-box; margin: 0 }
[hidden] { display: none !important }
html { font: 20px/1.35 system-ui, sans-serif; color: #14202b; background: #eef2f5 }
main, #idle { padding: 16px 24px }
h1 { font-size: 1.5rem; margin-bottom: 8px }
h2 { font-size: 1rem; margin: 20px 0 4px; color: #48586a }
table { width: 100%; border-collapse: collapse; font-size: .8rem }
td { padding: 6px 8px 6px 0; border-top: 1px solid #cfd8e0; overflow-wrap: anywhere }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 16px; margin: 10px 0; font-size: 1.05rem }
dt { color: #48586a }
dd { overflow-wrap: anywhere; font-weight: 600; max-height: 5.4rem; overflow: auto }
.message { font-size: 1.25rem; font-weight: 600 }
.left { color: #48586a }
.buttons { display: flex; gap: 24px; margin: 14px 0 4px }
button { font: inherit; font-weight: 700; border: 0; border-radius: 10px; cursor: pointer }
button:focus-visible { outline: 4px solid #f2a900; outline-offset: 2px }
button:disabled { opacity: .5 }
.buttons button { flex: 1; min-height: 84px; font-size: 1.6rem; color: #fff }
.yes { background: #10703c }
.no { background: #a32020 }
.banner { display: flex; align-items: center; gap: 20px; padding: 12px 24px; background: #8a4b00; color: #fff }
.banner p { flex: 1; overflow-wrap: anywhere }
.banner button { min-height: 60px; padding: 0 24px; background: #fff; color: #8a1010 }
.offline { color: #a32020; font-weight: 600 }
`;

/** Everything that comes from outside is put in as text, never as markup. */
export const SCRIPT = `'use strict';
const ENDINGS = {
  declined: 'declined here', expired: 'time was over', cancelled: 'withdrawn by the technician',
  'device-offline': 'device was offline', 'ended-by-terminal': 'ended by the technician',
  'ended-by-device': 'ended here', 'ended-by-administrator': 'ended by an administrator',
  'halted-by-deployment': 'halted for an update', 'lost-device': 'connection lost',
  'lost-terminal': 'technician lost the connection', 'lost-relay': 'relay stopped', failed: 'could not be set up',
};
const PHASES = { approved: 'is being prepared', connecting: 'is being connected', connected: 'is running', ending: 'is ending' };
const byId = (id) => document.getElementById(id);
let skew = 0;

function element(tag, attributes, ...children) {
  const made = Object.assign(document.createElement(tag), attributes);
  made.append(...children);
  return made;
}
function countdown(until) {
  const span = element('span', { className: 'countdown' });
  span.dataset.until = until;
  return span;
}
function count() {
  for (const span of document.querySelectorAll('.countdown')) {
    const seconds = Math.max(0, Math.ceil((Number(span.dataset.until) - performance.now() - skew) / 1000));
    const text = Math.floor(seconds / 60) + ':' + String(seconds % 60).padStart(2, '0');
    if (span.textContent !== text) span.textContent = text;
  }
}
async function post(path, body, buttons) {
  for (const button of buttons) button.disabled = true;
  const answer = await fetch(path, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body),
  }).catch(() => undefined);
  if (!answer || !answer.ok) for (const button of buttons) button.disabled = false;
}
function approval(session) {
  const send = (decision) => post('/approvals/' + session.remoteSessionId, { decision }, [yes, no]);
  const yes = element('button', { type: 'button', className: 'yes', onclick: () => send('approved') }, 'YES');
  const no = element('button', { type: 'button', className: 'no', onclick: () => send('declined') }, 'NO');
  const facts = [
    ['Who', session.userName],
    ['Device', session.deviceName + (session.location ? ', ' + session.location : '')],
    ['What', session.applicationTitle],
    ['Why', session.reason],
    ['How long', 'up to ' + session.minutes + ' min'],
  ];
  return element('article', {},
    element('p', { className: 'message' }, 'May ' + session.userName + ' operate this device remotely?'),
    element('dl', {}, ...facts.flatMap(([name, text]) => [element('dt', {}, name), element('dd', {}, text)])),
    element('div', { className: 'buttons' }, yes, no),
    element('p', { className: 'left' }, 'Without an answer nothing is started. Time left: ', countdown(session.answerBefore)));
}
function banner(session) {
  const end = element('button', { type: 'button', disabled: session.phase === 'ending',
    onclick: () => post('/sessions/' + session.remoteSessionId + '/end', {}, [end]) }, 'End now');
  const left = session.endsAt ? [' Time left: ', countdown(session.endsAt)] : [];
  return element('div', { className: 'banner', role: 'status' },
    element('p', {}, element('strong', {}, 'Remote session ' + PHASES[session.phase] + '. '),
      session.userName + ' \\u2013 ' + session.deviceName + ', ' + session.applicationTitle + '.', ...left), end);
}
function row(session) {
  return element('tr', {},
    element('td', {}, new Date(session.endedAt).toLocaleString()),
    element('td', {}, session.userName),
    element('td', {}, session.deviceName + ', ' + session.applicationTitle),
    element('td', {}, ENDINGS[session.ending] || session.ending));
}
function show(view) {
  skew = view.now - performance.now();
  const open = new Set([...document.querySelectorAll('article')].map((each) => each.dataset.id));
  const asked = view.asking.map((session) => session.remoteSessionId);
  // An approval screen that stays is not built anew: a finger may be on its button.
  for (const each of document.querySelectorAll('article')) if (!asked.includes(each.dataset.id)) each.remove();
  for (const session of view.asking) if (!open.has(session.remoteSessionId)) {
    const article = approval(session);
    article.dataset.id = session.remoteSessionId;
    byId('asking').append(article);
  }
  byId('live').replaceChildren(...view.live.map(banner));
  byId('ended').replaceChildren(...view.ended.map(row));
  byId('asking').hidden = view.asking.length === 0;
  byId('idle').hidden = view.asking.length > 0;
  byId('state').textContent = view.online
    ? 'Nobody asks for access at the moment.' : 'The control plane cannot be reached at the moment.';
  byId('state').className = view.online ? '' : 'offline';
  count();
}
const events = new EventSource('/events');
events.onmessage = (event) => show(JSON.parse(event.data));
events.onerror = () => {
  byId('state').textContent = 'The agent does not answer.';
  byId('state').className = 'offline';
};
setInterval(count, 250);
`;
