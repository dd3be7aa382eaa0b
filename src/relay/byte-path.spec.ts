import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { duplexPair, type Writable } from 'node:stream';
import { RawPeer } from '../../test/support/relay/raw-peer';
import { startTestRelay, type TestRelay } from '../../test/support/relay/test-relay';
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
  afterEach(() => test.stop());

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
    expect(taken).toBeLessThan(KERNEL_BYTES);
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

  it('carries 50 MB in both directions at once through the tunnel, unchanged', async () => {
    const { device, terminal } = await test.join(await test.controlPlane.prepare());
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
    await send(stream, 50 * MB, (chunk) => sent.update(chunk));
    stream.end();
    await ended;
    expect(received.digest('hex')).toBe(sent.digest('hex'));
    tunnel.close();
    await Promise.all([tunnel.closed, server.closed]);
    const counters = await session();
    expect(counters.bytesFromDevice).toBeGreaterThan(50 * MB);
    expect(counters.bytesFromTerminal).toBeGreaterThan(50 * MB);
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
