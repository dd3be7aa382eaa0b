import type { DisplayInfo, PanelInput, PanelMessage, Picture } from '../../protocol/simulated-mfp';
import { jittered } from '../../protocol/waits';
import { byId, element, find } from '../elements';
import { highlight, onTouch, pulse } from './touches';
import { dialog, icon, liveBar, pane, statusBar, titleBar } from './widgets';

/** The front of the operation panel: shows the pictures that the device sends, and sends the touches. */
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 15_000;

const glass = byId('glass');
let socket: WebSocket | undefined;
/** Number of this display. */
let own: number | undefined;
let lastTouch: number | undefined;
let retryMs = FIRST_RETRY_MS;

const shown = new Map<string, string>();
/** Replaces a region only if it has changed: a finger or the focus may be on it. */
function region<Data>(id: string, data: Data, make: (data: Data) => Element[]): void {
  const text = JSON.stringify(data);
  if (shown.get(id) === text) return;
  shown.set(id, text);
  const container = byId(id);
  const focused = document.activeElement;
  const target = focused instanceof HTMLElement && container.contains(focused) ? focused.dataset.target : undefined;
  container.replaceChildren(...make(data));
  if (target !== undefined) find(`[data-target="${target}"]`, container)?.focus();
}

function show({ picture, touch, displays }: Extract<PanelMessage, { type: 'picture' }>): void {
  const { awake, brightness, screen, keys } = picture;
  glass.dataset.brightness = String(brightness);
  glass.dataset.screen = screen;
  byId('asleep').hidden = awake;
  byId('screen').inert = !awake || picture.dialog !== null;
  region('top', { screen, title: picture.title, message: picture.message }, ({ title, message }) =>
    titleBar(screen, title, message),
  );
  region('panes', { screen, panes: picture.panes }, ({ panes }) => panes.map(pane));
  region('live', picture.live ?? null, liveBar);
  region('bar', picture.bar, statusBar);
  showDialog(picture);
  region('others', othersHint(displays), (hint) => (hint ? [element('span', {}, icon('eye'), hint)] : []));
  byId('led-sleep').classList.toggle('on', !awake);
  byId('led-start').classList.toggle('on', keys.start && awake);
  byId('led-stop').classList.toggle('on', keys.stop);
  if (touch && lastTouch !== undefined && touch.number !== lastTouch && touch.display !== own) highlight(touch);
  lastTouch = touch?.number ?? 0;
}

function showDialog({ awake, dialog: data }: Picture): void {
  byId('dialog').hidden = !data || !awake;
  const { note, ...rest } = data ?? {};
  const still = data && rest;
  const isNew = data !== null && shown.get('dialog') !== JSON.stringify(still);
  region('dialog', still, () => (data ? [dialog(data)] : []));
  const shownNote = find('.note', byId('dialog'));
  if (shownNote) shownNote.textContent = note ?? '';
  if (isNew && awake) find('.primary', byId('dialog'))?.focus({ preventScroll: true });
}

/** Describes the other viewers of the panel. */
function othersHint(displays: readonly DisplayInfo[]): string {
  const others = displays.filter(({ id }) => id !== own);
  const one = others.find(({ operating }) => operating) ?? others[0];
  if (!one) return '';
  const who = one.place === 'device' ? 'The person at the device' : 'A remote technician';
  const count = others.length > 1 ? ` (${displays.length} displays)` : '';
  return `${who}${one.operating ? ' has control' : ' is viewing'}${count}`;
}

function send(touched: HTMLElement, at?: PointerEvent): void {
  if (socket?.readyState !== WebSocket.OPEN) return;
  const { target = '', key } = touched.dataset;
  socket.send(
    JSON.stringify(key === undefined ? { type: 'touch', target, ...placeOf(touched, at) } : { type: 'key', key }),
  );
}

/** Position of the pointer, or the centre of the touched element, in thousandths of the display. */
function placeOf(touched: HTMLElement, at?: PointerEvent): Pick<Extract<PanelInput, { type: 'touch' }>, 'x' | 'y'> {
  const frame = glass.getBoundingClientRect();
  const box = touched.getBoundingClientRect();
  const x = at ? at.clientX : box.left + box.width / 2;
  const y = at ? at.clientY : box.top + box.height / 2;
  const part = (value: number) => Math.min(1000, Math.max(0, Math.round(value * 1000)));
  return { x: part((x - frame.left) / frame.width), y: part((y - frame.top) / frame.height) };
}

/** Scales the front to the window; in a small one the keys are in a drawer. */
function fit(): void {
  const small = innerWidth < 900 && innerHeight < 700;
  const tall = !small && innerWidth < 900;
  document.body.classList.toggle('small', small);
  document.body.classList.toggle('tall', tall);
  const [width, height] = small ? [800, 480] : tall ? [848, 1010] : [1096, 560];
  const margin = small ? 0 : Math.min(32, innerWidth / 40);
  const scale = Math.min(2, (innerWidth - margin) / width, (innerHeight - margin) / height);
  const { style } = byId('front');
  style.transform = `scale(${scale})`;
  style.left = `${(innerWidth - width * scale) / 2}px`;
  style.top = `${(innerHeight - height * scale) / 2}px`;
}

function receive(message: PanelMessage): void {
  retryMs = FIRST_RETRY_MS;
  switch (message.type) {
    case 'welcome':
      own = message.display;
      lastTouch = undefined;
      document.body.classList.toggle('viewing', message.role === 'view');
      return;
    case 'refused':
      byId('refused').textContent = message.text;
      return pulse(byId('refused'), 'on');
    case 'picture':
      byId('lost').hidden = true;
      return show(message);
  }
}

function connect(): void {
  const scheme = location.protocol === 'https:' ? 'wss://' : 'ws://';
  socket = new WebSocket(`${scheme}${location.host}/ws/panel`);
  socket.onmessage = ({ data }: MessageEvent<string>) => receive(JSON.parse(data) as PanelMessage);
  socket.onclose = () => {
    byId('lost').textContent = 'Connection to the device lost. Trying again ...';
    byId('lost').hidden = false;
    setTimeout(connect, jittered(retryMs, { least: 0.5, most: 1.5 }));
    retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
  };
}

byId('drawer').addEventListener('click', () => {
  const open = document.body.classList.toggle('drawn');
  byId('drawer').setAttribute('aria-expanded', String(open));
});
onTouch(send);
addEventListener('resize', fit);
fit();
connect();
