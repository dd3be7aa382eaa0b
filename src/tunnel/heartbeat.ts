import { LIMITS } from '../protocol/limits';
import { TokenBucket } from './token-bucket';

/** What is used of a WebSocket: of `ws`, or the relay's own. */
export interface HeartbeatSocket {
  readonly OPEN: number;
  readonly readyState: number;
  readonly isPaused: boolean;
  readonly bufferedAmount: number;
  /** Grows with whatever arrives. A WebSocket without it has the event `message`. */
  readonly bytesRead?: number;
  ping(): void;
  on(event: string, listener: () => void): unknown;
  off(event: string, listener: () => void): unknown;
}
/** Events that show that a peer is alive. */
const SIGNS = ['message', 'ping', 'pong'] as const;
/** What arrives is counted, so these events are not needed: listeners take memory, for each of thousands of idle sessions. */
const isCounted = (ws: HeartbeatSocket): boolean => ws.bytesRead !== undefined;

/** Calls `onFlood` once when the peer sends more pings and pongs than WEBSOCKET_PINGS_PER_MINUTE: each one costs work. */
export function limitPings(ws: HeartbeatSocket, onFlood: () => void): void {
  const { WEBSOCKET_PINGS_PER_MINUTE: perMinute } = LIMITS;
  const rate = new TokenBucket(perMinute / 60, perMinute);
  const count = () => {
    if (rate.take() === 0) return;
    for (const sign of ['ping', 'pong'] as const) ws.off(sign, count);
    onFlood();
  };
  for (const sign of ['ping', 'pong'] as const) ws.on(sign, count);
}

/**
 * The send queue with what `act` adds to it; 0 if it was empty before: TLS takes a ping out of it a moment later, whether or not
 * it reaches the peer.
 */
function queuedAround(ws: HeartbeatSocket, act: () => void): number {
  const wasEmpty = ws.bufferedAmount === 0;
  act();
  return wasEmpty ? 0 : ws.bufferedAmount;
}

/**
 * Detects half-open WebSockets: pings every `intervalMs` and calls `onDead` once after two silent intervals. Messages,
 * pings, pongs and a shrinking send queue count as signs of life, because pongs are delayed behind a full queue. A
 * paused WebSocket counts as alive: its pongs are not read.
 * Stops when the WebSocket closes or the returned function is called.
 */
export function watchHeartbeat(ws: HeartbeatSocket, intervalMs: number, onDead: () => void): () => void {
  let silentIntervals = 0;
  let queued = 0;
  let read = ws.bytesRead;
  const alive = () => void (silentIntervals = 0);
  const signs = isCounted(ws) ? [] : SIGNS;
  for (const sign of signs) ws.on(sign, alive);

  const timer = setInterval(() => {
    if (ws.readyState !== ws.OPEN) return;
    if (ws.isPaused || ws.bytesRead !== read || (queued > 0 && ws.bufferedAmount !== queued)) alive();
    read = ws.bytesRead;
    if (silentIntervals >= 2) {
      stop();
      onDead();
      return;
    }
    silentIntervals++;
    queued = queuedAround(ws, () => ws.ping());
  }, intervalMs);
  const stop = () => {
    clearInterval(timer);
    for (const sign of signs) ws.off(sign, alive);
  };
  ws.on('close', stop);
  return stop;
}

/**
 * Reports when a WebSocket stops carrying anything, and when it carries again: pings every `everyMs`, and a ping without any
 * sign of life until the next is due counts as an interruption. The signs are those of `watchHeartbeat`. No ping follows an
 * unanswered one, because TCP delivers that one when the connection carries again, and all others with it.
 * Stops when the WebSocket closes or the returned function is called.
 */
export function watchInterruptions(
  ws: HeartbeatSocket,
  everyMs: number,
  onChange: (isInterrupted: boolean) => void,
): () => void {
  let [isAsked, isInterrupted, queued] = [false, false, 0];
  const alive = () => {
    isAsked = false;
    if (!isInterrupted) return;
    isInterrupted = false;
    onChange(false);
  };
  let read = ws.bytesRead;
  // the answer, so that the return is reported at once
  const signs = isCounted(ws) ? (['pong'] as const) : SIGNS;
  for (const sign of signs) ws.on(sign, alive);
  const timer = setInterval(() => {
    if (ws.readyState !== ws.OPEN) return;
    if (ws.isPaused || ws.bytesRead !== read || ws.bufferedAmount < queued) alive();
    read = ws.bytesRead;
    if (isAsked && !isInterrupted) {
      isInterrupted = true;
      onChange(true);
    }
    queued = queuedAround(ws, () => isAsked || ws.ping());
    isAsked = true;
  }, everyMs);
  const stop = () => {
    clearInterval(timer);
    for (const sign of signs) ws.off(sign, alive);
    ws.off('close', stop);
  };
  ws.on('close', stop);
  return stop;
}
