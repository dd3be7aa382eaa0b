import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import type { PreparedSession } from '../../test/support/relay/fake-control-plane';
import { RawPeer } from '../../test/support/relay/raw-peer';
import { SilentPath } from '../../test/support/relay/silent-path';
import { setLimit, startTestRelay, type TestRelay } from '../../test/support/relay/test-relay';
import { until } from '../../test/support/until';
import { REFUSALS, type Refusal, type RelayMessage } from '../protocol/relay-messages';
import { HALVES, OTHER_HALF, type Half } from '../protocol/remote-session';
import { openTunnel, serveTunnel } from '../tunnel/http2-tunnel';
import { dialRelay, type RelayConnection } from '../tunnel/relay-connection';

const MB = 1024 * 1024;
const CONTINUES = 'a half continues over another connection';
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const RESUMABLE = { resumable: true };
const invented = () => randomBytes(32).toString('base64url');

let test: TestRelay;
beforeEach(async () => {
  test = await startTestRelay();
  setLimit('WEBSOCKET_PINGS_PER_MINUTE', 100_000);
});
afterEach(async () => {
  jest.restoreAllMocks();
  await test.stop();
});
const logged = (message: string) => test.recorded.lines.filter(({ msg }) => msg === message);
const starts = (linkId: string) =>
  new Set(
    test.controlPlane.reported.filter((log) => log.linkId === linkId && log.event.kind === 'start').map(({ id }) => id),
  );

describe('a session whose connections to the relay fall silent', () => {
  const paths = {} as Record<Half, SilentPath>;
  const ends = {} as Record<Half, RelayConnection>;
  let session: PreparedSession;
  let application: Server;

  beforeEach(async () => {
    setLimit('RELAY_INTERRUPTED_MS', 100);
    setLimit('RESUME_PAUSE_MS', 20);
    session = await test.controlPlane.prepare();
    for (const half of HALVES) {
      paths[half] = await SilentPath.to(session[half].url);
      ends[half] = await dialRelay({ ...session[half], url: paths[half].url }, half, RESUMABLE);
    }
    await Promise.all(HALVES.map((half) => ends[half].joined));
    application = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
    await once(application, 'listening');
  });
  afterEach(() => {
    application.close();
    for (const half of HALVES) paths[half].strike();
  });

  it.each<[string, Half[]]>([
    ['the device', ['device']],
    ['the terminal', ['terminal']],
    ['both', ['device', 'terminal']],
  ])('carries a transfer whole, in both directions, over further connections of %s', async (_which, silent) => {
    const { remoteSessionId } = session;
    const { port } = application.address() as AddressInfo;
    serveTunnel(ends.device.bytes, {
      remoteSessionId,
      open: () => Promise.resolve(connect({ port, host: '127.0.0.1', allowHalfOpen: true })),
    });
    const tunnel = await openTunnel(ends.terminal.bytes, { remoteSessionId, applicationId: 'web' });
    const stream = await tunnel.connect();
    const [sent, received] = [createHash('sha256'), createHash('sha256')];
    const total = 24 * MB;
    /** Further apart than what may be on the way. */
    const silences = [4 * MB, 16 * MB];
    let bytes = 0;
    stream.on('data', (chunk: Buffer) => {
      received.update(chunk);
      bytes += chunk.length;
      if (bytes < silences[0]!) return;
      silences.shift();
      for (const half of silent) paths[half].fallSilent();
    });
    const ended = once(stream, 'end');
    const sending = (async () => {
      for (let at = 0; at < total; at += MB) {
        const chunk = randomBytes(MB);
        sent.update(chunk);
        if (!stream.write(chunk)) await once(stream, 'drain');
      }
      stream.end();
    })();
    await Promise.all([sending, ended]);
    expect(bytes).toBe(total);
    expect(received.digest('hex')).toBe(sent.digest('hex'));

    for (const half of silent) {
      expect(logged(CONTINUES).filter((line) => line.half === half).length).toBeGreaterThanOrEqual(2);
      expect(paths[half].connections).toBeGreaterThanOrEqual(3);
    }
    tunnel.close();
    for (const half of HALVES)
      expect(await ends[half].terminate()).toMatchObject({ kind: 'terminated', message: { reason: 'requested' } });
    expect(starts(session.linkId).size).toBe(2);
    expect(test.controlPlane.endReasons(session.linkId)).toEqual(['device requested', 'terminal requested']);
  });

  it.each(HALVES)('reports the silence of the %s, and that it carries again', async (half) => {
    const reports: boolean[] = [];
    ends[half].onInterruption((isInterrupted) => reports.push(isInterrupted));
    paths[half].fallSilent();
    await until('its return', () => reports.includes(false));
    expect(reports.slice(0, 2)).toEqual([true, false]);
  });

  it.each(HALVES)('ends in order if the %s is to end while its connection is silent', async (half) => {
    paths[half].fallSilent();
    expect(await ends[half].terminate()).toMatchObject({ kind: 'terminated', message: { reason: 'requested' } });
    expect(test.controlPlane.endReasons(session.linkId)).toContain(`${half} requested`);
  });

  it('says after it has resumed that the relay is draining', async () => {
    const seconds: (number | undefined)[] = [];
    ends.terminal.onDraining((each) => seconds.push(each));
    paths.terminal.fallSilent();
    await test.controlPlane.ask('drain', { draining: true, returnAfterSeconds: 7 });
    await until('the message', () => seconds.length > 0);
    expect(seconds[0]).toBe(7);
  });

  it('is lost as before if no further connection succeeds', async () => {
    setLimit('RESUME_MS', 100);
    const interrupted = new Promise((resolve) => ends.device.onInterruption(resolve));
    paths.device.refuse();
    paths.device.fallSilent();
    await interrupted;
    paths.device.strike();
    expect(await ends.device.closed).toMatchObject({ kind: 'lost', code: 1006 });
    await until('the end log', () => test.controlPlane.endReasons(session.linkId).includes('device lost'));
  });
});

