import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { connect as connectHttp2, performServerHandshake, type ServerHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import WebSocket, { WebSocketServer } from 'ws';
import { until } from '../../test/support/until';
import { LIMITS } from '../protocol/limits';
import { openTunnel, serveTunnel, type Tunnel, type TunnelServer } from './http2-tunnel';
import { StreamRefused } from './http2-tunnel.errors';
import { sha256Hex } from './sha256';
import { splice } from './splice';
import { WebSocketBytes } from './websocket-bytes';
import { MessageSocket } from './websocket/message-socket';

const bytesOf = (ws: WebSocket) => new WebSocketBytes(new MessageSocket(ws));

const remoteSessionId = randomUUID();
/** Everything until the end; unlike stream/consumers it leaves the writing direction open. */
const buffer = (stream: Duplex): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.once('end', () => resolve(Buffer.concat(chunks)));
    stream.once('error', reject);
    stream.once('close', () => reject(new Error('closed before the end')));
  });
/** Passes writes on at once, but keeps the first of them in progress until the returned function is called. */
function holdWrites(stream: WebSocketBytes): (() => void) & { held: Promise<void> } {
  let [onHeld, release] = [() => undefined as void, () => undefined as void];
  const held = new Promise<void>((resolve) => (onHeld = resolve));
  const write = stream._writev.bind(stream);
  const together = (chunks: { chunk: Buffer }[], done: (error?: Error | null) => void) => {
    stream._write = (chunk: Buffer, _encoding, then) => write([{ chunk }], then);
    stream._writev = write;
    write(chunks, (error) => (release = () => done(error)));
    onHeld();
  };
  stream._write = (chunk: Buffer, _encoding, done) => together([{ chunk }], done);
  stream._writev = together;
  return Object.assign(() => release(), { held });
}

