import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import type { Duplex } from 'node:stream';
import { recordedJournal, type RecordedJournal } from '../../../test/support/recorded-journal';
import { setLimit } from '../../../test/support/relay/test-relay';
import { LIMITS } from '../../protocol/limits';
import { openTunnel, serveTunnel, type TunnelServer } from '../../tunnel/http2-tunnel';
import type { Ending } from '../../protocol/remote-session';
import type { Closed, RelayConnection } from '../../tunnel/relay-connection';
import { BrowserSession } from './browser-session';
import { endedPage } from './pages';

const terminated = (reason: 'requested' | 'control-plane', ending?: Ending): Closed => ({
  kind: 'terminated',
  message: { type: 'terminated', reason, ending, bytesReceived: 0, bytesSent: 0 },
});

describe('a browser session', () => {
  let device: Server;
  let pair: Server;
  let agent: TunnelServer;
  let recorded: RecordedJournal;
  let close: (closed: Closed) => void;
  let terminations: number;
  let session: BrowserSession;
  const sockets: Duplex[] = [];
  const steps = () => recorded.lines.map(({ step }) => step).filter(Boolean);

  beforeEach(async () => {
    device = createServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
    pair = createServer().listen(0, '127.0.0.1');
    await Promise.all([once(device, 'listening'), once(pair, 'listening')]);
    const near = connect((pair.address() as AddressInfo).port, '127.0.0.1');
    const [far] = (await once(pair, 'connection')) as [Duplex];
    sockets.push(near, far);
    const remoteSessionId = randomUUID();
    agent = serveTunnel(far, {
      remoteSessionId,
      originOf: () => 'http://192.168.1.20',
      open: async () => {
        const socket = connect((device.address() as AddressInfo).port, '127.0.0.1');
        sockets.push(socket);
        await once(socket, 'connect');
        return socket;
      },
    });
    const tunnel = await openTunnel(near, { remoteSessionId, applicationId: 'web' });
    recorded = recordedJournal();
    terminations = 0;
    const closed = new Promise<Closed>((resolve) => (close = resolve));
    const relay = {
      closed,
      terminate: () => {
        terminations += 1;
        close(terminated('requested'));
        return closed;
      },
    } as Partial<RelayConnection> as RelayConnection;
    const facts = {
      remoteSessionId,
      userId: 'u',
      label: 'l',
      origin: 'http://s-l.localhost',
      consoleOrigin: 'http://localhost',
      loginIsGood: () => Promise.resolve(true),
    };
    session = new BrowserSession(facts, { relay, tunnel }, recorded.journal);
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    close(terminated('requested'));
    agent.close();
    for (const socket of sockets.splice(0)) socket.destroy();
    await Promise.all([device, pair].map((each) => new Promise((resolve) => each.close(resolve))));
  });

  it('gets both names of the application once, with its first connection', async () => {
    expect(await session.origins()).toEqual({ device: 'http://192.168.1.20', session: 'http://s-l.localhost' });
    expect(await session.origins()).toBeDefined();
    expect(steps()).toEqual(['S231', 'S232']);
    expect((await session.connections.take(true)).reused).toBe(true);
  });

  it('ends once, with a reason', async () => {
    await Promise.all([session.end('asked'), session.end('logged-out')]);
    expect(terminations).toBe(1);
    expect(steps()).toEqual(['S261', 'S262', 'S273']);
    expect(await session.over).toEqual({ text: 'The technician ended the session.' });
    await expect(session.dial()).rejects.toMatchObject({ status: 502 });
  });

  it.each(['idle', 'shutdown'] as const)('an end by %s is not reported as requested by the user', async (why) => {
    await session.end(why);
    expect(steps()).toEqual(['S262', 'S273']);
  });

  it('reports an end by the control plane with its ending and detail', async () => {
    session.note({ ending: 'ended-by-administrator', detail: 'ended by Alex', deviceHalf: 'connected' });
    close(terminated('control-plane'));
    expect(await session.over).toEqual({ text: 'An administrator ended the session. (ended by Alex)' });
    expect(steps()).toEqual(['S338']);
  });

  it('reports once that it is halted, as soon as the device half has ended (S315)', async () => {
    const halted = { ending: 'halted-by-deployment' as const, detail: '' };
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
    close(terminated('control-plane', 'halted-by-deployment'));
    expect(endedPage(await session.over)).toEqual(page);
    expect(steps()).toEqual(['S316', 'S338']);
    expect(terminations).toBe(0);
  });

  it('reports a halt even if only the relay has reported it', async () => {
    close(terminated('control-plane', 'halted-by-deployment'));
    expect((await session.over).title).toBe('This session was interrupted');
    expect(steps()).toEqual(['S316', 'S338']);
  });

  it('ends when only the tunnel breaks', async () => {
    agent.close();
    expect((await session.over).text).toMatch(/agent broke/);
    expect(terminations).toBe(1);
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
    const { connections } = session;
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
    const { stream } = await session.connections.take(true);
    const [socket] = await accepted;
    stream.emit('free');
    socket.write('HTTP/1.1 408 Request Timeout\r\n\r\n');
    await once(stream, 'close', { signal: AbortSignal.timeout(60_000) });
    expect((await session.connections.take(true)).reused).toBe(false);
  });
});
