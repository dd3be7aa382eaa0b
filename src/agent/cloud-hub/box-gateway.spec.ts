import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { buffer, text } from 'node:stream/consumers';
import { AccessStage } from '../../../test/support/agent/access-stage';
import { BoxDevice } from '../../../test/support/device/box-device';
import { recordedJournal, type RecordedJournal } from '../../../test/support/recorded-journal';
import { until } from '../../../test/support/until';
import type { NewAccessCondition } from '../../protocol/access-conditions';
import { parseConfiguration } from '../configuration/configuration';
import { BoxGateway } from './box-gateway';

const ARCHIVE = { kind: 'client', id: 'archive', name: 'Invoice archive' } as const;
const BOX = { kind: 'box', box: 'invoices', operations: ['list', 'get', 'put', 'delete'] } as const;

let device: BoxDevice;
let stage: AccessStage;
let recorded: RecordedJournal;
let gateway: BoxGateway;

beforeEach(async () => {
  device = await BoxDevice.start();
  device.documents.set('invoices/may.pdf', Buffer.from('%PDF may'));
  device.documents.set('scans/secret.pdf', Buffer.from('%PDF secret'));
  recorded = recordedJournal();
  const application = { id: 'box', title: 'Document boxes', target: device.origin, protocol: 'box' };
  const { devices } = parseConfiguration(
    JSON.stringify({ devices: [{ id: 'mfp-1', name: 'MFP', kind: 'mfp', applications: [application] }] }),
    '/',
  );
  stage = new AccessStage(devices, recorded.journal);
  gateway = new BoxGateway({
    remoteSessionId: '7d3c6c0e-8a40-4b6e-9d58-1f1a3a0a6a11',
    deviceId: 'mfp-1',
    asker: ARCHIVE,
    target: devices[0]!.applications[0]!.target,
    access: stage.access,
    journal: recorded.journal,
  });
});
afterEach(async () => {
  gateway.close();
  await stage.strike();
  await device.close();
  expect(recorded.lines.filter((line) => 'incident' in line)).toEqual([]);
});

const permit = (change: Partial<NewAccessCondition> = {}) =>
  stage.set({ who: ARCHIVE, access: { ...BOX, operations: [...BOX.operations] }, ...change });

interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  body: string;
}
interface Sent {
  headers?: OutgoingHttpHeaders;
  body?: string | Buffer;
}

/** A client of the gateway, which sends what Node's HTTP client can send. */
function ask(method: string, path: string, { headers = {}, body }: Sent = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest({
      createConnection: () => gateway.open(),
      method,
      path,
      headers: { host: 'box', ...headers },
    });
    sent.on('error', reject);
    sent.on('response', (response) => {
      buffer(response).then(
        (bytes) => resolve({ status: response.statusCode!, headers: response.headers, body: bytes.toString() }),
        reject,
      );
    });
    sent.end(body);
  });
}

/** What a client receives for bytes of its own. */
async function raw(bytes: string): Promise<string> {
  const connection = gateway.open();
  connection.on('error', () => undefined);
  connection.write(bytes);
  setTimeout(() => connection.end(), 200).unref();
  return text(connection).catch(() => '');
}

