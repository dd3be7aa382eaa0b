import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import type { Duplex } from 'node:stream';
import { openSession, terminated, type OpenedSession } from '../../../test/support/browser/opened-session';
import { setLimit } from '../../../test/support/relay/test-relay';
import { LIMITS } from '../../protocol/limits';
import type { BrowserSession } from './browser-session';
import { endedPage } from './pages';

describe('a browser session', () => {
  let device: Server;
  let opened: OpenedSession;
  let session: BrowserSession;
  const steps = () => opened.recorded.steps();

  beforeEach(async () => {
    device = createServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
    await once(device, 'listening');
    opened = await openSession((device.address() as AddressInfo).port);
    session = opened.session;
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await opened.stop();
    await new Promise((resolve) => device.close(resolve));
  });

  it('gets both names of the application once, with its first connection', async () => {
    expect(await session.origins()).toEqual({
      device: 'http://192.168.1.20',
      session: 'http://s-l.localhost',
      others: [],
    });
    expect(await session.origins()).toBeDefined();
    expect(steps()).toEqual(['S231', 'S232']);
    expect((await session.connections(0).take(true)).reused).toBe(true);
  });

  it('keeps the site of an origin that the owner has revoked, so that no other gets it', async () => {
    await opened.stop();
    const { port } = device.address() as AddressInfo;
    const others: Record<string, number> = { 'http://a.local': port, 'http://b.local': port };
    opened = await openSession(port, {}, others);
    const { session } = opened;
    await session.origins();
    const before = session.sites;
    delete others['http://a.local'];
    others['http://c.local'] = port;
    expect(await session.propose('http://c.local')).toEqual({ site: 'http://s-l-3.localhost' });
    expect(session.sites).toEqual([...before, 'http://s-l-3.localhost']);
    await expect(session.dial(1)).rejects.toMatchObject({ status: 403 });
    expect(await session.propose('http://a.local')).toEqual({ answer: 'the owner of the device has been asked' });
  });

  it('ends once, with a reason', async () => {
    await Promise.all([session.end('asked'), session.end('logged-out')]);
    expect(opened.counted.terminations).toBe(1);
    expect(steps()).toEqual(['S261', 'S262', 'S273']);
    expect(await session.over).toEqual({ text: 'The technician ended the session.' });
    await expect(session.dial()).rejects.toMatchObject({ status: 502 });
  });

  it.each(['idle', 'shutdown'] as const)('an end by %s is not reported as requested by the user', async (why) => {
    await session.end(why);
    expect(steps()).toEqual(['S262', 'S273']);
  });

  it('reports an end by the control plane with its ending and detail', async () => {
    const known = { ending: 'ended-by-administrator', detail: 'ended by Alex' } as const;
    session.note({ ...known, deviceHalf: 'connected', terminalHalf: 'connected' });
    expect(session.ending).toBeUndefined();
    opened.close(terminated('control-plane'));
    expect(await session.over).toEqual({ text: 'An administrator ended the session. (ended by Alex)' });
    expect(steps()).toEqual(['S338']);
  });

  it('reports once that it is halted, as soon as the device half has ended (S315)', async () => {
    const halted = { ending: 'halted-by-deployment' as const, detail: '', terminalHalf: 'connected' as const };
    session.note({ ...halted, deviceHalf: 'connected' });
    expect(session.ending).toBeUndefined();
    session.note({ ...halted, deviceHalf: 'ended' });
    const page = {
      status: 410,
      title: 'This session was interrupted',
      text: expect.stringContaining('new relay is being deployed'),
    };
    expect(endedPage(session.ending!)).toEqual(page);
    expect(steps()).toEqual(['S316']);
    opened.close(terminated('control-plane', 'halted-by-deployment'));
    expect(endedPage(await session.over)).toEqual(page);
    expect(steps()).toEqual(['S316', 'S338']);
    expect(opened.counted.terminations).toBe(0);
  });

  it('has ended when the control plane has the end log of its half, although the relay has not notified it yet', async () => {
    const known = { ending: 'revoked', detail: 'the user was deactivated' } as const;
    session.note({ ...known, deviceHalf: 'ended', terminalHalf: 'connected' });
    expect(session.ending).toBeUndefined();
    session.note({ ...known, deviceHalf: 'ended', terminalHalf: 'ended' });
    expect(session.ending).toMatchObject({ text: expect.stringContaining('(the user was deactivated)') });
    opened.close(terminated('control-plane', 'revoked'));
    expect(await session.over).toEqual(session.ending);
    expect(steps()).toEqual(['S338']);
    expect(opened.counted.terminations).toBe(0);
  });

  it('reports a halt even if only the relay has reported it', async () => {
    opened.close(terminated('control-plane', 'halted-by-deployment'));
    expect((await session.over).title).toBe('This session was interrupted');
    expect(steps()).toEqual(['S316', 'S338']);
  });

  it('ends when only the tunnel breaks', async () => {
    opened.agent.close();
    expect((await session.over).text).toMatch(/agent broke/);
    expect(opened.counted.terminations).toBe(1);
  });

  it('is idle only while no exchange is open', () => {
    const clock = jest.spyOn(performance, 'now');
    try {
      clock.mockReturnValue(1_000);
      const done = session.startExchange()!;
      clock.mockReturnValue(5_000);
      expect(session.idleMs).toBe(0);
      done();
      clock.mockReturnValue(5_250);
      expect(session.idleMs).toBe(250);
    } finally {
      clock.mockRestore();
    }
  });

  it('bounds the number of open exchanges', () => {
    const all = Array.from({ length: LIMITS.BROWSER_EXCHANGES }, () => session.startExchange());
    expect(all.every(Boolean)).toBe(true);
    expect(session.startExchange()).toBeUndefined();
    all[0]!();
    expect(session.startExchange()).toBeDefined();
  });

  it('shares a bounded number of connections and reuses an idle one until it is too old', async () => {
    setLimit('BROWSER_SOCKETS', 2);
    setLimit('BROWSER_REUSE_MS', 50);
    const connections = session.connections(0);
    const one = await connections.take(true);
    const two = await connections.take(true);
    let third: Duplex | undefined;
    const waiting = connections.take(true).then(({ stream }) => (third = stream));
    await new Promise((resolve) => setImmediate(resolve));
    expect(third).toBeUndefined();
    one.stream.emit('free');
    expect(await waiting).toBe(one.stream);
    two.stream.emit('free');
    await once(two.stream, 'close');
    const fresh = await connections.take(true);
    expect(fresh.reused).toBe(false);
    fresh.stream.emit('free');
    expect((await connections.take(false)).stream).not.toBe(fresh.stream); // for a request that must not be sent twice
  });

  it('discards an idle connection on which the device sends something', async () => {
    setLimit('BROWSER_REUSE_MS', 120_000);
    const accepted = once(device, 'connection') as Promise<[Duplex]>;
    const { stream } = await session.connections(0).take(true);
    const [socket] = await accepted;
    stream.emit('free');
    socket.write('HTTP/1.1 408 Request Timeout\r\n\r\n');
    await once(stream, 'close', { signal: AbortSignal.timeout(60_000) });
    expect((await session.connections(0).take(true)).reused).toBe(false);
  });
});