describe('a request to resume', () => {
  /** Both halves, joined. @returns their secrets */
  async function joined(more: Record<Half, object> = { device: RESUMABLE, terminal: RESUMABLE }) {
    const session = await test.controlPlane.prepare();
    const device = await RawPeer.establish(session.device, {}, more.device);
    const terminal = await RawPeer.establish(session.terminal, {}, more.terminal);
    const [forDevice, forTerminal] = [await device.message('joined'), await terminal.message('joined')];
    return { session, device, terminal, secrets: { device: secretIn(forDevice), terminal: secretIn(forTerminal) } };
  }
  const secretIn = (message: RelayMessage) => (message.type === 'joined' ? message.resumeSecret : undefined);
  type Joined = Awaited<ReturnType<typeof joined>>;

  async function ask(half: Half, url: string, request: object): Promise<RawPeer> {
    const peer = await RawPeer.open(url);
    peer.send({ type: 'resume', ...request });
    return peer;
  }

  it.each<[string, Refusal, (on: Joined) => object]>([
    ['without the secret', 'resume-refused', () => ({ secret: invented() })],
    ['with the secret of the other half', 'resume-refused', ({ secrets }) => ({ secret: secrets.terminal })],
    ['with an attempt that is none', 'bad-message', () => ({ attempt: 0 })],
    ['of an unknown session', 'unknown-session', () => ({ sessionId: invented() })],
    ['of the other half', 'wrong-side', ({ session }) => ({ sessionId: session.terminal.sessionId })],
  ])('%s is refused and changes nothing', async (_what, code, changes) => {
    const on = await joined();
    const { session, device, terminal, secrets } = on;
    const request = { sessionId: session.device.sessionId, secret: secrets.device, attempt: 1, ...changes(on) };
    const peer = await ask('device', session.device.url, request);
    expect(await peer.closed).toEqual({ code: REFUSALS[code].close, reason: code });
    device.ws.send(Buffer.from('still the device'));
    await until('its bytes', () => terminal.bytes === 16);
    expect(terminal.messages.map(({ type }) => type)).toEqual(['established', 'joined']);
  });

  it.each(HALVES)('replaces the WebSocket of the %s, and one with an earlier attempt does not', async (half) => {
    const on = await joined();
    const { session, secrets } = on;
    const request = { sessionId: session[half].sessionId, secret: secrets[half] };
    const second = await ask(half, session[half].url, { ...request, attempt: 2 });
    expect(await second.message('renewed')).toEqual({ type: 'renewed', renewal: 1 });
    expect(await on[OTHER_HALF[half]].message('renewed')).toEqual({ type: 'renewed', renewal: 1 });
    expect(await on[half].closed).toMatchObject({ code: 1006 });
    const late = await ask(half, session[half].url, { ...request, attempt: 1 });
    expect(await late.closed).toMatchObject({ reason: 'resume-refused' });

    second.ws.send(Buffer.from('bytes'));
    await until('them', () => on[OTHER_HALF[half]].bytes === 5);
    second.send({ type: 'terminate' });
    await second.message('terminated');
    expect(test.controlPlane.endReasons(session.linkId)).toEqual([`${half} requested`]);
    const after = await ask(half, session[half].url, { ...request, attempt: 3 });
    expect(await after.closed).toMatchObject({ reason: 'unknown-session' });
  });

  it('leaves one WebSocket to the half if many come at once', async () => {
    const { session, terminal, secrets } = await joined();
    const { sessionId, url } = session.device;
    const peers = await Promise.all(
      [1, 2, 3, 4].map((attempt) => ask('device', url, { sessionId, secret: secrets.device, attempt })),
    );
    await until('three to be closed', () => peers.filter(({ ws }) => ws.readyState === ws.CLOSED).length === 3);
    const last = peers.find(({ ws }) => ws.readyState !== ws.CLOSED)!;
    await last.message('renewed');
    last.ws.send(Buffer.from('bytes'));
    await until('them', () => terminal.bytes === 5);
    expect(test.controlPlane.endReasons(session.linkId)).toEqual([]);
  });

  it.each<[string, Record<Half, object>]>([
    ['an earlier agent', { device: {}, terminal: RESUMABLE }],
    ['an earlier terminal', { device: RESUMABLE, terminal: {} }],
  ])('has no secret in a session with %s', async (_who, more) => {
    const { session, secrets, device } = await joined(more);
    expect(secrets).toEqual({ device: undefined, terminal: undefined });
    const { sessionId, url } = session.device;
    const peer = await ask('device', url, { sessionId, secret: invented(), attempt: 1 });
    expect(await peer.closed).toMatchObject({ reason: 'resume-refused' });
    expect(device.ws.readyState).toBe(device.ws.OPEN);
  });

  it.each<[string, object]>([
    ['acknowledges bytes that were not sent', { type: 'acknowledge', received: 1 }],
    ['continues from bytes that were not sent', { type: 'continue', renewal: 1, received: 1 }],
  ])('comes to nothing for a half that %s: it is lost', async (_what, lie) => {
    const { session, device, terminal } = await joined();
    device.send(lie);
    expect(await device.closed).toEqual({ code: REFUSALS['bad-message'].close, reason: 'bad-message' });
    await until('the end log', () => test.controlPlane.endReasons(session.linkId).includes('device lost'));
    expect(terminal.messages.map(({ type }) => type)).toEqual(['established', 'joined']);
  });

  it('reports to a terminal that the device carries again', async () => {
    setLimit('RELAY_INTERRUPTED_MS', 50);
    const session = await test.controlPlane.prepare();
    const device = await RawPeer.establish(session.device, { autoPong: false }, RESUMABLE);
    const terminal = await RawPeer.establish(session.terminal, {}, { ...RESUMABLE, reportInterruptions: true });
    const secret = secretIn(await device.message('joined'));
    await terminal.message('interrupted');
    const { sessionId, url } = session.device;
    await ask('device', url, { sessionId, secret, attempt: 1 });
    await terminal.message('restored');
    expect(terminal.messages.map(({ type }) => type).slice(2, 5)).toEqual(['interrupted', 'renewed', 'restored']);
  });

  it('does not disturb the steps of the first request, whose bytes are sent again', async () => {
    const { session, device, terminal, secrets } = await joined();
    const settings = Buffer.from('000000040000000000', 'hex');
    const headers = Buffer.from('000001010400000001', 'hex');
    const opening = Buffer.concat([PREFACE, settings]);
    terminal.ws.send(opening);
    await until('the device to have them', () => device.bytes === opening.length);
    const { sessionId, url } = session.terminal;
    const second = await ask('terminal', url, { sessionId, secret: secrets.terminal, attempt: 1 });
    await Promise.all([second.message('renewed'), device.message('renewed')]);
    const missing = 12;
    second.send({ type: 'continue', renewal: 1, received: 0 });
    device.send({ type: 'continue', renewal: 1, received: opening.length - missing });
    await second.message('continue');
    second.ws.send(opening.subarray(-missing));
    await until('them again', () => device.bytes === opening.length + missing);
    expect(steps()).toEqual([]);
    second.ws.send(headers);
    await until('the step', () => steps().length > 0);
    expect(steps()).toEqual(['S233']);
  });
  const steps = () => test.recorded.lines.map(({ step }) => step).filter((step) => step === 'S233');
});