describe('the gateway of a document box', () => {
  it('lists, gets, puts and deletes what the conditions permit', async () => {
    await permit();
    expect(JSON.parse((await ask('GET', '/boxes')).body)).toEqual({ boxes: ['invoices'] });
    expect(JSON.parse((await ask('GET', '/boxes/invoices')).body)).toEqual({
      documents: [{ name: 'may.pdf', bytes: 8, modifiedAt: '2030-01-01T09:00:00.000Z' }],
    });
    expect(await ask('GET', '/boxes/invoices/may.pdf')).toMatchObject({ status: 200, body: '%PDF may' });
    expect(await ask('PUT', '/boxes/invoices/june.pdf', { body: '%PDF june' })).toMatchObject({ status: 201 });
    expect(device.documents.get('invoices/june.pdf')?.toString()).toBe('%PDF june');
    expect(await ask('DELETE', '/boxes/invoices/may.pdf')).toMatchObject({ status: 204 });
    expect(await ask('GET', '/boxes/invoices/may.pdf')).toMatchObject({ status: 404 });
    expect(stage.access.store.all[0]!.used).toEqual({ times: 6, bytes: 17 });
    expect(stage.access.denials.latest(10)).toEqual([]);
  });

  it('answers HEAD without a body and without counting bytes', async () => {
    await permit();
    const head = await ask('HEAD', '/boxes/invoices/may.pdf');
    expect(head).toMatchObject({ status: 200, body: '', headers: { 'content-length': '8' } });
    expect(stage.access.store.all[0]!.used).toEqual({ times: 1, bytes: 0 });
  });

  it('passes only the header fields of a document request, and none that a browser would act on', async () => {
    await permit();
    const { headers } = await ask('GET', '/boxes/invoices/may.pdf', {
      headers: {
        accept: 'application/pdf',
        authorization: 'Bearer x',
        cookie: 'a=b',
        'x-forwarded-for': '1.2.3.4',
        te: 'trailers',
      },
    });
    expect(device.headers).toEqual({
      accept: 'application/pdf',
      host: `127.0.0.1:${device.port}`,
      connection: 'close',
    });
    expect(headers).toMatchObject({
      'content-type': 'application/pdf',
      'content-security-policy': expect.stringContaining('sandbox'),
      'content-disposition': 'attachment',
      'x-content-type-options': 'nosniff',
    });
    expect(headers).not.toHaveProperty('set-cookie');
  });

  it('denies with code, reason and remedy, records it, and sends nothing to the device', async () => {
    await permit({ access: { kind: 'box', box: 'invoices', operations: ['get'] } });
    const { status, headers, body } = await ask('DELETE', '/boxes/invoices/may.pdf');
    expect([status, headers['content-type']]).toEqual([403, 'application/problem+json']);
    expect(JSON.parse(body)).toMatchObject({
      type: 'urn:platen:problem:access-denied',
      code: 'access-denied',
      reason: 'operation',
      detail: expect.any(String),
      remedy: expect.stringContaining('owner of the device'),
    });
    expect(stage.access.denials.latest(1)).toEqual([
      expect.objectContaining({
        deviceId: 'mfp-1',
        asker: ARCHIVE,
        what: 'delete invoices/may.pdf',
        reason: 'operation',
        count: 1,
      }),
    ]);
    expect(device.connections).toBe(0);
  });

  it('asks for a document only after a permitted request is on disk', async () => {
    await permit({ times: 1 });
    device.answers = (_request, response) =>
      void onDisk().then((times) => response.setHeader('content-length', 1).end(`${times}`));
    const onDisk = async () => {
      const { ConditionStore } = await import('../conditions/condition-store.js');
      const again = new ConditionStore({ folder: stage.folder, journal: recorded.journal });
      await again.load();
      return again.all[0]!.used.times;
    };
    expect((await ask('GET', '/boxes/invoices/may.pdf')).body).toBe('1');
    expect((await ask('GET', '/boxes/invoices/may.pdf')).status).toBe(403);
  });
});

