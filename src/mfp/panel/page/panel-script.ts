import { ICONS } from './panel-icons';

/** `/panel.js`: shows the pictures and sends what is touched. Text from outside is put in as text, never as markup. */
export const PANEL_SCRIPT = `'use strict';
const ICONS = ${JSON.stringify(ICONS)};
const byId = (id) => document.getElementById(id);
const glass = byId('glass');
const atDevice = new URLSearchParams(location.search).get('at') === 'device';
let socket, me, lastTouch, wait = 500;

function element(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {}))
    if (value !== undefined && value !== false && value !== null) made.setAttribute(name, value === true ? '' : value);
  made.append(...children.filter((child) => child !== undefined && child !== null && child !== false));
  return made;
}
function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  for (const [colour, d] of ICONS[name] || []) {
    const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
    path.setAttribute('d', d);
    path.setAttribute('fill', colour);
    svg.append(path);
  }
  return svg;
}
const iconOnly = ['plus', 'minus', 'up', 'down'];
function button({ target, label, icon: name, note, tone, pressed, disabled }, kind) {
  return element('button', {
    type: 'button', 'data-target': target, class: [kind, tone].filter(Boolean).join(' '), disabled,
    'aria-pressed': pressed === undefined ? undefined : String(pressed),
    'aria-label': iconOnly.includes(name) ? label : undefined,
  }, name && icon(name), !iconOnly.includes(name) && element('span', { class: 'label' }, label),
    note && element('span', { class: 'note' }, note));
}
function bar(percent, colour) {
  const fill = element('i', {});
  fill.style.width = percent + '%';
  fill.style.background = colour;
  return element('span', { class: 'level' }, fill);
}
const titled = (label, kind, ...children) =>
  element('section', { class: kind, 'aria-label': label }, element('h2', {}, label), ...children);
const DRAW = {
  tiles: ({ tiles }) => element('div', { class: 'tiles' }, ...tiles.map((tile) => button(tile, 'tile'))),
  value: ({ label, value }) =>
    element('div', { class: 'value' }, element('span', {}, label), element('output', { class: value.length > 9 ? 'long' : '' }, value || '\\u2013')),
  choice: ({ label, options }) =>
    titled(label, 'choice', element('div', { class: 'options' }, ...options.map((option) => button(option, 'option')))),
  stepper: ({ label, value, less, more }) =>
    titled(label, 'stepper', element('div', { class: 'steps' }, button(less, 'step'), element('output', {}, value), button(more, 'step'))),
  keypad: () => element('div', { class: 'keypad' },
    ...['1', '2', '3', '4', '5', '6', '7', '8', '9'].map((digit) => button({ target: 'digit:' + digit, label: digit }, 'digit')),
    element('span'), button({ target: 'digit:0', label: '0' }, 'digit'), button({ target: 'clear', label: 'C' }, 'digit clear')),
  list: ({ rows, empty, pager }) => element('div', { class: 'list' },
    element('div', { class: 'rows' }, ...(rows.length ? rows.map(row) : [element('p', {}, empty)])),
    pager && element('div', { class: 'pager' }, button(pager.previous, 'step'), element('span', {}, pager.text), button(pager.next, 'step'))),
  levels: ({ levels }) => element('div', { class: 'levels' }, ...levels.map(({ name, colour, percent, low }) =>
    element('div', { class: low ? 'low' : '' }, element('span', {}, name), bar(percent, colour), element('b', {}, percent + ' %')))),
  facts: ({ label, facts }) => titled(label, 'facts', element('dl', {},
    ...facts.flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]))),
  text: ({ text }) => element('p', { class: 'text' }, text),
  actions: ({ actions }) => element('div', { class: 'actions' }, ...actions.map((action) => button(action, 'action'))),
};
const row = ({ target, text, detail, tone, pressed }) => element(target ? 'button' : 'div', {
  type: target ? 'button' : undefined, 'data-target': target, class: 'item ' + (tone || 'plain'),
  'aria-pressed': pressed === undefined ? undefined : String(pressed),
}, element('b', {}, text), element('span', {}, detail));
const dialogOf = ({ tone, title, text, steps, actions }) =>
  element('div', { role: 'alertdialog', 'aria-modal': 'true', 'aria-label': title, class: 'box ' + tone },
    element('h1', {}, icon('alert'), title), element('p', {}, text),
    element('ol', {}, ...steps.map((step) => element('li', {}, step))),
    element('div', { class: 'answers' }, ...actions.map((action) => button(action, 'action'))));
function topOf({ screen, title, message }) {
  return [
    screen === 'home' ? icon('home') : button({ target: 'open:home', label: 'Home', icon: 'home' }, 'home'),
    element('h1', {}, title),
    message && element('p', { class: 'message ' + message.tone, role: 'status' }, message.text),
  ];
}
function barOf({ state, warned, text, toners, alerts }) {
  return [
    element('i', { class: 'lamp ' + (warned && state === 'idle' ? 'warn' : state) }), element('span', { class: 'state', role: 'status' }, text),
    alerts > 0 && button({ target: 'alerts', label: alerts === 1 ? '1 fault' : alerts + ' faults', icon: 'alert' }, 'alerts'),
    element('span', { class: 'toners', role: 'img', 'aria-label': toners.map(({ name, percent }) => name + ' ' + percent + ' %').join(', ') },
      ...toners.map(({ percent, colour }) => { const one = bar(100, colour); one.firstChild.style.height = percent + '%'; return one; })),
  ];
}
/** Only a region that looks different is built anew: a finger or the focus may be on the others. */
const shown = {};
function region(id, data, make) {
  const text = JSON.stringify(data);
  if (shown[id] === text) return;
  shown[id] = text;
  const held = document.activeElement && byId(id).contains(document.activeElement) && document.activeElement.dataset.target;
  byId(id).replaceChildren(...make(data).filter(Boolean));
  if (held) byId(id).querySelector('[data-target="' + held + '"]')?.focus();
}
function show({ picture, touch, displays }) {
  const { awake, brightness, screen, dialog, keys } = picture;
  glass.dataset.brightness = brightness;
  glass.dataset.screen = screen;
  byId('asleep').hidden = awake;
  byId('screen').inert = !awake || Boolean(dialog);
  byId('dialog').hidden = !dialog || !awake;
  const newDialog = dialog && shown.dialog !== JSON.stringify(dialog);
  region('top', { screen, title: picture.title, message: picture.message }, topOf);
  region('panes', { screen, panes: picture.panes }, ({ panes }) => panes.map(({ size, widgets }) => {
    const pane = element('div', { class: 'pane' }, ...widgets.map((widget) => DRAW[widget.kind](widget)));
    pane.style.flexGrow = size;
    return pane;
  }));
  region('bar', picture.bar, barOf);
  region('dialog', dialog, (data) => (data ? [dialogOf(data)] : []));
  if (newDialog && awake) byId('dialog').querySelector('.primary')?.focus({ preventScroll: true });
  region('others', hintOf(displays), (hint) => [hint && element('span', {}, icon('eye'), hint)]);
  byId('led-sleep').classList.toggle('on', !awake);
  byId('led-start').classList.toggle('on', keys.start && awake);
  byId('led-stop').classList.toggle('on', keys.stop);
  if (touch && lastTouch !== undefined && touch.number !== lastTouch && touch.display !== me) highlight(touch);
  lastTouch = touch ? touch.number : 0;
}
function hintOf(displays) {
  const others = displays.filter(({ id }) => id !== me);
  const one = others.find(({ operating }) => operating) || others[0];
  if (!one) return '';
  const who = one.place === 'device' ? 'The person at the device' : 'A remote technician';
  return who + (one.operating ? ' has control' : ' is viewing') + (others.length > 1 ? ' (' + displays.length + ' displays)' : '');
}
/** Shows where another display has been touched. */
function highlight({ target, key, x, y }) {
  const selector = key ? '[data-key="' + key + '"]' : '[data-target="' + target + '"]';
  const touched = document.querySelector(selector);
  if (touched) pulse(touched, 'touched');
  const ring = byId('ring');
  if (key || x === undefined || y === undefined) return;
  ring.style.left = x / 10 + '%';
  ring.style.top = y / 10 + '%';
  pulse(ring, 'on');
}
function pulse(what, name) {
  what.classList.remove(name);
  void what.offsetWidth;
  what.classList.add(name);
  setTimeout(() => what.classList.remove(name), 900);
}
function refused(text) {
  byId('refused').textContent = text;
  pulse(byId('refused'), 'on');
}

function send(what, at) {
  if (!socket || socket.readyState !== 1) return;
  const { target, key } = what.dataset;
  if (key) return socket.send(JSON.stringify({ type: 'key', key }));
  const frame = glass.getBoundingClientRect();
  const box = what.getBoundingClientRect();
  const x = at ? at.clientX : box.left + box.width / 2;
  const y = at ? at.clientY : box.top + box.height / 2;
  const part = (value) => Math.min(1000, Math.max(0, Math.round(value * 1000)));
  socket.send(JSON.stringify({ type: 'touch', target, x: part((x - frame.left) / frame.width), y: part((y - frame.top) / frame.height) }));
}
const touchable = (node) => (node instanceof Element ? node.closest('[data-target],[data-key]') : null);
const nameOf = (what) => what && (what.dataset.target || 'key ' + what.dataset.key);
let down;
document.addEventListener('pointerdown', (event) => { down = nameOf(touchable(event.target)); });
document.addEventListener('pointerup', (event) => {
  const what = touchable(document.elementFromPoint(event.clientX, event.clientY));
  if (what && !what.disabled && nameOf(what) === down) send(what, event);
  down = undefined;
});
// By Enter, Space or a screen reader; with a pointer, pointerup has sent it already.
document.addEventListener('click', (event) => {
  const what = touchable(event.target);
  if (event.detail === 0 && what) send(what);
});
document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const key = /^[0-9]$/.test(event.key) ? event.key : event.key === 'Backspace' ? 'clear' : undefined;
  const what = key && document.querySelector('[data-key="' + key + '"]');
  if (!what) return;
  pulse(what, 'touched');
  send(what);
});
byId('drawer').addEventListener('click', () => {
  const open = document.body.classList.toggle('drawn');
  byId('drawer').setAttribute('aria-expanded', String(open));
});
/** The front is made to fit the window; in a small one the keys are in a drawer. */
function fit() {
  const small = innerWidth < 900 && innerHeight < 700;
  const tall = !small && innerWidth < 900;
  document.body.classList.toggle('small', small);
  document.body.classList.toggle('tall', tall);
  const [width, height] = small ? [800, 480] : tall ? [848, 1010] : [1096, 560];
  const margin = small ? 0 : Math.min(32, innerWidth / 40);
  const scale = Math.min(2, (innerWidth - margin) / width, (innerHeight - margin) / height);
  const front = byId('front').style;
  front.transform = 'scale(' + scale + ')';
  front.left = (innerWidth - width * scale) / 2 + 'px';
  front.top = (innerHeight - height * scale) / 2 + 'px';
}
addEventListener('resize', fit);
fit();

function connect() {
  const scheme = location.protocol === 'https:' ? 'wss://' : 'ws://';
  socket = new WebSocket(scheme + location.host + '/ws/panel' + (atDevice ? '?at=device' : ''));
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    wait = 500;
    if (message.type === 'welcome') {
      me = message.display;
      lastTouch = undefined;
      document.body.classList.toggle('looking', message.role === 'look');
    }
    if (message.type === 'refused') refused(message.text);
    if (message.type === 'picture') {
      byId('lost').hidden = true;
      show(message);
    }
  };
  socket.onclose = () => {
    byId('lost').textContent = 'Connection to the device lost. Trying again ...';
    byId('lost').hidden = false;
    setTimeout(connect, wait * (0.5 + Math.random()));
    wait = Math.min(wait * 2, 15000);
  };
}
connect();
`;
