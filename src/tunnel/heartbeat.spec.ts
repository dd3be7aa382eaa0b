import { EventEmitter, once } from 'node:events';
import type { AddressInfo } from 'node:net';
import WebSocket, { WebSocketServer } from 'ws';
import { watchHeartbeat, watchInterruptions } from './heartbeat';

/** The parts of a WebSocket that it uses; the test decides what arrives. */
class ScriptedSocket extends EventEmitter {
  readonly OPEN = 1;
  readyState = 1;
  isPaused = false;
  bufferedAmount = 0;
  readonly ping = jest.fn();

  /** Over TLS, a ping leaves the queue a moment later, whether or not it reaches the peer. */
  pingsAsTls(): void {
    this.ping.mockImplementation(() => {
      this.bufferedAmount += 2;
      setTimeout(() => (this.bufferedAmount -= 2), 1);
    });
  }
}

describe('watchHeartbeat', () => {
  let server: WebSocketServer;
  let ws: WebSocket;
  let far: WebSocket;

  const start = async (options: WebSocket.ServerOptions = {}) => {
    server = new WebSocketServer({ port: 0, host: '127.0.0.1', ...options });
    await once(server, 'listening');
    ws = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
    [[far]] = (await Promise.all([once(server, 'connection'), once(ws, 'open')])) as [[WebSocket], unknown];
  };
  afterEach(async () => {
    for (const client of server.clients) client.terminate();
    ws.terminate();
    await new Promise((resolve) => server.close(resolve));
  });
  /** Resolves after so many pings have been sent. */
  const pings = async (count: number) => {
    for (let n = 0; n < count; n++) await once(far, 'ping');
  };

  it('reports a peer that does not answer, once', async () => {
    await start({ autoPong: false });
    const dead = jest.fn();
    await new Promise<void>((resolve) => watchHeartbeat(ws, 5, () => (dead(), resolve())));
    expect(dead).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['answers pings', true, () => undefined],
    ['sends messages', false, () => far.on('ping', () => far.send('x'))],
    ['pings itself', false, () => far.on('ping', () => far.ping())],
  ])('counts a peer as alive that %s', async (_name, autoPong, behave) => {
    await start({ autoPong });
    behave();
    const dead = jest.fn();
    const stop = watchHeartbeat(ws, 5, dead);
    await pings(10);
    stop();
    expect(dead).not.toHaveBeenCalled();
  });

  it('counts a paused peer as alive', async () => {
    await start({ autoPong: false });
    const dead = jest.fn();
    ws.pause();
    const stop = watchHeartbeat(ws, 5, dead);
    await pings(10);
    stop();
    expect(dead).not.toHaveBeenCalled();
  });
});

it('watchHeartbeat reports a peer that does not answer over TLS', () => {
  jest.useFakeTimers();
  const silent = new ScriptedSocket();
  silent.pingsAsTls();
  const dead = jest.fn();
  watchHeartbeat(silent, 1_000, dead);
  jest.advanceTimersByTime(3_000);
  jest.useRealTimers();
  expect(dead).toHaveBeenCalledTimes(1);
});

describe('watchInterruptions', () => {
  let ws: ScriptedSocket;
  const changes: boolean[] = [];
  beforeEach(() => {
    jest.useFakeTimers();
    changes.length = 0;
    ws = new ScriptedSocket();
    watchInterruptions(ws, 1_000, (isInterrupted) => void changes.push(isInterrupted));
  });
  afterEach(() => jest.useRealTimers());
  const second = () => jest.advanceTimersByTime(1_000);

  it('reports a silent peer once, when the second ping is due, and its return at once', () => {
    second();
    expect(changes).toEqual([]);
    second();
    expect(changes).toEqual([true]);
    second();
    ws.emit('message');
    expect(changes).toEqual([true, false]);
    expect(ws.ping).toHaveBeenCalledTimes(1); // a burst of answers would exceed WEBSOCKET_PINGS_PER_MINUTE
    second();
    expect(ws.ping).toHaveBeenCalledTimes(2);
  });

  it('reports a silent peer over TLS', () => {
    ws.pingsAsTls();
    jest.advanceTimersByTime(2_000);
    expect(changes).toEqual([true]);
  });

  it.each<[string, () => unknown]>([
    ['answers', () => ws.emit('pong')],
    ['sends', () => ws.emit('message')],
    ['reads what is queued for it', () => (ws.bufferedAmount -= 1)],
    ['is not read, because the other side is slow', () => (ws.isPaused = true)],
  ])('reports no peer that %s', (_what, act) => {
    ws.bufferedAmount = 100;
    for (let each = 0; each < 10; each++) {
      second();
      act();
    }
    expect(changes).toEqual([]);
  });

  it('ends with the WebSocket', () => {
    ws.emit('close');
    jest.advanceTimersByTime(10_000);
    expect(ws.ping).not.toHaveBeenCalled();
  });
});