describe('the bytes of a condition', () => {
  const large = Buffer.alloc(300_000, 'x');

  it.each([
    ['a document of known length', false],
    ['a document of unknown length', true],
  ])('limit getting %s', async (_case, chunked) => {
    device.chunked = chunked;
    device.documents.set('invoices/large.pdf', large);
    await permit({ bytes: 400_000 });
    expect((await ask('GET', '/boxes/invoices/large.pdf')).body).toHaveLength(large.length);
    const second = ask('GET', '/boxes/invoices/large.pdf');
    if (chunked) await expect(second).rejects.toThrow();
    else expect(JSON.parse((await second).body)).toMatchObject({ code: 'access-denied', reason: 'bytes' });
    expect(stage.access.denials.latest(1)).toMatchObject([{ reason: 'bytes', what: 'get invoices/large.pdf' }]);
    expect(stage.access.store.all[0]!.used.bytes).toBeLessThanOrEqual(400_000);
  });

  it('limit putting a document of known length: denied before the device is asked', async () => {
    await permit({ bytes: 100_000 });
    const { status, body } = await ask('PUT', '/boxes/invoices/large.pdf', {
      body: large,
      headers: { expect: '100-continue', 'content-length': large.length },
    });
    expect([status, JSON.parse(body).reason]).toEqual([403, 'bytes']);
    expect(device.connections).toBe(0);
  });

  it('cut putting one of unknown length, and nothing of it stays at the device', async () => {
    await permit({ bytes: 100_000 });
    const { status, body } = await ask('PUT', '/boxes/invoices/large.pdf', {
      body: large,
      headers: { 'transfer-encoding': 'chunked' },
    });
    expect([status, JSON.parse(body).reason]).toEqual([403, 'bytes']);
    expect(device.documents.has('invoices/large.pdf')).toBe(false);
    expect(stage.access.store.all[0]!.used.bytes).toBeLessThanOrEqual(100_000);
  });

  it('use another condition that has enough left', async () => {
    await permit({ bytes: 4 });
    await permit({ bytes: 4_000 });
    expect(await ask('GET', '/boxes/invoices/may.pdf')).toMatchObject({ status: 200, body: '%PDF may' });
    expect(stage.access.store.all.map(({ used }) => used.bytes)).toEqual([0, 8]);
  });
});

describe('what runs when a condition ends', () => {
  it.each([
    ['is revoked', () => stage.access.revoke(stage.access.store.all[0]!.id)],
    ['expires', () => Promise.resolve((stage.now += 3_600_000))],
  ])('is cut when it %s', async (_case, end) => {
    await permit({ until: new Date(stage.now + 3_600_000).toISOString() });
    device.answers = (_request, response) => void response.writeHead(200, { 'content-length': '100' }).write('half');
    const client = gateway.open();
    client.write('GET /boxes/invoices/may.pdf HTTP/1.1\r\nHost: box\r\n\r\n');
    let received = '';
    client.on('data', (bytes: Buffer) => (received += bytes.toString()));
    await until('half of the document', () => received.endsWith('half'));
    await end();
    gateway.check();
    await until('the end', () => client.destroyed);
    expect(received).toMatch(/\r\n\r\nhalf$/);
  });
});

describe('50 denied requests', () => {
  const OTHER = { kind: 'client', id: 'other', name: 'Other' } as const;
  /** Each opens something else than what is asked for. */
  const set: Record<string, () => Promise<unknown>> = {
    'no-condition': () => permit({ who: OTHER }),
    box: () => permit({ access: { kind: 'box', box: 'other', operations: ['list', 'get', 'put', 'delete'] } }),
    'not-yet': () => permit({ from: new Date(stage.now + 60_000).toISOString() }),
    hours: () =>
      permit({ hours: [{ days: [((new Date(stage.now).getUTCDay() + 2) % 7) + 1], from: '00:00', until: '00:00' }] }),
    expired: async () => {
      await permit({ until: new Date(stage.now + 1000).toISOString() });
      stage.now += 2000;
    },
    times: async () => {
      const { id } = await permit({ times: 1 });
      await stage.access.store.admit('mfp-1', {
        asker: ARCHIVE,
        access: { kind: 'box', box: 'invoices', operation: 'list', bytes: null },
      });
      expect(stage.access.store.find(id)?.used.times).toBe(1);
    },
  };
  const requests: [string, string, Sent?][] = [
    ['GET', '/boxes'],
    ['GET', '/boxes/invoices'],
    ['HEAD', '/boxes/invoices'],
    ['GET', '/boxes/invoices/may.pdf'],
    ['HEAD', '/boxes/invoices/may.pdf'],
    ['PUT', '/boxes/invoices/may.pdf', { body: 'x' }],
    ['PUT', '/boxes/invoices/new.pdf', { body: 'x', headers: { 'transfer-encoding': 'chunked' } }],
    ['DELETE', '/boxes/invoices/may.pdf'],
    ['GET', '/boxes/invoices/none.pdf'],
  ];

  it.each(Object.keys(set))('leave no trace at the device: %s', async (reason) => {
    await set[reason]!();
    const before = [...device.documents];
    const answers = [];
    for (const [method, path, sent] of requests) {
      if (reason === 'box' && path === '/boxes') continue; // the list of all boxes names no box
      const { status, body } = await ask(method, path, sent);
      answers.push([status, method === 'HEAD' ? reason : JSON.parse(body).reason]);
    }
    expect(answers.length).toBeGreaterThan(7);
    expect(answers).toEqual(answers.map(() => [403, reason]));
    expect([device.connections, device.requests]).toEqual([0, []]);
    expect([...device.documents]).toEqual(before);
  });
});

