import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import WebSocket, { WebSocketServer } from 'ws';
import { recordedJournal } from '../../../test/support/recorded-journal';
import { until } from '../../../test/support/until';
import { LIMITS } from '../../protocol/limits';
import { liveEvent, type LiveEvent } from '../../protocol/live';
import type { Actor } from '../auth/actor';
import { EVERYTHING } from '../customers/reach';
import { LiveClient, type Viewer } from './live-client';
import { NoticeEvents } from '../notices/notice-events';
import type { NoticeEntity } from '../notices/notice.entity';
import { LiveClients } from './live-clients';
import { NoticePublisher } from './publishers/notice.publisher';

const technician: Actor = { userId: 't', username: 'tom', displayName: 'Tom', role: 'technician' };
const admin: Actor = { ...technician, userId: 'a', role: 'admin' };
const SITE = '0d2b3f6e-3c56-4d0a-9a52-9c1f6c1f7f12';
const HERE = { siteId: SITE, deviceId: 'mfp' };
const AT = '2026-03-02T09:00:00.000Z';
const viewerOf = (actor: Actor | undefined): Viewer | undefined =>
  actor && { actor, reach: actor.role === 'admin' ? EVERYTHING : { ...EVERYTHING, sites: new Set([SITE]) } };
const agentEvent: LiveEvent = { type: 'agent', id: 'hall', online: true, asleep: false, lastSeenAt: AT };
const deviceEvent: LiveEvent = { type: 'device', id: 'mfp', online: true, asleep: false, lastSeenAt: AT };

const noticeOf = (recipientId: string): NoticeEntity => ({
  id: '0d2b3f6e-3c56-4d0a-9a52-9c1f6c1f7f10',
  recipientId,
  kind: 'session-halted',
  remoteSessionId: '0d2b3f6e-3c56-4d0a-9a52-9c1f6c1f7f11',
  agentId: null,
  at: new Date(AT),
  deviceId: 'mfp',
  deviceName: 'MFP',
  applicationId: 'web',
  siteId: SITE,
  userName: 'Tom',
  readAt: null,
  mail: 'none',
  attempts: 0,
  nextAttemptAt: null,
  claimedAt: null,
  messageId: null,
});

