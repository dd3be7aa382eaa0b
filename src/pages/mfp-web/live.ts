import type { MachineStatus } from '../../protocol/simulated-mfp';
import { jittered } from '../../protocol/waits';

/**
 * Updates state and supplies on the web pages of the simulated MFP, by server-sent events or over a WebSocket according
 * to `data-follow` of the body.
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

/** Shows the state of the updates, if the page has an element for it. */
function showStatus(text: string): void {
  const how = document.querySelector('[data-how]');
  if (how) how.textContent = text;
}

function followEvents(): void {
  const source = new EventSource('/events');
  source.addEventListener('status', ({ data }: MessageEvent<string>) => {
    show(JSON.parse(data) as MachineStatus);
    showStatus('Live (event stream)');
  });
  source.onerror = () => showStatus('Live display interrupted');
}

let retryMs = FIRST_RETRY_MS;
function followSocket(): void {
  const scheme = location.protocol === 'https:' ? 'wss://' : 'ws://';
  const socket = new WebSocket(`${scheme}${location.host}/ws/status`);
  socket.onmessage = ({ data }: MessageEvent<string>) => {
    retryMs = FIRST_RETRY_MS;
    show(JSON.parse(data) as MachineStatus);
    showStatus('Live (WebSocket)');
  };
  socket.onclose = () => {
    showStatus('Live display interrupted');
    setTimeout(followSocket, jittered(retryMs, { least: 0.5, most: 1.5 }));
    retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
  };
}

if (document.body.dataset.follow === 'events') followEvents();
if (document.body.dataset.follow === 'socket') followSocket();