describe('what is no operation on a document box', () => {
  beforeEach(() => permit({ access: { kind: 'box', box: null, operations: ['list', 'get', 'put', 'delete'] } }));

  it.each<[string, string, string, number, Sent?]>([
    ['a path upwards', 'GET', '/boxes/invoices/../../etc/passwd', 404],
    ['an encoded path upwards', 'GET', '/boxes/invoices/..%2f..%2fconfig', 404],
    ['two points', 'GET', '/boxes/..', 404],
    ['an encoded slash', 'GET', '/boxes/invoices%2fmay.pdf', 404],
    ['an encoded letter', 'GET', '/boxes/%69nvoices/may.pdf', 404],
    ['a double slash', 'GET', '//boxes/invoices', 404],
    ['a trailing slash', 'GET', '/boxes/', 404],
    ['a query', 'GET', '/boxes/invoices?x=1', 404],
    ['a capital letter', 'GET', '/boxes/Invoices', 404],
    ['a deeper path', 'GET', '/boxes/invoices/may.pdf/x', 404],
    ['another page of the device', 'GET', '/settings', 404],
    ['an absolute address', 'GET', 'http://127.0.0.1:1/boxes', 404],
    ['an absolute address of the device', 'GET', 'http://box/boxes/invoices/may.pdf', 404],
    ['POST', 'POST', '/boxes/invoices/may.pdf', 405],
    ['PATCH', 'PATCH', '/boxes/invoices/may.pdf', 405],
    ['TRACE', 'TRACE', '/boxes/invoices/may.pdf', 405],
    ['OPTIONS of everything', 'OPTIONS', '*', 404],
    ['PROPFIND', 'PROPFIND', '/boxes/invoices', 405],
    ['deleting a box', 'DELETE', '/boxes/invoices', 405],
    ['putting a box', 'PUT', '/boxes/invoices', 405],
    [
      'a part of a document',
      'PUT',
      '/boxes/invoices/may.pdf',
      400,
      { headers: { 'content-range': 'bytes 0-0/8' }, body: 'x' },
    ],
    ['a body with GET', 'GET', '/boxes/invoices/may.pdf', 400, { headers: { 'content-length': 1 }, body: 'x' }],
    [
      'a body with DELETE',
      'DELETE',
      '/boxes/invoices/may.pdf',
      400,
      { headers: { 'transfer-encoding': 'chunked' }, body: 'x' },
    ],
    ['an upgrade', 'GET', '/boxes', 400, { headers: { connection: 'upgrade', upgrade: 'websocket' } }],
    ['an upgrade to HTTP/2', 'GET', '/boxes', 400, { headers: { connection: 'upgrade', upgrade: 'h2c' } }],
  ])('is refused by the agent: %s', async (_case, method, path, status, sent = {}) => {
    expect((await ask(method, path, sent)).status).toBe(status);
    expect(device.connections).toBe(0);
  });

  const H = 'Host: box\r\n';
  it.each<[string, string]>([
    [
      'both framings',
      `PUT /boxes/invoices/a HTTP/1.1\r\n${H}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nDELETE /boxes/invoices/may.pdf HTTP/1.1\r\n${H}\r\n`,
    ],
    ['two lengths', `PUT /boxes/invoices/a HTTP/1.1\r\n${H}Content-Length: 0\r\nContent-Length: 5\r\n\r\nhello`],
    ['a signed length', `PUT /boxes/invoices/a HTTP/1.1\r\n${H}Content-Length: +5\r\n\r\nhello`],
    ['an unknown coding', `PUT /boxes/invoices/a HTTP/1.1\r\n${H}Transfer-Encoding: gzip, identity\r\n\r\nhello`],
    ['a folded field', `GET /boxes HTTP/1.1\r\n${H}X: a\r\n b\r\n\r\n`],
    ['a space before the colon', `GET /boxes HTTP/1.1\r\nHost : box\r\n\r\n`],
    ['no host', `GET /boxes HTTP/1.1\r\n\r\n`],
    ['a bare line feed in the path', `GET /boxes\n HTTP/1.1\r\n${H}\r\n`],
    ['CONNECT', `CONNECT 127.0.0.1:80 HTTP/1.1\r\n${H}\r\n`],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['TLS', '\u0016\u0003\u0001\u0002\u0000'],
    ['too long a header', `GET /boxes HTTP/1.1\r\n${H}X: ${'a'.repeat(9000)}\r\n\r\n`],
  ])('reaches the device with no byte: %s', async (_case, bytes) => {
    const answer = await raw(bytes);
    expect(answer).toMatch(/^(HTTP\/1\.1 4\d\d |$)/);
    expect([device.connections, device.requests]).toEqual([0, []]);
  });

  it('is refused beyond the requests at the same time, to be repeated', async () => {
    device.answers = () => undefined;
    const running = Array.from({ length: 8 }, () => ask('GET', '/boxes/invoices/may.pdf').catch(() => undefined));
    await until('eight requests', () => device.requests.length >= 8);
    expect(await ask('GET', '/boxes')).toMatchObject({ status: 429, headers: { 'retry-after': '1' } });
    gateway.close();
    await Promise.all(running);
  });
});

