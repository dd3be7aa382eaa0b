import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect, createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import type WebSocket from 'ws';
import { problem } from '../../src/protocol/problems';
import type { Step } from '../../src/protocol/steps';
import { sha256Hex } from '../../src/tunnel/sha256';
import { ConformanceDevice } from '../support/device/conformance-device';
import { consoleCookie, cookieOf, freshLogin, Site, Visit } from '../support/browser/browser-visit';
import { TestStage } from '../support/stage/test-stage';
import { until } from '../support/until';

const MB = 1024 * 1024;
const steps = (from: number, to: number): Step[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `S${from + index}` as Step);

let device: ConformanceDevice;
/** Sends first, then echoes what it gets. */
let echo: Server;
let on: TestStage;
let visit: Visit | undefined;
beforeAll(async () => {
  device = await ConformanceDevice.start();
  echo = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.write('RFB 003.008\n');
    socket.pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(echo, 'listening');
  on = await TestStage.set({
    applications: [
      { device: 'demo-mfp', id: 'conformance', target: device.origin },
      { device: 'demo-mfp', id: 'screen', target: `tcp://127.0.0.1:${(echo.address() as AddressInfo).port}` },
      { device: 'demo-mfp', id: 'down', target: 'http://127.0.0.1:1' },
    ],
  });
});
afterEach(async () => {
  await visit?.end();
  visit = undefined;
});
afterAll(async () => {
  await on?.strike();
  await device?.stop();
  echo?.close();
});

