import { join } from 'node:path';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { WebSocketServer } from 'ws';
import { XmppStream } from '../src/agent/channel/xmpp-stream';
import { enrol } from '../src/agent/enrolment/enrolment';
import { downloadFirmware } from '../src/agent/maintenance/firmware-download';
import { createApi } from '../src/client/client';
import { ApiClient } from '../src/terminal/api-client';
import type { OutboundProxy } from '../src/tunnel/outbound-proxy';
import { dialRelay } from '../src/tunnel/relay-connection';
import { sha256Hex } from '../src/tunnel/sha256';
import { removeFolder } from './support/remove-folder';
import { AgentsServer } from './support/server/agents-server';
import { makeCertificate, makeSignedCertificate, type TestCertificate } from './support/test-certificate';
import { TestProxy } from './support/test-proxy';
import { PASSWORD } from './support/xmpp/control-channel';

const FILE = Buffer.from('firmware');
/** It leads to this computer through the proxy only. */
const HOST = 'platen.test';

let proxy: TestProxy;
let server: AgentsServer;
let ofProxy: TestCertificate;
let interceptor: TestCertificate & { authority: string };
let otherName: typeof interceptor;
let folder: string;

beforeAll(async () => {
  ofProxy = await makeCertificate();
  interceptor = await makeSignedCertificate([HOST]);
  otherName = await makeSignedCertificate(['other.test']);
  folder = await mkdtemp(join(tmpdir(), 'platen-proxy-'));
  server = await AgentsServer.start(({ url }, answer) => {
    if (url === '/api/enrolment')
      return void answer.end(JSON.stringify({ ...server.account(HOST), pin: server.certificate.pin }));
    if (url === '/oauth/token')
      return void answer
        .writeHead(200, { 'Content-Type': 'application/json' })
        .end(JSON.stringify({ access_token: 'x', token_type: 'Bearer', expires_in: 600, scope: 'devices:read' }));
    if (url === '/firmware') return void answer.end(FILE);
    answer
      .writeHead(200, { 'Content-Type': 'application/json' })
      .end(JSON.stringify({ product: 'platen', version: '1', protocol: 1 }));
  });
  const relay = new WebSocketServer({ server: server.https, handleProtocols: (offered) => [...offered][0]! });
  relay.on('connection', (ws) =>
    ws.once('message', () =>
      ws.send(JSON.stringify({ type: 'established', remoteSessionId: ID, validUntil: new Date().toISOString() })),
    ),
  );
});
afterAll(async () => {
  await server.stop();
  await removeFolder(folder);
});
beforeEach(async () => void (proxy = await TestProxy.start(HOST)));
afterEach(() => proxy.stop());

const ID = '00000000-0000-4000-8000-000000000001';
const origin = () => `https://${HOST}:${server.port}`;
const pinned = () => ({ pin: server.certificate.pin });

/** Each way out of the network, used once, to a server with the pinned key. */
const HOPS: Record<string, (outbound: OutboundProxy) => Promise<unknown>> = {
  enrolment: (outbound) =>
    enrol(`${'c'.repeat(43)}.${pinned().pin}`, origin(), { signingKey: 'k'.repeat(43) }, undefined, outbound),
  'control channel': async (outbound) => {
    const stream = await XmppStream.open({ ...server.account(HOST), password: PASSWORD }, [], { outbound });
    await stream.close();
  },
  relay: async (outbound) => {
    const url = `wss://${HOST}:${server.port}/cloud-hub`;
    const token = { sessionId: 's'.repeat(43), token: 't'.repeat(43) };
    const times = { validUntil: new Date().toISOString(), validForSeconds: 60 };
    const info = { url, ...pinned(), ...token, ...times, remoteSessionId: ID, applicationId: 'web' };
    const connection = await dialRelay(info, 'device', { outbound });
    connection.bytes.destroy();
    void connection.terminate();
  },
  firmware: (outbound) =>
    downloadFirmware(
      {
        url: `${origin()}/firmware`,
        trust: pinned(),
        outbound,
        token: 't'.repeat(43),
        bytes: FILE.length,
        sha256: sha256Hex(FILE),
      },
      join(folder, 'file'),
      { onBytes: () => undefined, signal: new AbortController().signal, retry: { firstMs: 1, maxMs: 1 } },
    ),
  'command line': (outbound) => new ApiClient({ server: origin(), ...pinned(), outbound }).about(),
  'external client': async (outbound) => {
    const options = { clientId: 'a', secret: 'b', scopes: ['devices:read' as const], attempts: 1 };
    const api = createApi({ ...options, server: origin(), ...pinned(), outbound });
    const { response } = await api.GET('/api/about' as never);
    if (!response.ok) throw new Error(`status ${response.status}`);
  },
};
const hops = Object.keys(HOPS);

const failureOf = (hop: string, outbound: OutboundProxy): Promise<string> =>
  HOPS[hop]!(outbound).then(
    () => 'none',
    (error: Error & { remedy?: string; detail?: string }) => [error.message, error.detail, error.remedy].join(' '),
  );

describe('through an outbound proxy', () => {
  it.each(hops)('leads: %s', async (hop) => {
    expect(await failureOf(hop, proxy.outbound)).toBe('none');
    const expected = hop === 'control channel' ? server.channel.port : server.port;
    expect(new Set(proxy.asked)).toEqual(new Set([`${HOST}:${expected}`]));
  });

  it.each(hops)('leads when it is reached over TLS: %s', async (hop) => {
    const overTls = await TestProxy.start(HOST, ofProxy);
    try {
      expect(await failureOf(hop, overTls.outbound)).toBe('none');
      expect(overTls.asked).not.toEqual([]);
      const unknown = { ...overTls.server, tls: {} };
      expect(await failureOf(hop, { ...overTls.outbound, server: unknown })).toContain('the certificate of the proxy');
    } finally {
      await overTls.stop();
    }
  });

  it.each(hops)('does not lead without its login: %s', async (hop) => {
    proxy.login = 'box:secret';
    expect(await failureOf(hop, proxy.outbound)).toMatch(/the proxy 127.0.0.1:\d+ demands a login/);
  });

  it.each(hops)('does not lead when it is intercepted: %s', async (hop) => {
    proxy.interception = interceptor;
    expect(await failureOf(hop, proxy.outbound)).toContain('signed by "Authority of a vendor"');
  });

  it.each(hops)('leads when the authority of the interceptor is allowed: %s', async (hop) => {
    proxy.interception = interceptor;
    expect(await failureOf(hop, { ...proxy.outbound, interceptor: interceptor.authority })).toBe('none');
  });

  it.each(hops)('does not lead to another name of an allowed interceptor: %s', async (hop) => {
    proxy.interception = otherName;
    const allowed = { ...proxy.outbound, interceptor: otherName.authority };
    expect(await failureOf(hop, allowed)).not.toBe('none');
  });
});