describe('a device that misbehaves', () => {
  beforeEach(() => permit());
  it.each<[string, NonNullable<BoxDevice['answers']>, string, number]>([
    ['an error of its own', (_, response) => response.writeHead(500).end('<h1>panic'), '/boxes/invoices/may.pdf', 502],
    [
      'a redirection',
      (_, response) => response.writeHead(302, { location: 'http://x/' }).end(),
      '/boxes/invoices/may.pdf',
      502,
    ],
    ['a login', (_, response) => response.writeHead(401).end(), '/boxes/invoices/may.pdf', 502],
    ['no list', (_, response) => response.end('<html>'), '/boxes', 502],
    ['names that lead elsewhere', (_, response) => response.end('{"boxes":["../etc"]}'), '/boxes', 502],
    ['too long a list', (_, response) => response.end(`{"boxes":["${'a'.repeat(1024 * 1024)}"]}`), '/boxes', 502],
    ['the end of the connection', (request) => request.socket.destroy(), '/boxes', 502],
    ['a conflict', (_, response) => response.writeHead(409).end('x'), '/boxes/invoices/may.pdf', 409],
  ])('is answered for: %s', async (_case, answers, path, status) => {
    device.answers = answers;
    const answer = await ask('GET', path);
    expect([answer.status, answer.headers['content-type']]).toEqual([status, 'application/problem+json']);
    expect(answer.headers).not.toHaveProperty('location');
  });
});
