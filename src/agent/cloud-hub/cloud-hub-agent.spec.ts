import { once } from 'node:events';
import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect as connectTcp, createServer, type AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { connect as connectTls } from 'node:tls';
import { makeCertificate } from '../../../test/support/test-certificate';
import { recordedJournal, type RecordedJournal } from '../../../test/support/recorded-journal';
import { startFakeRelay } from '../../../test/support/relay/fake-relay';
import { until } from '../../../test/support/until';
import type { SentConnectionInfo } from '../../protocol/control-channel';
import type { Grant } from '../../protocol/remote-session';
import { openTunnel, type Tunnel } from '../../tunnel/http2-tunnel';
import { dialRelay } from '../../tunnel/relay-connection';
import { CloudHubAgent, type CloudHubAgentOptions } from './cloud-hub-agent';
import type { Application } from '../configuration/application';
import { NO_PROXY } from '../../tunnel/outbound-proxy';

const remoteSessionId = '7d3c6c0e-8a40-4b6e-9d58-1f1a3a0a6a11';

let relay: Awaited<ReturnType<typeof startFakeRelay>>;
let recorded: RecordedJournal;
let events: string[];
let ends: (() => unknown)[];
/** What the owner has permitted on request; an origin of these answers as its page. */
let permitted: CloudHubAgentOptions['permitted'];
let proposed: string[];

beforeEach(async () => {
  recorded = recordedJournal();
  events = [];
  proposed = [];
  permitted = {
    origins: () => [],
    open: () => Promise.reject(new Error('nothing is permitted')),
    propose: (origin) => (proposed.push(origin), 'the owner has been asked'),
  };
  relay = await startFakeRelay(remoteSessionId);
  ends = [() => relay.close()];
});
afterEach(async () => {
  for (const end of ends.reverse()) await end();
});

const info = (path = '/cloud-hub', change: Partial<SentConnectionInfo> = {}): SentConnectionInfo => ({
  remoteSessionId,
  applicationId: 'web',
  url: relay.url + path,
  sessionId: 's'.repeat(43),
  token: 't'.repeat(43),
  validUntil: '1999-01-01T00:00:00.000Z', // the clocks differ by years
  validForSeconds: 60,
  ...change,
});

const application = (id: string, port: number, tls = false): Application => ({
  id,
  title: id,
  target: { host: '127.0.0.1', port, tls },
  protocol: 'tcp',
  viewable: false,
});

function startHub(
  applications: Application[],
  change: Partial<SentConnectionInfo> = {},
  grant: Grant = 'operate',
): CloudHubAgent {
  const mine = events; // events after the end of a test must not reach the next one
  const hub = new CloudHubAgent({
    info: info('/cloud-hub', change),
    approved: applications[0] as Application,
    grant,
    applications,
    permitted,
    outbound: NO_PROXY,
    journal: recorded.journal,
    onConnected: () => mine.push('connected'),
    onDraining: (draining) => mine.push(draining ? 'draining' : 'resumed'),
    onClosed: (ending, detail) => mine.push(`closed ${ending} ${detail}`.trim()),
  });
  ends.push(() => hub.end());
  hub.start();
  return hub;
}

async function openTerminal(applicationId: string): Promise<Tunnel> {
  const connection = await dialRelay(info('/web-agent'), 'terminal');
  ends.push(() => connection.bytes.destroy());
  await connection.joined;
  return openTunnel(connection.bytes, { remoteSessionId, applicationId });
}