describe('a live client', () => {
  let http: Server;
  let sockets: WebSocketServer;
  const browsers: WebSocket[] = [];
  beforeEach(async () => {
    http = createServer().listen(0, '127.0.0.1');
    sockets = new WebSocketServer({ server: http });
    await once(http, 'listening');
  });
  afterEach(async () => {
    for (const browser of browsers.splice(0)) browser.terminate();
    for (const ws of sockets.clients) ws.terminate();
    sockets.close();
    http.close();
    await once(http, 'close');
  });

  async function connected(
    actor: Actor,
    look: () => Promise<Actor | undefined> = () => Promise.resolve(actor),
    checkMs = 60_000,
  ) {
    const accepted = once(sockets, 'connection') as Promise<[WebSocket]>;
    const browser = new WebSocket(`ws://127.0.0.1:${(http.address() as AddressInfo).port}`);
    browsers.push(browser);
    const seen: LiveEvent[] = [];
    browser.on('message', (data: Buffer) => seen.push(JSON.parse(data.toString()) as LiveEvent));
    const closed = once(browser, 'close') as Promise<[number, Buffer]>;
    const [ws] = await accepted;
    const current = async () => viewerOf(await look());
    const client = new LiveClient(ws, viewerOf(actor)!, current, checkMs);
    if (browser.readyState !== browser.OPEN) await once(browser, 'open');
    return { browser, client, seen, closed, ws };
  }
  const send = (client: LiveClient, event: LiveEvent) => client.send(event, [HERE], JSON.stringify(event));

  it.each([
    ['an administrator', admin, ['agent', 'device']],
    ['a technician', technician, ['device']],
  ])('sends %s only permitted events', async (_who, actor, types) => {
    const { client, seen } = await connected(actor);
    for (const event of [agentEvent, deviceEvent]) send(client, event);
    await until('the last event', () => seen.find(({ type }) => type === 'device'));
    expect(seen.map(({ type }) => type)).toEqual(types);
  });

  it.each([
    ['at the site of a customer', { siteId: SITE, deviceId: 'mfp' }, true],
    ['at a site of another customer', { siteId: crypto.randomUUID(), deviceId: 'mfp' }, false],
    ['without a site', { siteId: null, deviceId: 'mfp' }, false],
  ])('sends a technician an event of a device %s: %o %s', async (_where, place, isSent) => {
    const { client, seen } = await connected(technician);
    client.send(agentEvent, [place], '{"type":"agent"}');
    client.send(deviceEvent, [place], JSON.stringify({ ...deviceEvent, id: 'there' }));
    send(client, deviceEvent);
    await until('the last event', () => seen.find((event) => event.type === 'device' && event.id === 'mfp'));
    expect(seen.some((event) => event.type === 'device' && event.id === 'there')).toBe(isSent);
    expect(seen).toHaveLength(isSent ? 2 : 1);
  });

  it('sends a notice to every window of its recipient, and to no one else', async () => {
    const clients = new LiveClients();
    const events = new NoticeEvents(recordedJournal().journal);
    new NoticePublisher(clients, events).onModuleInit();
    const windows = [await connected(technician), await connected(technician), await connected(admin)];
    for (const { client } of windows) clients.add(client);
    events.publish('changed', noticeOf(technician.userId));
    clients.send(deviceEvent, HERE);
    await until('the last event', () => windows.every(({ seen }) => seen.some(({ type }) => type === 'device')));
    const types = windows.map(({ seen }) => seen.map(({ type }) => type));
    expect(types).toEqual([['notice', 'device'], ['notice', 'device'], ['device']]);
    expect(liveEvent.parse(windows[0]!.seen[0])).toEqual(windows[0]!.seen[0]);
  });

  it('is cut when its login has ended', async () => {
    let permitted = true;
    const look = () => Promise.resolve(permitted ? technician : undefined);
    const { client, seen, closed } = await connected(technician, look, 20);
    send(client, deviceEvent);
    await until('an event', () => seen[0]);
    permitted = false;
    const [code, why] = await closed;
    expect([code, why.toString()]).toEqual([4401, 'logged-out']);
  });

  it('follows a change of its role', async () => {
    let actor = admin;
    const { client, seen } = await connected(admin, () => Promise.resolve(actor), 10);
    send(client, agentEvent);
    await until('an event', () => seen[0]);
    actor = technician;
    let round = 0;
    await until('events of agents to stop', async () => {
      const before = seen.length;
      const last = { ...deviceEvent, id: `mfp-${(round += 1)}` };
      send(client, agentEvent);
      send(client, last);
      await until('the last event', () => seen.find((event) => event.type === 'device' && event.id === last.id));
      return seen.length === before + 1;
    });
  });

  it('is cut when it sends something', async () => {
    const { browser, closed } = await connected(technician);
    browser.send('hello');
    expect((await closed)[0]).toBe(4400);
  });

  it('is cut when it sends more pings than are permitted', async () => {
    const { browser, closed } = await connected(technician);
    for (let n = 0; n <= LIMITS.WEBSOCKET_PINGS_PER_MINUTE + 1; n += 1) browser.ping();
    const [code, why] = await closed;
    expect([code, why.toString()]).toEqual([4429, 'too-many-pings']);
  });

  it('is cut when it does not read its events', async () => {
    const { browser, client, ws } = await connected(technician);
    browser.pause();
    const padding = 'x'.repeat(64 * 1024);
    const ended = once(ws, 'close');
    await until('the queue to be full', () => {
      client.send(deviceEvent, [HERE], JSON.stringify({ ...deviceEvent, padding }));
      return ws.readyState !== ws.OPEN;
    });
    expect(ws.bufferedAmount).toBeLessThanOrEqual(LIMITS.LIVE_QUEUE_BYTES + 128);
    await ended;
  });
});

describe('live clients', () => {
  it('are bounded per user', () => {
    const clients = new LiveClients();
    const windowOf = (userId: string) => clients.add({ userId } as LiveClient);
    for (let n = 0; n < LIMITS.LIVE_CLIENTS_PER_USER; n += 1) windowOf('t');
    expect([clients.hasRoomFor('t'), clients.hasRoomFor('a')]).toEqual([false, true]);
  });
});
