import { randomBytes, randomUUID } from 'node:crypto';
import dns from 'node:dns';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, TLSSocket } from 'node:tls';
import { z } from 'zod';
import { ControlChannel, type ControlChannelOptions } from '../../src/agent/channel/control-channel';
import { ExchangeRefused } from '../../src/agent/channel/control-channel.errors';
import type { Credentials } from '../../src/agent/enrolment/credentials';
import { freePorts } from '../../src/demo/free-ports';
import { announce, approval, requestApproval, terminate, type Exchange } from '../../src/protocol/control-channel';
import { LIMITS } from '../../src/protocol/limits';
import { ProblemError } from '../../src/protocol/problems';
import type { AgentAccounts, ScramAlgorithm } from '../../src/server/xmpp/login/agent-accounts';
import { EmbeddedTransport } from '../../src/server/xmpp/embedded-transport';
import type { XmppLimits } from '../../src/server/xmpp/xmpp-limits';
import { scramKeys } from '../../src/server/xmpp/login/scram';
import { makeCertificate, type TestCertificate } from '../support/test-certificate';
import { startFreezingProxy } from '../support/agent/freezing-proxy';
import { recordedJournal } from '../support/recorded-journal';
import { setLimit } from '../support/relay/test-relay';
import { until } from '../support/until';
import { EVERY_INSTALLATION } from '../support/xmpp/control-channel';

const PASSWORD = 'p'.repeat(43);
const DOMAIN = 'platen.local';
const STREAM =
  `<?xml version='1.0'?><stream:stream from='${DOMAIN}' id='1' version='1.0' xmlns='jabber:client' ` +
  `xmlns:stream='http://etherx.jabber.org/streams'>`;
const MECHANISMS =
  "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>SCRAM-SHA-256</mechanism></mechanisms>";
/** Not part of the protocol: shows that every character survives the way. */
const echo = {
  name: 'echo',
  namespace: 'urn:platen:test',
  from: 'agent',
  request: z.object({ text: z.string() }),
  response: z.object({ text: z.string() }),
} as const;

const note = { ...echo, name: 'note' } as const;

let certificate: TestCertificate;
let server: EmbeddedTransport;
let port: number;
/** Who has tried to log in. */
let logins: string[];
let ends: (() => Promise<unknown>)[];

const accounts: AgentAccounts = {
  ...EVERY_INSTALLATION,
  scramKeys: (agentId: string, algorithm: ScramAlgorithm) => {
    logins.push(agentId);
    return scramKeys(PASSWORD, algorithm);
  },
};

/** On a port that no other program gets while the server is stopped. */
async function startServer(onPort: number, limits: Partial<XmppLimits> = {}): Promise<void> {
  server = new EmbeddedTransport({
    domain: DOMAIN,
    host: '127.0.0.1',
    port: onPort,
    key: certificate.key,
    certificate: certificate.cert,
    fakeSaltSecret: randomBytes(32),
    accounts,
    journal: recordedJournal().journal,
    limits: { XMPP_AUTH_DELAY_MS: 10, ...limits },
  });
  server.handle(announce, () => Promise.resolve({ refused: [] }));
  server.handle(echo, (_agentId, body) => Promise.resolve(body));
  ({ port } = await server.start());
}

const credentials = (change: Partial<Credentials> = {}): Credentials => ({
  agentId: 'agent-1',
  password: PASSWORD,
  xmpp: { host: '127.0.0.1', port, domain: DOMAIN },
  pin: certificate.pin,
  ...change,
});

function makeChannel(change: Partial<Credentials> = {}, options: ControlChannelOptions = {}) {
  const recorded = recordedJournal();
  const channel = new ControlChannel(credentials(change), recorded.journal, {
    firstRetryMs: 20,
    maxRetryMs: 50,
    ...options,
  });
  ends.push(() => channel.stop());
  return { channel, ...recorded };
}

async function startChannel(change: Partial<Credentials> = {}, options: ControlChannelOptions = {}) {
  const made = makeChannel(change, options);
  made.channel.start();
  await until('agent online', () => made.channel.online && server.isOnline('agent-1'));
  return made;
}