const visited = async (application = 'conformance'): Promise<{ visit: Visit; site: Site }> => {
  visit = await Visit.approved(on, 'demo-mfp', application);
  return { visit, site: await visit.enter() };
};
const api = async (method: string, path: string, cookie: string, body?: unknown) => {
  const response = await fetch(`${on.stage.serverUrl}${path}`, {
    method,
    headers: { cookie, 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const answer: unknown = await response.json().catch(() => undefined);
  return { status: response.status, body: answer };
};
const messages = (ws: WebSocket): Buffer[] => {
  const seen: Buffer[] = [];
  ws.on('message', (data: Buffer) => seen.push(data));
  return seen;
};
const closing = (ws: WebSocket): Promise<number> => once(ws, 'close').then(([code]) => code as number);

describe('a session in the browser', () => {
  it('ends when its user ends it', async () => {
    const { visit, site } = await visited();
    expect((await site.ask('/echo')).status).toBe(200);
    const cookie = await consoleCookie(on, 'technician');
    expect((await api('DELETE', `/api/sessions/${visit.id}/browser`, cookie)).status).toBe(204);
    expect(await on.ended(visit.id)).toMatchObject({
      ending: 'ended-by-terminal',
      terminal: { endReason: 'requested' },
      device: { endReason: 'requested' },
    });
  });

  it('shows from then on that the device has ended it', async () => {
    const { visit, site } = await visited();
    await site.ask('/echo');
    await on.press(`/sessions/${visit.id}/end`, {});
    await on.ended(visit.id);
    await on.step('S338', visit.id);
    for (const path of ['/', '/file', '/.platen/vnc']) {
      const answer = await site.ask(path);
      expect([answer.status, answer.text]).toEqual([
        410,
        expect.stringMatching(/has ended: The session was ended at the device\./),
      ]);
    }
  });

  it('issues another entry ticket for the same session, so that a closed tab can be opened again', async () => {
    const { visit, site } = await visited();
    const again = await visit.enter();
    expect(again.origin).toBe(site.origin);
    expect(again.cookie).not.toBe(site.cookie);
    for (const each of [site, again]) expect((await each.ask('/chunked')).text).toBe('onetwothree');
  });

  it('stays open, with an error page, while the device is down', async () => {
    const { site } = await visited('down');
    const answer = await site.ask('/');
    expect([answer.status, answer.text]).toEqual([502, expect.stringMatching(/cannot be reached \(ECONNREFUSED\)/)]);
  });

  it('has an origin of its own each time', async () => {
    const { visit: first, site } = await visited();
    await first.end();
    const { site: other } = await visited();
    expect(other.origin).not.toBe(site.origin);
    expect((await new Site(other.origin, other.port, site.cookie).ask('/')).status).toBe(403);
  });
});

describe('entry', () => {
  it('admits with a ticket once, and to its own session only', async () => {
    const { visit } = await visited();
    const { origin, ticket } = await visit.open();
    expect(
      (
        await visit.submit(
          origin,
          ticket.replace(/^./, (c) => (c === 'A' ? 'B' : 'A')),
        )
      ).status,
    ).toBe(403);
    const entered = await visit.submit(origin, ticket);
    expect([entered.status, entered.headers.refresh]).toEqual([200, '0; url=/']);
    expect(entered.headers['set-cookie']).toEqual([
      expect.stringMatching(/^platen-session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/),
    ]);
    const replayed = await visit.submit(origin, ticket);
    expect([replayed.status, cookieOf(replayed), replayed.text]).toEqual([
      403,
      '',
      expect.stringMatching(/has been used/),
    ]);
  });

  it.each([
    ['a ticket in the address', (site: Site, ticket: string) => site.ask(`/.platen/enter?ticket=${ticket}`)],
    [
      'a form that is too large',
      (site: Site) => site.ask('/.platen/enter', { method: 'POST', body: `ticket=${'x'.repeat(5000)}` }),
    ],
  ])('is refused for %s', async (_, tryIt) => {
    const { visit, site } = await visited();
    const answer = await tryIt(new Site(site.origin, site.port), (await visit.open()).ticket);
    expect([answer.status, cookieOf(answer)]).toEqual([403, '']);
  });

  it('is refused to other users than the one who requested the session', async () => {
    visit = await Visit.approved(on, 'demo-mfp', 'conformance');
    const admin = await consoleCookie(on, 'admin');
    const path = `/api/sessions/${visit.id}/browser`;
    for (const when of ['before it is open', 'after']) {
      const refused = await api('POST', path, admin, {});
      expect([when, problem.parse(refused.body).code]).toEqual([when, 'unknown-session']);
      await visit.enter();
    }
    expect(problem.parse((await api('DELETE', path, admin)).body).code).toBe('unknown-session');
    expect(problem.parse((await api('POST', path, '', {})).body).code).toBe('not-logged-in');
  });

  it('is refused before the device has approved, and where another terminal is connected', async () => {
    const { id } = await on.connect('demo-mfp');
    const cookie = await consoleCookie(on, 'technician');
    expect(problem.parse((await api('POST', `/api/sessions/${id}/browser`, cookie, {})).body).code).toBe('wrong-state');
    await on.clear();
    const { id: asked } = await on.request('demo-mfp');
    expect(problem.parse((await api('POST', `/api/sessions/${asked}/browser`, cookie, {})).body).code).toBe(
      'wrong-state',
    );
    await on.post(`/api/sessions/${asked}/termination`, {});
    await on.clear();
  });

  it('is needed for every request, upgrades among them', async () => {
    const { site } = await visited();
    const unauthenticated = new Site(site.origin, site.port, 'platen-session=wrong; other=1');
    const before = device.seen.length;
    for (const path of ['/', '/echo', '/.platen/vnc', '/.platen/vnc.js'])
      expect((await unauthenticated.ask(path)).status).toBe(403);
    for (const path of ['/ws', '/.platen/stream']) {
      const [error] = (await once(unauthenticated.webSocket(path, { Origin: site.origin }), 'error')) as [Error];
      expect(error.message).toMatch(/403/);
    }
    expect(device.seen.length).toBe(before);
  });
});

describe('console and devices are separate', () => {
  it.each([
    's-0123456789abcdef0123.localhost',
    'nothing.localhost',
    'S-X.LOCALHOST',
    's-1.localhost.',
    'a.s-1.localhost',
  ])('the console is not served as %s', async (host) => {
    const site = new Site(on.stage.serverUrl, Number(new URL(on.stage.serverUrl).port));
    for (const path of ['/api/about', '/healthz', '/', '/api/docs']) {
      const answer = await site.ask(path, { headers: { Host: `${host}:${site.port}` } });
      expect([answer.status, answer.headers['content-type']]).toEqual([404, 'text/html; charset=utf-8']);
      expect(answer.headers['set-cookie']).toBeUndefined();
    }
    expect((await site.ask('/api/about')).status).toBe(200);
  });

  it('a session does not serve the console, nor the console a device', async () => {
    const { site } = await visited();
    expect((await site.ask('/api/about')).text).toBe('no such case');
    expect((await site.ask('/healthz')).status).toBe(404);
    const console = new Site(on.stage.serverUrl, site.port, site.cookie);
    expect((await console.ask('/chunked')).status).toBe(404);
    expect((await console.ask('/.platen/vnc')).status).toBe(404);
    expect((await site.ask('/', { headers: { Cookie: 'platen.sid=x' } })).status).toBe(200);
  });

  it('a request target in absolute form does not lead from one to the other', async () => {
    const { site } = await visited();
    const answer = await site.ask(`${on.stage.serverUrl}/api/about`);
    expect(answer.status).toBe(400);
  });

  it('the cookies of console and session never reach the device', async () => {
    const { site } = await visited();
    const login = await consoleCookie(on, 'technician');
    const before = device.seen.length;
    for (const cookie of [login, `a=1; ${login}; b=2`]) await site.ask('/echo', { headers: { Cookie: cookie } });
    const ws = site.webSocket('/ws', { Cookie: login });
    await once(ws, 'open');
    ws.terminate();
    const cookies = device.seen.slice(before).map(({ headers }) => headers.cookie);
    expect(cookies).toEqual([undefined, 'a=1; b=2', undefined]);
  });
});

describe('bytes', () => {
  it('of a WebSocket pass in both directions (10 MB), with translated names in its handshake', async () => {
    const { site } = await visited();
    const ws = site.webSocket('/ws', { Origin: site.origin });
    const seen = messages(ws);
    await once(ws, 'open');
    const data = randomBytes(10 * MB);
    ws.send(data);
    await until('the echo', () => seen.length >= 2);
    expect(JSON.parse(seen[0]!.toString())).toMatchObject({ host: device.authority, origin: device.origin });
    expect(seen[1]!.equals(data)).toBe(true);
    ws.close(1000);
    expect(await closing(ws)).toBe(1000);
  });

  it('of a refused upgrade are those of the device', async () => {
    const { site } = await visited();
    const ws = site.webSocket('/not-ws');
    ws.on('error', () => undefined);
    const [, answer] = (await once(ws, 'unexpected-response')) as [unknown, { statusCode: number; headers: object }];
    expect(answer).toMatchObject({ statusCode: 403, headers: { 'x-why': 'no' } });
    ws.terminate();
  });

  it('of 100 requests at a time share a bounded number of connections', async () => {
    const { site } = await visited();
    await until('earlier sessions to have left the device', () => device.sockets.size <= 1);
    device.mostSockets = 0;
    const answers = await Promise.all(Array.from({ length: 100 }, (_, n) => site.ask(`/echo?n=${n}`)));
    const urls = answers.map(({ text }) => (JSON.parse(text) as { url: string }).url);
    expect(urls).toEqual(Array.from({ length: 100 }, (_, n) => `/echo?n=${n}`));
    expect(device.mostSockets).toBeLessThanOrEqual(32);
  });

  it('of one request too many are refused with a page, and the others continue', async () => {
    const { site } = await visited();
    const open = Array.from({ length: 128 }, () => site.webSocket('/ws'));
    await Promise.all(open.map((ws) => once(ws, 'open')));
    const refused = await site.ask('/echo');
    expect([refused.status, refused.text]).toEqual([503, expect.stringMatching(/Too many requests at a time/)]);
    open[0]!.terminate();
    await until('room', async () => (await site.ask('/echo')).status === 200);
    for (const ws of open) ws.terminate();
  });

  it('wait at the device while the browser does not read', async () => {
    const { site } = await visited();
    device.streamed = 0;
    const headers = { Host: site.authority, Cookie: site.cookie };
    const sent = httpRequest({ host: '127.0.0.1', port: site.port, path: '/stream?mb=1000', headers, agent: false });
    sent.on('error', () => undefined).end();
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    let before = -1;
    const stalled = () => {
      const now = device.streamed;
      const same = now === before;
      before = now;
      return same;
    };
    await until('the device to wait', stalled, undefined, 1_000);
    expect(device.streamed).toBeLessThan(500 * MB); // what the buffers of five programs and the kernel hold is far less
    answer.on('error', () => undefined).destroy();
  });

  it('pass to the browser (100 MB)', async () => {
    const { site } = await visited();
    const { body } = await site.ask('/stream?mb=100');
    expect(sha256Hex(body)).toBe(sha256Hex(Buffer.alloc(100 * MB, Buffer.alloc(MB, 'platen'))));
  });

  it('pass to the device (100 MB)', async () => {
    const { site } = await visited();
    const body = Buffer.alloc(100 * MB, 'up');
    const answer = await site.ask('/echo', { method: 'PUT', headers: { 'Content-Length': `${body.length}` }, body });
    const sha256 = sha256Hex(body);
    expect(JSON.parse(answer.text)).toMatchObject({ bytes: body.length, sha256 });
  });

  it('are no longer requested from the device when the browser has gone', async () => {
    const { site } = await visited();
    const socket = connect(site.port, '127.0.0.1');
    socket.write(`GET /silent HTTP/1.1\r\nHost: ${site.authority}\r\nCookie: ${site.cookie}\r\n\r\n`);
    await once(socket, 'data');
    const atDevice = device.seen.at(-1)!;
    expect(atDevice.url).toBe('/silent');
    socket.destroy();
    await until('the device to see it', () => atDevice.socket.destroyed);
  });
});

describe('the screen of an application that does not speak HTTP', () => {
  it('is the VNC page, which gets the bytes of the application', async () => {
    visit = await Visit.approved(on, 'demo-mfp', 'screen');
    const opened = await visit.open();
    expect(opened.view).toBe('stream');
    const entered = await visit.submit(opened.origin, opened.ticket);
    expect([entered.status, entered.headers.refresh]).toEqual([200, '0; url=/.platen/vnc']);
    const site = new Site(opened.origin, visit.port, cookieOf(entered));
    for (const path of ['/.platen/vnc', '/.platen/vnc.js', '/.platen/vnc.css'])
      expect([path, (await site.ask(path)).status]).toEqual([path, 200]);
    for (const path of ['/.platen/', '/.platen/index.html', '/.platen/../vnc.js', '/.platen/other'])
      expect([path, (await site.ask(path)).status]).toEqual([path, 404]);
    expect((await site.ask('/')).text).toMatch(/does not speak HTTP/);

    const ws = site.webSocket('/.platen/stream', { Origin: site.origin }, ['binary']);
    const seen = messages(ws);
    await once(ws, 'open');
    const data = randomBytes(2 * MB);
    for (let at = 0; at < data.length; at += 64 * 1024) ws.send(data.subarray(at, at + 64 * 1024));
    await until('the echo', () => Buffer.concat(seen).length === 12 + data.length);
    expect(Buffer.concat(seen).equals(Buffer.concat([Buffer.from('RFB 003.008\n'), data]))).toBe(true);

    const closed = closing(ws);
    await on.press(`/sessions/${visit.id}/end`, {});
    expect(await closed).toBe(1001);
  });

  it.each([
    ['another origin', 'http://evil.example'],
    ['none', undefined],
  ])('is refused to pages of %s', async (_, origin) => {
    const { site } = await visited('screen');
    const ws = site.webSocket('/.platen/stream', origin ? { Origin: origin } : {}, ['binary']);
    const [error] = (await once(ws, 'error')) as [Error];
    expect(error.message).toMatch(/404/);
  });
});

describe('the end of a session', () => {
  it('ends everything that is open, and no request hangs', async () => {
    const { visit, site } = await visited();
    const ws = site.webSocket('/ws');
    await once(ws, 'open');
    const closed = closing(ws);
    const seen = device.seen.length;
    const stream = site.ask('/silent');
    await until('the stream at the device', () => device.seen.slice(seen).some(({ url }) => url === '/silent'));
    await visit.stage.post(`/api/sessions/${visit.id}/termination`, {});
    expect(await closed).toBe(1001);
    const { status, complete } = await stream; // cut, or the clear page where the device had not answered yet
    expect({ status, whole: complete && status === 200 }).toMatchObject({ whole: false });
    await on.ended(visit.id);
    const answer = await site.ask('/echo', { method: 'POST', body: 'late' });
    expect([answer.status, answer.text]).toEqual([
      410,
      expect.stringMatching(/has ended: The technician ended the session\./),
    ]);
    expect((await visit.submit(site.origin, 'x')).status).toBe(410);
    const cookie = await consoleCookie(on, 'technician');
    const refused = await api('POST', `/api/sessions/${visit.id}/browser`, cookie, {});
    expect(problem.parse(refused.body).code).toBe('session-over');
  });

  it('comes in order when its user logs out of the console', async () => {
    visit = await Visit.approved(on, 'demo-mfp', 'conformance');
    const login = await freshLogin(on, 'technician');
    const opened = await api('POST', `/api/sessions/${visit.id}/browser`, login, {});
    const { origin, ticket } = opened.body as { origin: string; ticket: string };
    const site = new Site(origin, visit.port, cookieOf(await visit.submit(origin, ticket)));
    expect((await site.ask('/chunked')).status).toBe(200);
    await api('POST', '/api/auth/logout', login, {});
    expect(await on.ended(visit.id)).toMatchObject({
      ending: 'ended-by-terminal',
      terminal: { endReason: 'requested' },
    });
    expect(await on.inOrder(visit.id, steps(261, 273))).toEqual(steps(261, 273));
    expect((await site.ask('/')).text).toMatch(/login with which it was opened has ended/);
  });

  it('comes in order when its user is deactivated', async () => {
    const admin = await consoleCookie(on, 'admin');
    const user = { username: 'nina', displayName: 'Nina', role: 'technician', password: 'a password for nina' };
    const { body } = await api('POST', '/api/users', admin, user);
    const { id: userId } = body as { id: string };
    const [customer] = (await on.get('/api/customers')) as { id: string }[];
    await api('PUT', `/api/users/${userId}/customers`, admin, { customerIds: [customer!.id] });
    const { username, password } = user;
    const response = await fetch(`${on.stage.serverUrl}/api/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username, password }),
    });
    const cookie = response.headers.getSetCookie().at(-1)!.split(';')[0]!;
    const wanted = { deviceId: 'demo-mfp', applicationId: 'conformance', reason: 'test' };
    const { id } = (await api('POST', '/api/sessions', cookie, wanted)).body as { id: string };
    await on.step('S143', id);
    await on.press(`/approvals/${id}`, { decision: 'approved' });
    const path = `/api/sessions/${id}/browser`;
    const isOpen = async () => (await api('POST', path, cookie, {})).status === 201;
    await until('the session to be open', isOpen, undefined, 100);
    await api('PATCH', `/api/users/${userId}`, admin, { active: false });
    expect(await on.ended(id)).toMatchObject({ ending: 'revoked', device: { endReason: 'requested' } });
  });

  it('comes in order when the server is stopped', async () => {
    const { visit: last, site } = await visited();
    visit = undefined;
    await site.ask('/echo');
    expect(await on.stage.programs.server.stop()).toBe(0);
    await on.step('S273', last.id);
    await on.restart('server');
    expect(await on.ended(last.id)).toMatchObject({
      ending: 'ended-by-terminal',
      terminal: { endReason: 'requested' },
      device: { endReason: 'requested' },
    });
    expect((await site.ask('/')).status).toBe(404);
  });
});