describe('HTTP/2 tunnel over WebSockets', () => {
  let wss: WebSocketServer;
  let application: Server;
  let onConnection: (socket: Socket) => void;
  const accepted = new Set<Socket>();
  let ends: { near: WebSocketBytes; far: WebSocketBytes; sockets: WebSocket[] };
  let server: TunnelServer;
  let tunnel: Tunnel | undefined;
  let opened: string[];

  beforeEach(async () => {
    wss = new WebSocketServer({ port: 0, host: '127.0.0.1', maxPayload: LIMITS.RELAY_FRAME_BYTES });
    application = createServer({ allowHalfOpen: true }, (socket) => {
      accepted.add(socket);
      socket.on('error', () => undefined);
      onConnection(socket);
    }).listen(0, '127.0.0.1');
    await Promise.all([once(wss, 'listening'), once(application, 'listening')]);
    const ws = new WebSocket(`ws://127.0.0.1:${(wss.address() as AddressInfo).port}`);
    const [[other]] = (await Promise.all([once(wss, 'connection'), once(ws, 'open')])) as [[WebSocket], unknown];
    ends = { near: bytesOf(ws), far: bytesOf(other), sockets: [ws, other] };
    opened = [];
  });
  afterEach(async () => {
    tunnel?.close();
    server.close();
    for (const socket of [...ends.sockets, ...wss.clients]) socket.terminate();
    for (const socket of accepted) socket.destroy();
    accepted.clear();
    await Promise.all([wss, application].map((each) => new Promise((resolve) => each.close(resolve))));
  });

  const dialApplication = (): Promise<Duplex> => {
    const socket = connect({
      port: (application.address() as AddressInfo).port,
      host: '127.0.0.1',
      allowHalfOpen: true,
    });
    return once(socket, 'connect').then(() => socket);
  };
  const serve = (open: (id: string) => Promise<Duplex> = dialApplication) =>
    (server = serveTunnel(ends.far, {
      remoteSessionId,
      open: (id) => {
        opened.push(id);
        return open(id);
      },
    }));
  const dial = async (session = remoteSessionId) =>
    (tunnel = await openTunnel(ends.near, { remoteSessionId: session, applicationId: 'web' }));

  it('leaves room for a listener of the one who carries a connection', async () => {
    onConnection = () => undefined;
    serve();
    const [stream, socket] = [await (await dial()).connect(), await dialApplication()];
    const carried = splice(socket, stream);
    for (const each of [stream, socket])
      for (const name of each.eventNames()) expect(each.listenerCount(name)).toBeLessThan(each.getMaxListeners());
    socket.destroy();
    await carried;
  });

  it('carries strings and Buffers that are written together', async () => {
    const received = new Promise<Buffer>((resolve) => (onConnection = (socket) => void buffer(socket).then(resolve)));
    serve();
    const stream = await (await dial()).connect();
    stream.cork();
    for (let n = 0; n < 50; n += 1) {
      stream.write(`header ${n}\r\n`, 'latin1');
      stream.write(Buffer.from('content'));
    }
    stream.write('', 'latin1'); // as Node's HTTP client ends a request
    stream.uncork();
    stream.end('');
    const expected = Array.from({ length: 50 }, (_, n) => `header ${n}\r\ncontent`).join('');
    expect((await received).toString('latin1')).toBe(expected);
  });

  it.each([
    ['an HTTP application', 'http://192.168.1.20', 'http://192.168.1.20'],
    ['an application without HTTP', undefined, undefined],
    ['an agent that sends an invalid one', 'file:///etc', undefined],
  ])('reports the origin of %s', async (_, given, origin) => {
    onConnection = (socket) => void socket.end();
    server = serveTunnel(ends.far, { remoteSessionId, open: dialApplication, originsOf: () => ({ own: given }) });
    const mine = await dial();
    expect(mine.applicationOrigin).toBeUndefined();
    await mine.connect();
    expect(mine.applicationOrigin).toBe(origin);
  });

  it('carries bytes in both directions; each direction ends separately', async () => {
    onConnection = (socket) => void buffer(socket).then((all) => socket.end(`got ${all.toString()}`));
    serve();
    const stream = await (await dial()).connect();
    stream.end('question');
    expect((await buffer(stream)).toString()).toBe('got question');
    expect(opened).toEqual(['web']);
  });

  it('still carries bytes to the application after the application has ended its direction', async () => {
    let got: Promise<Buffer> | undefined;
    onConnection = (socket) => {
      got = buffer(socket);
      socket.end('bye');
    };
    serve();
    const stream = await (await dial()).connect();
    expect((await buffer(stream)).toString()).toBe('bye');
    stream.end('late');
    await once(stream, 'close');
    expect((await got)?.toString()).toBe('late');
  });

  it('carries 20 MB in both directions at once over four streams, unchanged', async () => {
    onConnection = (socket) => void socket.pipe(socket);
    serve();
    const { connect: open } = await dial().then((t) => ({ connect: () => t.connect() }));
    const echoes = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const data = randomBytes(5_000_000);
        const stream = await open();
        stream.end(data);
        return sha256Hex(await buffer(stream)) === sha256Hex(data);
      }),
    );
    expect(echoes).toEqual([true, true, true, true]);
  });

  it('pauses a sender while the receiver does not read', async () => {
    let sent = 0;
    onConnection = (socket) => {
      const block = Buffer.alloc(64 * 1024);
      const more = () => {
        while (!socket.destroyed && socket.write(block)) sent += block.length;
        socket.once('drain', more);
      };
      more();
    };
    serve();
    const stream = await (await dial()).connect();
    stream.pause();
    // A second stream still works, so the tunnel is not blocked. Its answer also gave the first stream time to send.
    for (let turn = 0; turn < 20; turn++) (await tunnel!.connect()).destroy();
    const queues = ends.far.writableLength + ends.near.readableLength + ends.sockets[1]!.bufferedAmount;
    expect(queues).toBeLessThan(4 * LIMITS.RELAY_QUEUE_BYTES + LIMITS.TUNNEL_STREAM_WINDOW_BYTES);
    expect(sent).toBeGreaterThan(0);
  });

  it('carries 64 streams at once, while readers that have stopped hold more than a window', async () => {
    const size = 3 * 1024 * 1024;
    onConnection = (socket) => socket.end(Buffer.alloc(size, 7));
    serve();
    const near = await dial();
    const stopped = await Promise.all(Array.from({ length: 8 }, () => near.connect()));
    // each of them receives a window that is not read
    const waiting = () => stopped.reduce((sum, stream) => sum + stream.readableLength, 0);
    await until('a window of each to wait', () => waiting() >= 8 * LIMITS.TUNNEL_STREAM_WINDOW_BYTES);
    const read = async () => (await buffer(await near.connect())).length;
    expect(await Promise.all(Array.from({ length: 64 }, read))).toEqual(Array.from({ length: 64 }, () => size));
    const rest = await Promise.all(stopped.map(buffer));
    expect(rest.map(({ length }) => length)).toEqual(stopped.map(() => size));
  });

  it('reports a cut transfer as an error', async () => {
    onConnection = (socket) => {
      socket.write('half');
      socket.once('data', () => socket.resetAndDestroy());
    };
    serve();
    const stream = await (await dial()).connect();
    await once(stream, 'data');
    stream.write('go');
    await expect(buffer(stream)).rejects.toThrow();
  });

  it('reports a lost WebSocket as an error and closes both ends', async () => {
    onConnection = (socket) => socket.write('half');
    serve();
    const stream = await (await dial()).connect();
    await once(stream, 'data');
    const cut = expect(buffer(stream)).rejects.toThrow();
    ends.sockets[1]!.terminate();
    await Promise.all([cut, tunnel!.closed, server.closed]);
    await expect(tunnel!.connect()).rejects.toMatchObject({ status: 502 });
  });

  it('closes the connection to the application when the terminal disconnects', async () => {
    const gone = new Promise<void>((resolve) => {
      onConnection = (socket) => void socket.resume().once('end', () => resolve());
    });
    serve();
    await (await dial()).connect();
    tunnel!.close();
    await gone;
  });

  it.each(['terminal', 'device'] as const)('notifies the other end when the %s closes during a write', async (half) => {
    onConnection = (socket) => socket.pipe(socket);
    serve();
    const stream = await (await dial()).connect();
    const release = holdWrites(half === 'terminal' ? ends.near : ends.far);
    stream.write('echo');
    await release.held;
    if (half === 'terminal') tunnel!.close();
    else server.close();
    release();
    await Promise.all([tunnel!.closed, server.closed]);
  });

  it.each([
    ['open() refuses with 404', new StreamRefused(404, 'no application „web“ here'), 404, 'no application „web“ here'],
    ['open() refuses with 403', new StreamRefused(403, 'not now'), 403, 'not now'],
    ['open() fails', new Error('connect ECONNREFUSED 10.0.0.1'), 502, 'the application cannot be reached'],
  ])('answers as %s', async (_name, error, status, detail) => {
    serve(() => Promise.reject(error));
    const refusal = (await dial()).connect();
    await expect(refusal).rejects.toBeInstanceOf(StreamRefused);
    await expect(refusal).rejects.toMatchObject({ status, detail });
  });

  it('refuses a stream of another session before anything is opened', async () => {
    serve();
    await expect((await dial(randomUUID())).connect()).rejects.toMatchObject({ status: 403 });
    expect(opened).toEqual([]);
  });

  it.each([
    ['GET', { ':method': 'GET', ':path': '/', 'platen-session': remoteSessionId }, 403],
    [
      'CONNECT to an invalid application ID',
      { ':method': 'CONNECT', ':authority': 'AB:80', 'platen-session': remoteSessionId },
      404,
    ],
    ['CONNECT without session', { ':method': 'CONNECT', ':authority': 'web' }, 403],
  ])('answers %s with a refusal', async (_name, headers, status) => {
    serve();
    const session = connectHttp2('http://tunnel', { createConnection: () => ends.near });
    session.on('error', () => undefined);
    const stream = session.request(headers);
    const [answer] = (await once(stream, 'response')) as [Record<string, unknown>];
    expect(answer[':status']).toBe(status);
    expect(opened).toEqual([]);
    session.destroy();
  });

  it.each([
    ['another session', { 'platen-session': randomUUID(), 'platen-application': 'web' }],
    ['another application', { 'platen-session': remoteSessionId, 'platen-application': 'fax' }],
    ['no relaying header', {}],
  ])('takes no connection from an answer with %s', async (_name, header) => {
    const session = performServerHandshake(ends.far);
    session.on('error', () => undefined);
    session.on('stream', (stream: ServerHttp2Stream) => {
      stream.on('error', () => undefined);
      stream.respond({ ':status': 200, ...header });
    });
    server = { close: () => session.destroy(), closed: Promise.resolve() };
    await expect((await dial()).connect()).rejects.toMatchObject({ status: 502 });
  });

  it('closes on bytes that are not HTTP/2', async () => {
    serve();
    ends.near.write(Buffer.alloc(1000, 'x'));
    await server.closed;
  });

  it('refuses more connections than the tunnel allows', async () => {
    onConnection = (socket) => void socket.resume();
    serve();
    await dial();
    await Promise.all(Array.from({ length: LIMITS.TUNNEL_STREAMS }, () => tunnel!.connect()));
    await expect(tunnel!.connect()).rejects.toMatchObject({ status: 503 });
  });
});