beforeAll(async () => {
  certificate = await makeCertificate();
});
beforeEach(async () => {
  logins = [];
  ends = [];
  await startServer((await freePorts(1))[0]!);
  ends.push(() => server.stop());
});
afterEach(async () => {
  for (const end of ends.reverse()) await end();
  jest.restoreAllMocks();
});

const question = () => ({
  remoteSessionId: randomUUID(),
  deviceId: 'mfp-1',
  applicationId: 'web',
  asker: { kind: 'user' as const, id: 'tina', name: 'Tina Technician' },
  reason: 'Streifen <b> & "Ränder"',
  minutes: 10,
  answerWithinSeconds: 60,
});

describe('the control channel of the agent', () => {
  it('carries exchanges both ways', async () => {
    const { channel } = makeChannel();
    const asked: unknown[] = [];
    channel.handle(requestApproval, (body) => {
      asked.push(body);
      return {};
    });
    channel.handle(terminate, () => ({ connected: true }));
    channel.start();
    await until('agent online', () => server.isOnline('agent-1') && channel.online);

    const text = 'Flur „Süd“ <&> \u0001 \ufffe \ud83d 😀';
    expect(await channel.request(echo, { text })).toEqual({ text });
    const body = question();
    expect(await server.request('agent-1', requestApproval, body)).toEqual({});
    expect(asked).toEqual([body]);
    const end = { remoteSessionId: body.remoteSessionId, ending: 'ended-by-terminal' as const };
    expect(await server.request('agent-1', terminate, end)).toEqual({ connected: true });
  });

  it('carries the code of a problem both ways, and nothing else of an unexpected error', async () => {
    const { channel, text } = makeChannel();
    channel.handle(requestApproval, () => {
      throw new ProblemError('unknown-device', 'no such device here');
    });
    channel.handle(terminate, () => {
      throw new Error('the inside story');
    });
    server.handle(approval, () => Promise.reject(new ProblemError('session-over', 'too late')));
    channel.start();
    await until('agent online', () => server.isOnline('agent-1') && channel.online);

    const remoteSessionId = randomUUID();
    const refusal = await channel
      .request(approval, { remoteSessionId, decision: 'approved' })
      .catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(ExchangeRefused);
    expect(refusal).toMatchObject({ code: 'session-over', detail: 'too late' });
    await expect(server.request('agent-1', requestApproval, question())).rejects.toMatchObject({
      code: 'unknown-device',
      detail: 'no such device here',
    });
    const failed = server.request('agent-1', terminate, { remoteSessionId, ending: 'failed' });
    await expect(failed).rejects.toMatchObject({ code: 'internal-error' });
    await expect(failed).rejects.not.toThrow(/inside story/);
    expect(text()).toContain('the inside story');
  });

  it.each<[string, Exchange, unknown, string]>([
    [
      'a body of another shape',
      { ...terminate, request: z.any(), response: z.any() },
      { remoteSessionId: 'x' },
      'invalid-request',
    ],
    [
      'an exchange it does not know',
      { ...terminate, name: 'explode', request: z.any(), response: z.any() },
      {},
      'service-unavailable',
    ],
  ])('refuses %s and stays online', async (_case, exchange, body, code) => {
    const { channel } = makeChannel();
    channel.handle(terminate, () => ({ connected: false }));
    channel.start();
    await until('agent online', () => server.isOnline('agent-1') && channel.online);
    await expect(server.request('agent-1', exchange, body)).rejects.toMatchObject({ code });
    expect(channel.online).toBe(true);
    expect(logins).toEqual(['agent-1']);
  });

  it('receives a refusal that arrives before the request is known to be written', async () => {
    const { channel } = await startChannel();
    server.handle(approval, () => Promise.reject(new ProblemError('session-over', 'too late')));
    const write = Reflect.get(TLSSocket.prototype, 'write') as (...parts: unknown[]) => boolean;
    const slow = jest.spyOn(TLSSocket.prototype, 'write').mockImplementation(function (this: TLSSocket, ...parts) {
      const [data, written] = parts as [unknown, ((error?: Error | null) => void) | undefined];
      return write.call(this, data, (error?: Error | null) => void setTimeout(() => written?.(error), 100));
    });
    ends.push(() => Promise.resolve(slow.mockRestore()));
    const refused = channel.request(approval, { remoteSessionId: randomUUID(), decision: 'approved' });
    await expect(refused).rejects.toMatchObject({ code: 'session-over' });
    expect(channel.online).toBe(true);
  });

  it('does not send what is longer than a stanza, which would end the stream', async () => {
    const { channel } = await startChannel();
    const text = '&'.repeat(LIMITS.XMPP_STANZA_BYTES / 5);
    await expect(channel.request(echo, { text })).rejects.toMatchObject({ code: 'too-large', isTemporary: false });
    expect(await channel.request(echo, { text: 'short' })).toEqual({ text: 'short' });
    expect(logins).toHaveLength(1);
  });

  it('gives up a stream on which too large a stanza comes', async () => {
    const { channel, lines } = makeChannel();
    channel.handle(terminate, () => ({ connected: true }));
    channel.start();
    await until('agent online', () => server.isOnline('agent-1') && channel.online);
    const huge: Exchange = { ...terminate, request: z.any(), response: z.any() };
    await expect(server.request('agent-1', huge, { text: 'x'.repeat(100_000) })).rejects.toThrow();
    await until('a second login', () => logins.length >= 2);
    expect(lines).toContainEqual(expect.objectContaining({ detail: 'the server sent a stanza that is too large' }));
  });

  it('logs in again after the server was away, and announces again', async () => {
    let announced = 0;
    const { channel } = makeChannel();
    channel.afterLogin(async () => {
      await channel.request(announce, { agentVersion: '1', devices: [] });
      announced++;
    });
    channel.start();
    await until('announced', () => announced >= 1);
    await server.stop();
    await until('offline', () => !channel.online);
    await startServer(port);
    await until('announced again', () => announced >= 2);
  });

  it('opens another stream when the announcement fails', async () => {
    let tries = 0;
    const { channel } = makeChannel();
    channel.afterLogin(() => (++tries === 1 ? Promise.reject(new Error('no')) : Promise.resolve()));
    channel.start();
    await until('a second login', () => tries >= 2);
  });

  it('repeats an announcement that is refused temporarily, on the same stream', async () => {
    let tries = 0;
    const { channel } = makeChannel();
    const refused = () => Promise.reject(new ExchangeRefused('internal-error', 'incident 1'));
    channel.afterLogin(() => (++tries < 3 ? refused() : Promise.resolve()));
    channel.start();
    await until('the third try', () => tries >= 3);
    expect(logins).toEqual(['agent-1']);
    expect(channel.online).toBe(true);
  });

  it('returns when a busy server has asked it to', async () => {
    await server.stop();
    // one in five seconds: the second one comes too early on a busy machine, too
    await startServer(port, { XMPP_LOGINS_PER_SECOND: 0.2, XMPP_LOGINS_WAITING: 0 });
    const [one, other] = [makeChannel(), makeChannel({ agentId: 'agent-2' })];
    for (const { channel } of [one, other]) channel.start();
    await until('both online', () => server.isOnline('agent-1') && server.isOnline('agent-2'));
    const deferred = [...one.lines, ...other.lines].filter(({ ending }) => ending === 'deferred');
    expect(deferred.length).toBeGreaterThan(0);
    for (const { retryMs } of deferred) expect(retryMs).toBeGreaterThanOrEqual(1_000);
  });

  it.each([
    ['999999', 60_000, 75_000],
    ['0', 1_000, 1_250],
    ['-1', 5_000, 6_250],
    ['1e9', 5_000, 6_250],
    ['', 5_000, 6_250],
  ])('is not kept away by a server that asks it to return after "%s" seconds', async (after, least, most) => {
    const busy = createServer({ key: certificate.key, cert: certificate.cert }, (socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => {
        socket.write(`<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' id='1'`);
        socket.write(` from='${DOMAIN}' version='1.0'><stream:error>`);
        socket.write(`<resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>`);
        socket.end(`<retry xmlns='urn:platen:agent:1' after='${after}'/></stream:error></stream:stream>`);
      });
    });
    busy.listen(0, '127.0.0.1');
    await once(busy, 'listening');
    ends.push(() => Promise.resolve(busy.close()));
    const { port: busyPort } = busy.address() as AddressInfo;
    const { channel, lines } = makeChannel({ xmpp: { host: '127.0.0.1', port: busyPort, domain: DOMAIN } });
    channel.start();
    await until('it is asked to return later', () => lines.some(({ ending }) => ending === 'deferred'));
    const { retryMs } = lines.find(({ ending }) => ending === 'deferred')!;
    expect(retryMs).toBeGreaterThanOrEqual(least);
    expect(retryMs).toBeLessThanOrEqual(most);
  });

  it('finds out by ping that the connection is dead', async () => {
    const proxy = await startFreezingProxy(port);
    ends.push(() => proxy.close());
    const forgotten = jest.fn(() => Promise.resolve());
    const { lines } = await startChannel(
      { xmpp: { host: '127.0.0.1', port: proxy.port, domain: DOMAIN } },
      { keepAlive: { intervalMs: 50, forgotten }, pingTimeoutMs: 200 },
    );
    proxy.freeze();
    await until('the silence is noticed', () => lines.some((line) => line.ending === 'silent'));
    await until('a second login', () => logins.length >= 2);
    await until('the idle time is learnt', () => forgotten.mock.calls.length > 0);
  });

  it('follows its server to another address, and does not take the move for a forgotten connection', async () => {
    const before = await startFreezingProxy(port);
    const after = await startFreezingProxy(port, { host: '127.0.0.2', port: before.port });
    ends.push(before.close, after.close);
    let address = '127.0.0.1';
    const lookup = (_name: string, { all }: dns.LookupOptions, done: (...answer: unknown[]) => void) =>
      all ? done(null, [{ address, family: 4 }]) : done(null, address, 4);
    jest.spyOn(dns, 'lookup').mockImplementation(lookup as never);
    const forgotten = jest.fn(() => Promise.resolve());
    const { channel, lines } = await startChannel(
      { xmpp: { host: 'server.test', port: before.port, domain: DOMAIN } },
      { keepAlive: { intervalMs: 50, forgotten } },
    );
    expect([before.accepted(), after.accepted()]).toEqual([1, 0]);
    address = '127.0.0.2';
    before.freeze();
    const usual = LIMITS.XMPP_PING_TIMEOUT_MS;
    channel.onEnded(() => setLimit('XMPP_PING_TIMEOUT_MS', usual)); // the next stream may be slow
    setLimit('XMPP_PING_TIMEOUT_MS', 200);
    await until('a connection to the other address', () => channel.online && after.accepted() > 0);
    expect(lines.filter(({ ending }) => ending === 'silent')).toHaveLength(1);
    expect(before.accepted()).toBe(1);
    expect(forgotten).not.toHaveBeenCalled();
  });

  it('repeats a request once, over the next connection, when the one before was forgotten on the way', async () => {
    setLimit('XMPP_PROBE_IDLE_MS', 0);
    const proxy = await startFreezingProxy(port);
    ends.push(() => proxy.close());
    const received: string[] = [];
    server.handle(note, (_agentId, { text }) => Promise.resolve({ text: String(received.push(text)) }));
    const forgotten = jest.fn(() => Promise.resolve());
    const { channel } = makeChannel(
      { xmpp: { host: '127.0.0.1', port: proxy.port, domain: DOMAIN } },
      { keepAlive: { intervalMs: 3_600_000, forgotten } },
    );
    channel.onEnded(() => setLimit('XMPP_PROBE_MS', 3_600_000)); // the next one may be slow
    channel.start();
    await until('agent online', () => channel.online);
    proxy.freeze();
    setLimit('XMPP_PROBE_MS', 100);
    expect(await channel.request(note, { text: 'once' })).toEqual({ text: '1' });
    expect(received).toEqual(['once']);
    expect(logins).toHaveLength(2);
    expect(forgotten).toHaveBeenCalledTimes(1);
  });

  it('fails a request at once when the stream ends', async () => {
    const { channel } = await startChannel();
    server.handle(approval, () => new Promise(() => undefined));
    const pending = channel.request(approval, { remoteSessionId: randomUUID(), decision: 'approved' });
    server.disconnect('agent-1');
    await expect(pending).rejects.toMatchObject({ code: 'channel-offline' });
  });

  it('sends nothing to a server with another key', async () => {
    const { channel, lines, text } = makeChannel({ pin: 'A'.repeat(43) }, { slowRetryMs: 60_000 });
    channel.start();
    await until('the key is refused', () => lines.some((line) => line.ending === 'wrong-key'));
    expect(lines.at(-1)).toMatchObject({
      level: 'error',
      msg: expect.stringContaining('differs from the one at enrolment'),
    });
    expect(lines.at(-1)?.retryMs).toBeGreaterThanOrEqual(30_000);
    expect(logins).toEqual([]);
    expect(text()).not.toContain(PASSWORD);
  });

  it.each([
    ['skips the login', "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>", '', 'the server skipped the login'],
    ['accepts a login without a proof', MECHANISMS, '', 'did not prove'],
    ['proves something else', MECHANISMS, Buffer.from('v=AAAA').toString('base64'), 'did not prove'],
  ])('does not believe a server that %s', async (_name, features, final, detail) => {
    const listener = createServer({ cert: certificate.cert, key: certificate.key }, (socket) => {
      const jid = `<jid>agent-1@${DOMAIN}/agent</jid>`;
      socket.on('error', () => undefined);
      socket.on('data', (data) => {
        const sent = data.toString();
        if (sent.includes('<auth'))
          socket.write(`<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>${final}</success>`);
        else if (sent.includes('<stream:stream'))
          socket.write(`${STREAM}<stream:features>${features}</stream:features>`);
        const id = /<iq[^>]* id="([^"]+)"/.exec(sent)?.[1];
        if (id)
          socket.write(
            `<iq type='result' id='${id}'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>${jid}</bind></iq>`,
          );
      });
    });
    await once(listener.listen(0, '127.0.0.1'), 'listening');
    ends.push(() => once(listener.close(), 'close'));
    const xmpp = { host: '127.0.0.1', port: (listener.address() as AddressInfo).port, domain: DOMAIN };
    const { channel, lines } = makeChannel({ xmpp });
    let wasOnline = false;
    channel.onChange(() => (wasOnline ||= channel.online));
    channel.start();
    const said = () => lines.find(({ msg }) => msg === 'no control channel');
    expect(await until('the end of the stream', () => said())).toMatchObject({
      detail: expect.stringContaining(detail),
    });
    await channel.stop();
    expect(wasOnline).toBe(false);
  });

  it('says what to do when its account is refused, and tries again slowly', async () => {
    const { channel, lines, text } = makeChannel({ password: 'w'.repeat(43) }, { slowRetryMs: 60_000 });
    channel.start();
    await until('the login is refused', () => lines.some((line) => line.ending === 'login-refused'));
    expect(lines.at(-1)).toMatchObject({
      level: 'error',
      msg: expect.stringContaining('platen agent enrol - --server <url> --force'),
    });
    expect(lines.at(-1)?.retryMs).toBeGreaterThanOrEqual(30_000);
    expect(logins).toEqual(['agent-1']);
    expect(text()).not.toContain('w'.repeat(43));
  });

  it('backs off for long when the same account logs in elsewhere', async () => {
    const first = await startChannel({}, { slowRetryMs: 60_000 });
    await startChannel();
    await until('the first is replaced', () => first.lines.some((line) => line.ending === 'replaced'));
    expect(first.channel.online).toBe(false);
    expect(server.isOnline('agent-1')).toBe(true);
  });

  it.each([
    ['while online', async () => (await startChannel()).channel],
    [
      'while it waits to try again',
      async () => {
        await server.stop();
        const { channel, lines } = makeChannel({}, { firstRetryMs: 60_000, maxRetryMs: 60_000 });
        channel.start();
        await until('a failed try', () => lines.length > 0);
        return channel;
      },
    ],
    [
      'in the middle of a login',
      async () => {
        const proxy = await startFreezingProxy(port);
        ends.push(() => proxy.close());
        const { channel } = makeChannel({ xmpp: { host: '127.0.0.1', port: proxy.port, domain: DOMAIN } });
        channel.start();
        proxy.freeze();
        return channel;
      },
    ],
  ])('stops promptly %s', async (_case, prepare) => {
    const channel = await prepare();
    const started = Date.now();
    await channel.stop();
    expect(Date.now() - started).toBeLessThan(30_000); // half of the wait for the next try
    await until('offline at the server', () => !server.isOnline('agent-1'));
  });
});
