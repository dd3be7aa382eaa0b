import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectTcp, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { setLimit } from '../../test/support/relay/test-relay';
import { startTestServer, type TestServer } from '../../test/support/server/test-server';
import { makeCertificate, makeSignedCertificate, type TestCertificate } from '../../test/support/test-certificate';
import { XmppWire } from '../../test/support/xmpp/xmpp-wire';
import { spkiPinOf } from '../tunnel/pinned-tls';

describe('one port for everything', () => {
  const folder = mkdtempSync(join(tmpdir(), 'platen-one-port-'));
  let server: TestServer;
  let [web, agents]: TestCertificate[] = [];
  beforeAll(async () => {
    web = await makeSignedCertificate(['localhost']);
    agents = await makeCertificate();
    const data = join(folder, 'data');
    mkdirSync(join(data, 'tls'), { recursive: true, mode: 0o700 });
    writeFileSync(join(data, 'tls/control-channel.pem'), `${agents.key}\n${agents.cert}`, { mode: 0o600 });
    const [certificate, key] = ['crt', 'key'].map((name) => join(folder, name));
    writeFileSync(certificate!, web.cert);
    writeFileSync(key!, web.key);
    server = await startTestServer({
      PLATEN_DATA: data,
      PLATEN_TRUST_PROXY: 'no',
      PLATEN_ONE_PORT: 'yes',
      PLATEN_PUBLIC_URL: 'https://localhost',
      PLATEN_TLS_CERTIFICATE: certificate!,
      PLATEN_TLS_KEY: key!,
    });
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(() => jest.restoreAllMocks());

  const dial = async (...ALPNProtocols: string[]): Promise<TLSSocket> => {
    const socket = connect({ port: server.port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols });
    socket.on('error', () => undefined);
    await once(socket, 'secureConnect');
    return socket;
  };
  /** Also by a reset, which is what a server sends that has not read everything. */
  const closeOf = (socket: Socket): Promise<unknown> => {
    socket.on('error', () => undefined);
    return new Promise((resolve) => socket.resume().once('close', resolve));
  };
  const presentedTo = async (...protocols: string[]): Promise<string> => {
    const socket = await dial(...protocols);
    const pin = spkiPinOf(socket.getPeerX509Certificate()!);
    socket.destroy();
    return pin;
  };

  it('presents the key of the control channel to agents, and the certificate to all others', async () => {
    expect(await presentedTo('xmpp-client')).toBe(agents!.pin);
    for (const protocols of [['http/1.1'], ['h2', 'http/1.1'], []])
      expect(await presentedTo(...protocols)).toBe(web!.pin);
  });

  it('serves the console', async () => {
    const socket = await dial('http/1.1');
    socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    let answer = '';
    for await (const bytes of socket) answer += String(bytes);
    expect(answer).toMatch(/^HTTP\/1.1 200 [^]*\{"status":"ok"\}/);
  });

  it('serves the control channel', async () => {
    const wire = await XmppWire.connect(server.port, 'platen.local');
    expect(await wire.open()).toContain('SCRAM-SHA-256');
    wire.destroy();
  });

  it('ends a connection that says too slowly what it is, and no other', async () => {
    setLimit('CLIENT_HELLO_MS', 100);
    const slow = connectTcp(server.port, '127.0.0.1');
    const closed = closeOf(slow);
    slow.write(Buffer.from([22, 3, 1]));
    await closed;
    jest.restoreAllMocks(); // the next one may take its time
    expect(await presentedTo('http/1.1')).toBe(web!.pin);
  });

  it('ends the oldest of too many connections that do not say what they are', async () => {
    setLimit('CLIENT_HELLOS_AWAITED', 1);
    const first = connectTcp(server.port, '127.0.0.1');
    await once(first, 'connect');
    const closed = once(first.resume(), 'close');
    const second = connectTcp(server.port, '127.0.0.1');
    await closed;
    const ended = once(second.resume(), 'close');
    expect(await presentedTo('http/1.1')).toBe(web!.pin);
    second.destroy();
    await ended;
  });

  it.each([
    'GET / HTTP/1.1\r\n\r\n',
    '\u0016\u0003\u0001\u0000\u0005\u0001\u0000\u0000\u0001\u0000',
    '\u0000'.repeat(20_000),
  ])('ends a connection that is no TLS: %j', async (bytes) => {
    const socket = connectTcp(server.port, '127.0.0.1');
    const closed = closeOf(socket);
    socket.write(bytes, 'latin1');
    await closed;
    expect(await presentedTo('http/1.1')).toBe(web!.pin);
  });

  it('sends its agents away when it stops', async () => {
    const wire = await XmppWire.connect(server.port, 'platen.local');
    await wire.open();
    const stopped = server.stop();
    await wire.expect(/<system-shutdown/);
    await stopped;
    await wire.expectClosed();
  });
});
