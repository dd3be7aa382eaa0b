import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import WebSocket, { WebSocketServer } from 'ws';
import { watchHeartbeat } from './heartbeat';

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