async function listen(server: Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  ends.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** Requests that the application received: path and header names. */
function pages(seen: string[][]): Server {
  return createHttpServer((request, response) => {
    seen.push([request.url ?? '', ...Object.keys(request.headers)]);
    response.end(`page ${request.url}`);
  });
}

async function askFor(stream: Duplex, path: string): Promise<string> {
  stream.write(`GET ${path} HTTP/1.1\r\nHost: device\r\nConnection: close\r\n\r\n`);
  return text(stream);
}

describe('other origins of an application', () => {
  const withOrigins = async (seen: string[][] = []): Promise<Application> => {
    const [own, other] = [await listen(pages(seen)), await listen(pages(seen))];
    const target = { host: '127.0.0.1', port: own, tls: false, origin: 'http://192.168.1.20' };
    const origins = [{ host: '127.0.0.1', port: other, tls: false, origin: 'https://192.168.1.20' }];
    const viewTarget = { ...target, origin: 'http://192.168.1.20:81' };
    return { id: 'web', title: 'web', target, viewTarget, origins, protocol: 'http', viewable: true };
  };

  it('are named to the terminal, which chooses among them', async () => {
    const seen: string[][] = [];
    startHub([await withOrigins(seen)]);
    const tunnel = await openTerminal('web');
    expect(await askFor(await tunnel.connect(), '/own')).toMatch(/page \/own$/);
    expect([tunnel.applicationOrigin, tunnel.otherOrigins]).toEqual(['http://192.168.1.20', ['https://192.168.1.20']]);
    expect(await askFor(await tunnel.connect({ origin: 'https://192.168.1.20' }), '/other')).toMatch(/page \/other$/);
    expect(seen.map(([path]) => path)).toEqual(['/own', '/other']);
  });
  it.each([
    ['http://192.168.1.21', 'operate'],
    ['https://192.168.1.20:8443', 'operate'],
    ['tcp://192.168.1.20:22', 'operate'],
    ['nonsense', 'operate'],
    ['https://192.168.1.20', 'view'],
  ] as const)('are refused unless the owner has configured them: %s to %s', async (origin, grant) => {
    const seen: string[][] = [];
    startHub([await withOrigins(seen)], {}, grant);
    const tunnel = await openTerminal('web');
    await expect(tunnel.connect({ origin })).rejects.toMatchObject({
      status: 403,
      message: /does not permit this origin/,
    });
    expect(seen).toEqual([]);
  });
});

describe('origins that a technician asks for', () => {
  const WANTED = 'https://printer.local';
  it.each([
    ['operate', 'the owner has been asked', [WANTED]],
    ['view', 'the owner does not permit this origin', []],
  ] as const)('reach the owner, and stay closed: with the grant %s', async (grant, detail, asked) => {
    startHub([{ ...(await pagesApplication()), viewable: true }], {}, grant);
    const tunnel = await openTerminal('web');
    const wanted = tunnel.connect({ origin: WANTED, propose: true });
    await expect(wanted).rejects.toMatchObject({ status: 403, detail });
    expect(proposed).toEqual(asked);
  });
  it('are not proposed by a connection that only wants to use them', async () => {
    startHub([await pagesApplication()]);
    const tunnel = await openTerminal('web');
    await expect(tunnel.connect({ origin: WANTED })).rejects.toMatchObject({ status: 403 });
    expect(proposed).toEqual([]);
  });
  it('are named and opened when the owner has permitted them', async () => {
    const port = await listen(pages([]));
    const opened = async () => {
      const socket = connectTcp(port, '127.0.0.1');
      await once(socket, 'connect');
      return socket;
    };
    permitted = { ...permitted, origins: () => [WANTED], open: opened };
    startHub([await pagesApplication()]);
    const tunnel = await openTerminal('web');
    expect(await askFor(await tunnel.connect({ origin: WANTED, propose: true }), '/x')).toMatch(/page \/x$/);
    expect(tunnel.otherOrigins).toEqual([WANTED]);
    expect(proposed).toEqual([]);
  });
  async function pagesApplication(): Promise<Application> {
    const target = { host: '127.0.0.1', port: await listen(pages([])), tls: false, origin: 'http://192.168.1.20' };
    return { id: 'web', title: 'web', target, viewTarget: target, protocol: 'http', viewable: true };
  }
});

describe('CloudHubAgent', () => {
  it('carries the approved application and removes the relaying header', async () => {
    const seen: string[][] = [];
    startHub([application('web', await listen(pages(seen)))]);
    const tunnel = await openTerminal('web');
    expect(await askFor(await tunnel.connect(), '/a')).toMatch(/page \/a$/);
    expect(await askFor(await tunnel.connect(), '/b')).toMatch(/page \/b$/);
    expect(seen).toEqual([
      ['/a', 'host', 'connection'],
      ['/b', 'host', 'connection'],
    ]);
    expect(recorded.steps()).toEqual(['S171', 'S172', 'S235', 'S236', 'S237', 'S238', 'S239', 'S240', 'S241']);
    expect(recorded.lines.every((line) => line.remoteSessionId === remoteSessionId)).toBe(true);
    expect(events).toEqual(['connected']);
    expect(relay.establishes[0]).toEqual({
      type: 'establish',
      sessionId: 's'.repeat(43),
      token: 't'.repeat(43),
      resumable: true,
    });
    expect(recorded.text()).not.toMatch(/s{43}|t{43}/);
  });

  it('connects to an https application with any certificate', async () => {
    const { key, cert } = await makeCertificate();
    const server = createTlsServer({ key, cert }, (_request, response) => response.end('secure page'));
    startHub([application('web', await listen(server), true)]);
    const tunnel = await openTerminal('web');
    expect(await askFor(await tunnel.connect(), '/')).toMatch(/secure page$/);
  });

  it('leaves TLS with the device to a client that asks for it, and sees to the origin all the same', async () => {
    const { key, cert } = await makeCertificate();
    const server = createTlsServer({ key, cert }, (_request, response) => response.end('secure page'));
    const target = { host: '127.0.0.1', port: await listen(server), tls: true, origin: 'https://192.168.1.20' };
    startHub([{ id: 'web', title: 'web', target, protocol: 'http', viewable: false }]);
    const tunnel = await openTerminal('web');
    for (const origin of [undefined, 'https://192.168.1.20']) {
      const client = connectTls({
        socket: await tunnel.connect({ origin, clientTls: true }),
        ca: cert,
        host: 'localhost',
      });
      await once(client, 'secureConnect');
      expect(client.authorized).toBe(true);
      expect(await askFor(client, '/')).toMatch(/secure page$/);
    }
    const elsewhere = tunnel.connect({ origin: 'https://192.168.1.21', clientTls: true });
    await expect(elsewhere).rejects.toMatchObject({ status: 403 });
  });

  it.each([
    ['another application of the device', 'box', 403],
    ['an unknown application', 'nothing', 404],
  ])('refuses %s', async (_case, applicationId, status) => {
    const port = await listen(pages([]));
    startHub([application('web', port), application('box', port)]);
    const tunnel = await openTerminal(applicationId);
    await expect(tunnel.connect()).rejects.toMatchObject({ status });
  });

  it.each([
    ['operate', 'first'],
    ['view', 'second'],
  ] as const)('with the grant %s connects to the %s target', async (grant, expected) => {
    const [first, second] = await Promise.all(
      ['first', 'second'].map((name) => listen(createHttpServer((_request, response) => response.end(name)))),
    );
    const viewTarget = { host: '127.0.0.1', port: second as number, tls: false };
    startHub([{ ...application('web', first as number), viewTarget, viewable: true }], {}, grant);
    const tunnel = await openTerminal('web');
    expect((await askFor(await tunnel.connect(), '/')).endsWith(expected)).toBe(true);
  });

  it('refuses the grant view if it cannot be enforced', async () => {
    startHub([application('web', await listen(pages([])))], {}, 'view');
    const tunnel = await openTerminal('web');
    await expect(tunnel.connect()).rejects.toMatchObject({ status: 403 });
  });

  it('reports that the target refuses connections', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port } = closed.address() as AddressInfo;
    await new Promise((done) => closed.close(done));
    startHub([application('web', port)]);
    const tunnel = await openTerminal('web');
    await expect(tunnel.connect()).rejects.toMatchObject({
      status: 502,
      detail: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it('ends its half in order, with a connection open to the application', async () => {
    const hub = startHub([application('web', await listen(pages([])))]);
    const tunnel = await openTerminal('web');
    const stream = await tunnel.connect();
    stream.resume();
    hub.end();
    hub.end();
    await until('closed', () => events.length >= 2);
    expect(events).toEqual(['connected', 'closed ended-by-device']);
    expect(recorded.steps().slice(-2)).toEqual(['S291', 'S292']);
    await tunnel.closed;
  });

  it.each([
    ['closes the connection', () => relay.half('/cloud-hub')?.terminate(), 'closed lost-device'],
    [
      'reports that the terminal has ended the session',
      () => {
        const ws = relay.half('/cloud-hub');
        if (!ws) return;
        relay.say(ws, {
          type: 'terminated',
          reason: 'control-plane',
          ending: 'ended-by-administrator',
          bytesReceived: 0,
          bytesSent: 0,
        });
        ws.close(4000);
      },
      'closed ended-by-administrator',
    ],
  ])('reports the ending when the relay %s', async (_case, act, expected) => {
    startHub([application('web', 9)]);
    await until('connected', () => events.length >= 1);
    act();
    await until('closed', () => events.length >= 2);
    expect(events[1]).toContain(expected);
  });

  it.each(['control-plane-unavailable', 'draining', 'overloaded'] as const)('retries after %s', async (code) => {
    relay.refusals.push(code);
    startHub([application('web', 9)]);
    await until('connected', () => events.includes('connected'));
    expect(relay.establishes).toHaveLength(2);
  });

  it('reports that the relay is draining, and that it has resumed', async () => {
    startHub([application('web', 9)]);
    await until('connected', () => events.length >= 1);
    relay.say(relay.half('/cloud-hub')!, { type: 'draining', returnAfterSeconds: 30 });
    await until('draining', () => events.length >= 2);
    relay.say(relay.half('/cloud-hub')!, { type: 'resumed' });
    await until('resumed', () => events.length >= 3);
    expect(events).toEqual(['connected', 'draining', 'resumed']);
  });

  it.each(['token-expired', 'unknown-session'] as const)('does not retry after %s', async (code) => {
    relay.refusals.push(code);
    startHub([application('web', 9)]);
    await until('closed', () => events.length >= 1);
    expect(events[0]).toMatch(/^closed failed the relay refused/);
    expect(relay.establishes).toHaveLength(1);
  });

  it('stops connecting after the valid duration', async () => {
    await relay.close();
    ends.shift();
    startHub([application('web', 9)], { validForSeconds: 0.3 });
    await until('closed', () => events.length >= 1);
    expect(events[0]).toMatch(/^closed failed the relay cannot be reached/);
  });

  it('stops connecting when it is ended', async () => {
    await relay.close();
    ends.shift();
    const hub = startHub([application('web', 9)]);
    await until('one try failed', () => recorded.messages().some((line) => String(line).includes('trying again')));
    hub.end();
    await until('closed', () => events.length >= 1);
    expect(recorded.steps()).not.toContain('S292');
  });

  it('does not try again a relay without encryption', async () => {
    startHub([application('web', 9)], { url: 'ws://192.0.2.1/cloud-hub' });
    await until('closed', () => events.length >= 1);
    expect(events[0]).toContain('no encryption');
    expect(recorded.steps()).toEqual(['S171', 'S172']);
  });
});
