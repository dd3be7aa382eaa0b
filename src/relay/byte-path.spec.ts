import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { duplexPair, type Writable } from 'node:stream';
import { RawPeer } from '../../test/support/relay/raw-peer';
import { setLimit, startTestRelay, type TestRelay } from '../../test/support/relay/test-relay';
import { makeCertificate } from '../../test/support/test-certificate';
import { until } from '../../test/support/until';
import { LIMITS } from '../protocol/limits';
import { openTunnel, serveTunnel } from '../tunnel/http2-tunnel';
import { dialRelay } from '../tunnel/relay-connection';

const MB = 1024 * 1024;
/** What the kernel may buffer for a stalled TCP connection on loopback, both ends together. */
const KERNEL_BYTES = 12 * MB;

describe('byte path of the relay', () => {
  let test: TestRelay;

  beforeEach(async () => {
    test = await startTestRelay();
  });
  afterEach(() => {
    jest.restoreAllMocks();
    return test.stop();
  });

  const session = async () => (await test.controlPlane.ask('list-sessions', {})).sessions[0]!;
  /** Bytes that the relay has read from a half when it reads no more. */
  const stalledAt = async (counter: 'bytesFromDevice' | 'bytesFromTerminal'): Promise<number> => {
    let [last, same] = [-1, 0];
    await until(
      'the stream to stall',
      async () => {
        const now = (await session())[counter];
        same = now === last && now > 0 ? same + 1 : 0;
        last = now;
        return same === 20;
      },
      undefined,
      50,
    );
    return last;
  };

  it.each([
    ['device', 'terminal', 'bytesFromDevice'],
    ['terminal', 'device', 'bytesFromTerminal'],
  ] as const)('pauses a fast %s while the %s does not read, then delivers every byte', async (fast, slow, counter) => {
    const prepared = await test.controlPlane.prepare();
    const reader = await RawPeer.establish(prepared[slow]);
    const sender = await dialRelay(prepared[fast], fast);
    await sender.joined;
    reader.ws.pause();
    const total = 64 * MB;
    const sending = send(sender.bytes, total);
    const taken = await stalledAt(counter);
    expect(taken).toBeLessThan(KERNEL_BYTES + LIMITS.RELAY_READ_AHEAD_BYTES);
    reader.ws.resume();
    await sending;
    await until('all bytes', () => reader.bytes === total);
    await sender.terminate();
  });

  it('holds bytes until the other half is established', async () => {
    const prepared = await test.controlPlane.prepare();
    const early = await dialRelay(prepared.device, 'device');
    const total = 20 * MB;
    const sending = send(early.bytes, total);
    expect(await stalledAt('bytesFromDevice')).toBeLessThan(LIMITS.RELAY_JOIN_BYTES + LIMITS.RELAY_QUEUE_BYTES);
    const reader = await RawPeer.establish(prepared.terminal);
    await sending;
    await until('all bytes', () => reader.bytes === total);
  });

  it('accepts `terminate` from a half whose own bytes are stuck', async () => {
    const prepared = await test.controlPlane.prepare();
    const reader = await RawPeer.establish(prepared.terminal);
    const sender = await dialRelay(prepared.device, 'device');
    await sender.joined;
    reader.ws.pause();
    sender.bytes.on('error', () => undefined);
    void send(sender.bytes, 64 * MB).catch(() => undefined);
    await stalledAt('bytesFromDevice');
    const { linkId } = prepared;
    await test.controlPlane.ask('end-session', { linkId, half: 'terminal', ending: 'ended-by-administrator' });
    expect(await sender.terminate()).toMatchObject({ kind: 'terminated', message: { reason: 'requested' } });
    reader.ws.resume();
  });

  it('accepts `terminate` from a half whose bytes are held because the other half never connects', async () => {
    const { device, linkId } = await test.controlPlane.prepare();
    const sender = await dialRelay(device, 'device');
    void send(sender.bytes, 20 * MB).catch(() => undefined);
    await stalledAt('bytesFromDevice');
    await test.controlPlane.ask('end-session', { linkId, half: 'terminal', ending: 'cancelled' });
    expect(await sender.terminate()).toMatchObject({ kind: 'terminated', message: { reason: 'requested' } });
  });

  it('accepts `terminate` from a half that is held back, behind what a tunnel may have in flight', async () => {
    setLimit('RELAY_READ_AHEAD_HALVES', 0);
    const prepared = await test.controlPlane.prepare();
    const reader = await RawPeer.establish(prepared.terminal);
    const device = await RawPeer.establish(prepared.device);
    reader.ws.pause();
    let sent = 0;
    const send = (count: number) => {
      for (let each = 0; each < count; each++) device.ws.send(Buffer.alloc(64 * 1024));
      sent += count * 64 * 1024;
    };
    // A MB at a time, so that no more of it waits to be read when the relay reads no more.
    do send(16);
    while ((await stalledAt('bytesFromDevice')) === sent);
    send(48);
    device.send({ type: 'terminate' });
    jest.restoreAllMocks();
    expect(await device.message('terminated')).toMatchObject({ reason: 'requested', bytesReceived: sent });
    reader.ws.resume();
    await until('all bytes', () => reader.bytes === sent);
  });

  it.each([
    ['reports to a terminal that has requested it', { reportInterruptions: true }, ['interrupted', 'restored']],
    ['does not report to any other terminal', {}, []],
  ])('%s that the device is silent, and its return', async (_what, more, reports) => {
    setLimit('RELAY_INTERRUPTED_MS', 50);
    const prepared = await test.controlPlane.prepare();
    const device = await RawPeer.establish(prepared.device, { autoPong: false }, { reportInterruptions: true });
    const terminal = await RawPeer.establish(prepared.terminal, { autoPong: false }, more);
    const types = ({ messages }: RawPeer) => messages.map(({ type }) => type);
    if (reports.length > 0) await terminal.message('interrupted');
    device.ws.ping();
    if (reports.length > 0) await terminal.message('restored');
    const { linkId } = prepared;
    await test.controlPlane.ask('end-session', { linkId, half: 'terminal', ending: 'ended-by-terminal' });
    await terminal.message('terminated');
    expect(types(terminal).slice(0, 2 + reports.length)).toEqual(['established', 'joined', ...reports]);
    expect(types(device)).toEqual(['established', 'joined']);
  });

  it('forwards the bytes of fragmented and empty messages unchanged', async () => {
    const prepared = await test.controlPlane.prepare();
    const device = await RawPeer.establish(prepared.device);
    const terminal = await dialRelay(prepared.terminal, 'terminal');
    const data = randomBytes(100_000);
    const parts: Buffer[] = [];
    terminal.bytes.on('data', (part: Buffer) => parts.push(part));
    device.ws.send(Buffer.alloc(0));
    for (let at = 0; at < data.length; at += 1000)
      device.ws.send(data.subarray(at, at + 1000), { binary: true, fin: at % 5000 === 4000 });
    await until('all bytes', () => Buffer.concat(parts).length === data.length);
    expect(Buffer.concat(parts).equals(data)).toBe(true);
  });

  it.each([
    ['TCP', 50 * MB],
    ['TLS', 10 * MB],
  ])('carries bytes in both directions at once through the tunnel, unchanged, over %s', async (below, total) => {
    const certificate = await makeCertificate();
    if (below === 'TLS') {
      await test.stop();
      test = await startTestRelay({ tls: certificate });
    }
    const prepared = await test.controlPlane.prepare();
    for (const half of ['device', 'terminal'] as const) prepared[half].pin = certificate.pin;
    const { device, terminal } = await test.join(prepared);
    const application = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
    await once(application, 'listening');
    const { remoteSessionId } = device;
    const { port } = application.address() as AddressInfo;
    const server = serveTunnel(device.bytes, {
      remoteSessionId,
      open: () => Promise.resolve(connect({ port, host: '127.0.0.1', allowHalfOpen: true })),
    });
    const tunnel = await openTunnel(terminal.bytes, { remoteSessionId, applicationId: 'web' });
    const stream = await tunnel.connect();
    const [sent, received] = [createHash('sha256'), createHash('sha256')];
    stream.on('data', (chunk: Buffer) => received.update(chunk));
    const ended = once(stream, 'end');
    await send(stream, total, (chunk) => sent.update(chunk));
    stream.end();
    await ended;
    expect(received.digest('hex')).toBe(sent.digest('hex'));
    tunnel.close();
    await Promise.all([tunnel.closed, server.closed]);
    const counters = await session();
    expect(counters.bytesFromDevice).toBeGreaterThan(total);
    expect(counters.bytesFromTerminal).toBeGreaterThan(total);
    await terminal.terminate();
    await device.terminate();
    application.close();
  });

  it('logs S233, S234 with the first request and S242, S243 with the first bytes of a response, once per link', async () => {
    const { device, terminal } = await test.join(await test.controlPlane.prepare());
    const { remoteSessionId } = device;
    const [near, far] = duplexPair();
    const server = serveTunnel(device.bytes, { remoteSessionId, open: () => Promise.resolve(near) });
    const tunnel = await openTunnel(terminal.bytes, { remoteSessionId, applicationId: 'web' });
    const steps = () => test.recorded.steps().filter((step) => /^S2[34]/.test(String(step)));
    expect(steps()).toEqual([]);
    const stream = await tunnel.connect();
    expect(steps()).toEqual(['S233', 'S234']);
    for (const text of ['one', 'two']) {
      far.write(text);
      await once(stream, 'data');
      expect(steps()).toEqual(['S233', 'S234', 'S242', 'S243']);
    }
    tunnel.close();
    await Promise.all([tunnel.closed, server.closed]);
  });
});

async function send(to: Writable, total: number, seen: (chunk: Buffer) => void = () => undefined): Promise<void> {
  const block = randomBytes(64 * 1024);
  for (let sent = 0; sent < total; sent += block.length) {
    const chunk = block.subarray(0, total - sent);
    seen(chunk);
    if (!to.write(chunk)) await once(to, 'drain');
  }
}
