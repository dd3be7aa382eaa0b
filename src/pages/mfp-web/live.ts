import type { MachineStatus } from '../../protocol/simulated-mfp';
import { jittered } from '../../protocol/waits';

/**
 * Keeps state and supplies on the web pages of the simulated MFP up to date: by server-sent events or over a WebSocket, as
 * `data-follow` of the body says.
 */
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 30_000;

function show(status: MachineStatus): void {
  const levels = new Map(status.supplies.map(({ id, level }) => [id, level]));
  const { state, message, jobsWaiting, pagesTotal } = status;
  const values = new Map<string, string | number>(Object.entries({ state, message, jobsWaiting, pagesTotal }));
  for (const [id, level] of levels) values.set(`level.${id}`, level);
  for (const element of document.querySelectorAll<HTMLElement>('[data-live]')) {
    const value = values.get(element.dataset.live ?? '');
    if (value !== undefined) element.textContent = value.toLocaleString('en');
  }
  for (const lamp of document.querySelectorAll('.lamp')) lamp.className = `lamp ${state}`;
  for (const bar of document.querySelectorAll<SVGElement>('[data-bar]'))
    bar.setAttribute('width', `${levels.get(bar.dataset.bar ?? '')}%`);
}

/** Says how the page is kept up to date, where the page has a place for that. */
function say(text: string): void {
  const how = document.querySelector('[data-how]');
  if (how) how.textContent = text;
}

function followEvents(): void {
  const source = new EventSource('/events');
  source.addEventListener('status', ({ data }: MessageEvent<string>) => {
    show(JSON.parse(data) as MachineStatus);
    say('Live (event stream)');
  });
  source.onerror = () => say('Live display interrupted');
}

let retryMs = FIRST_RETRY_MS;
function followSocket(): void {
  const scheme = location.protocol === 'https:' ? 'wss://' : 'ws://';
  const socket = new WebSocket(`${scheme}${location.host}/ws/status`);
  socket.onmessage = ({ data }: MessageEvent<string>) => {
    retryMs = FIRST_RETRY_MS;
    show(JSON.parse(data) as MachineStatus);
    say('Live (WebSocket)');
  };
  socket.onclose = () => {
    say('Live display interrupted');
    setTimeout(followSocket, jittered(retryMs, { least: 0.5, most: 1.5 }));
    retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
  };
}

if (document.body.dataset.follow === 'events') followEvents();
if (document.body.dataset.follow === 'socket') followSocket();
