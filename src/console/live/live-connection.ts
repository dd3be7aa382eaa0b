import { LIVE_CLOSES, LIVE_PATH, liveEvent, type LiveEvent } from '../../protocol/live';
import { parseJson } from '../../protocol/parse-json';
import { jittered } from '../../protocol/waits';

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 20_000;

export interface LiveListener {
  onEvent(event: LiveEvent): void;
  /** Connected, for the first time or again: earlier events were missed. */
  onConnected(): void;
  /** @param connected false: it could not connect; the server also refuses a login that has ended */
  onLost(connected: boolean): void;
  /** Resolves when it is known whether there is another login, as after a new password: it connects again then. */
  onLoggedOut(): Promise<void>;
}

/** Keeps one WebSocket for live events, and reconnects with back-off and jitter. @returns stops it */
export function listenLive(listener: LiveListener): () => void {
  let socket: WebSocket | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let wait = FIRST_WAIT_MS;
  let stopped = false;

  const connect = (): void => {
    const own = new WebSocket(new URL(LIVE_PATH, location.href.replace(/^http/, 'ws')));
    socket = own;
    let connected = false;
    own.onopen = () => {
      connected = true;
      wait = FIRST_WAIT_MS;
      listener.onConnected();
    };
    own.onmessage = ({ data }) => {
      const event = eventOf(data);
      if (event) listener.onEvent(event);
    };
    own.onclose = ({ code }) => {
      if (stopped) return;
      if (code === LIVE_CLOSES['logged-out'].close) return void listener.onLoggedOut().then(connectLater, connectLater);
      listener.onLost(connected);
      connectLater();
    };
  };
  const connectLater = (): void => {
    if (stopped) return;
    timer = setTimeout(connect, jittered(wait, { least: 0.5, most: 1 }));
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
  };
  const reconnectNow = (): void => {
    if (stopped || socket?.readyState !== WebSocket.CLOSED) return;
    clearTimeout(timer);
    wait = FIRST_WAIT_MS;
    connect();
  };
  addEventListener('online', reconnectNow);
  connect();
  return () => {
    stopped = true;
    clearTimeout(timer);
    removeEventListener('online', reconnectNow);
    socket?.close();
  };
}

/** Events that this console does not know come from a newer server and are ignored. */
function eventOf(data: unknown): LiveEvent | undefined {
  return typeof data === 'string' ? liveEvent.safeParse(parseJson(data)).data : undefined;
}
