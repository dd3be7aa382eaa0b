import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { createServer as createHttpsServer } from 'node:https';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { encodeIpp } from '../../ipp/ipp-message';
import { setLimit } from '../../../test/support/relay/test-relay';
import { removeFolder } from '../../../test/support/remove-folder';
import { spkiPinOf } from '../../tunnel/pinned-tls';
import type { Certificate } from '../configuration/device-address';
import { IppClient } from './ipp-client';
import { sendHttp, sendRaw } from './send-firmware';

const answer = (requestId: number, code = 0, text = 'successful-ok'): Buffer =>
  encodeIpp({
    version: { major: 1, minor: 1 },
    code,
    requestId,
    groups: [
      { group: 'operation', attributes: [['text', 'status-message', text]] },
      { group: 'printer', attributes: [['enum', 'printer-state', 3]] },
    ],
  });
const http = (body: Buffer | string, head = '200 OK', type = 'application/ipp'): Buffer =>
  Buffer.concat([
    Buffer.from(`HTTP/1.1 ${head}\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n`),
    Buffer.from(body),
  ]);
/** A negative length, which makes some IPP libraries loop forever. */
const looping = Buffer.concat([
  answer(1).subarray(0, -1),
  Buffer.from([0x44, 0x80, 0x00, 0x61, 0x00, 0x01, 0x78, 0x03]),
]);

/** Writes endlessly, as fast as it is read. */
function endless(socket: Socket, piece: string): void {
  const write = (): void => void (socket.writable && socket.write(piece, write));
  write();
}

describe('a device that sends invalid answers', () => {
  const servers: Server[] = [];
  const sockets = new Set<Socket>();
  let folder: string;
  let file: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'platen-hostile-'));
    file = join(folder, 'firmware');
    await writeFile(file, Buffer.alloc(8 * 1024 * 1024));
  });
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    for (const server of servers) server.close();
    await removeFolder(folder);
  });
  async function portOf(server: Server): Promise<number> {
    servers.push(server);
    server.on('connection', (socket: Socket) => {
      sockets.add(socket.on('error', () => undefined));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return (server.address() as AddressInfo).port;
  }
  /** Calls the given function when the first bytes of a request have arrived. */
  const device = (react: (socket: Socket) => void) =>
    portOf(createServer({ allowHalfOpen: true }, (socket) => socket.once('data', () => react(socket))));
  const says = (bytes: Buffer | string) => device((socket) => socket.end(bytes));

  const client = (port: number, tls = false, certificate?: Certificate) =>
    new IppClient({ host: '127.0.0.1', port, tls, certificate, path: '/ipp/print', uri: 'ipp://127.0.0.1/ipp/print' });
  const ask = (port: number, signal?: AbortSignal) => client(port).printer('Get-Printer-Attributes', {}, signal);

  it.each<[string, Buffer | string, string, RegExp]>([
    ['an answer that is not HTTP', 'garbage\r\n\r\n', 'DeviceRefused', /not HTTP \(HPE_/],
    ['a web page', http('<html>', '200 OK', 'text/html'), 'DeviceRefused', /not IPP/],
    [
      'a web page with the IPP media type',
      http('<html><body>Hello</body>'),
      'DeviceRefused',
      /not IPP: an attribute is/,
    ],
    ['an empty answer', http(''), 'DeviceRefused', /not IPP: it ends after/],
    ['half an answer', http(answer(1).subarray(0, 30)), 'DeviceRefused', /not IPP: it ends after 30 bytes/],
    ['negative lengths', http(looping), 'DeviceRefused', /not IPP: a length is negative/],
    ['the answer to another request', http(answer(7)), 'DeviceRefused', /another request/],
    ['a required login', http('', '401 Unauthorized'), 'LoginRequired', /requires a login/],
    ['required TLS', http('', '426 Upgrade Required'), 'DeviceRefused', /requires TLS .* ipps address/],
    ['a redirection', http('', '301 Moved\r\nLocation: http://elsewhere/'), 'DeviceRefused', /another host, elsewhere/],
    [
      'another protocol',
      'HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
      'DeviceRefused',
      /switched to another protocol/,
    ],
    ['an unknown path', http('', '404 Not Found'), 'DeviceRefused', /path does not exist .*404/],
    ['an unknown operation', http(answer(1, 0x0501)), 'OperationUnsupported', /not support Get-Printer-Attributes/],
    ['a refusal', http(answer(1, 0x0507, 'Come\u0007later')), 'DeviceRefused', /server-error-busy: Come later$/],
    ['an unknown status', http(answer(1, 0x7abc, '')), 'DeviceRefused', /status 0x7abc/],
    [
      'less than its Content-Length',
      'HTTP/1.1 200 OK\r\nContent-Type: application/ipp\r\nContent-Length: 99\r\n\r\nx',
      'DeviceUnreachable',
      /ECONNRESET/,
    ],
    ['the end of the connection', '', 'DeviceUnreachable', /ECONNRESET/],
  ])('%s', async (_what, bytes, name, message) => {
    await expect(ask(await says(bytes))).rejects.toMatchObject({ name, message: expect.stringMatching(message) });
  });

  it.each<[string, (socket: Socket) => void, RegExp]>([
    [
      'an endless body',
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Type: application/ipp\r\n\r\n');
        endless(socket, 'x'.repeat(9999));
      },
      /more than 262144 bytes/,
    ],
    [
      'an endless header',
      (socket) => endless(socket, `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(9999)}`),
      /HPE_HEADER_OVERFLOW/,
    ],
  ])('reading %s stops at the limit', async (_what, react, message) => {
    const refused = { name: 'DeviceRefused', message: expect.stringMatching(message) };
    await expect(ask(await device(react))).rejects.toMatchObject(refused);
  });

  it('fails after DEVICE_ANSWER_MS, however the device delays its answer', async () => {
    const head = 'HTTP/1.1 200 OK\r\nContent-Type: application/ipp\r\n';
    const drip = (piece: string) => (socket: Socket) => {
      const timer = setInterval(() => socket.write(piece), 50);
      socket.on('close', () => clearInterval(timer));
    };
    const silent = await device(() => undefined);
    const slow: [string, number][] = [
      ['sends nothing', silent],
      ['answers 100 Continue only', await device(drip('HTTP/1.1 100 Continue\r\n\r\n'))],
      ['header byte by byte', await device((socket) => (socket.write(head + 'X: '), drip('x')(socket)))],
      ['body byte by byte', await device((socket) => (socket.write(`${head}\r\n`), drip('x')(socket)))],
    ];
    setLimit('DEVICE_ANSWER_MS', 300);
    const outcomes = await Promise.all([
      ...slow.map(([what, port]) => ask(port).catch((error: Error) => `${what}: ${error.name}`)),
      client(silent, true)
        .system('Restart-System')
        .catch((error: Error) => `no TLS: ${error.name}`),
    ]);
    expect(outcomes).toEqual([...slow.map(([what]) => what), 'no TLS'].map((what) => `${what}: DeviceUnreachable`));
    jest.restoreAllMocks();
  });

  it('is disconnected at once when the caller gives up', async () => {
    const stop = new AbortController();
    const port = await device(() => stop.abort(new Error('the job was cancelled')));
    await expect(ask(port, stop.signal)).rejects.toThrow('the job was cancelled');
  });

  describe('over TLS', () => {
    let port: number;
    let pin: string;
    let requests = 0;
    beforeAll(async () => {
      const { cert, private: key } = await generate([{ name: 'commonName', value: 'printer' }]);
      pin = spkiPinOf(cert);
      const server = createHttpsServer({ cert, key }, (request, response) => {
        requests++;
        request.resume().on('end', () => response.writeHead(200, { 'content-type': 'application/ipp' }).end(answer(1)));
      });
      port = await portOf(server);
    });
    beforeEach(() => (requests = 0));

    it('receives requests if its key is pinned or any key is accepted', async () => {
      for (const right of [pin, 'any'] as const)
        expect((await client(port, true, right).printer('Get-Printer-Attributes')).code).toBe(0);
      expect(requests).toBe(2);
    });

    it.each([
      ['is not signed by a trusted authority', undefined, /no trusted authority .* pin it in the configuration$/],
      ['does not match the pin', 'A'.repeat(43), /key does not match the pin/],
    ])('receives no request if its key %s', async (_what, certificate, message) => {
      const asked = client(port, true, certificate).printer('Get-Printer-Attributes');
      const error = await asked.catch((thrown: Error) => thrown);
      expect(error).toMatchObject({ name: 'DeviceRefused', message: expect.stringMatching(message) });
      expect((error as Error).message).toContain(pin);
      expect(requests).toBe(0);
    });
  });

  describe('during a firmware upload', () => {
    const STALL_MS = 300;
    /** Where the device does not stand still: no pause of a busy machine is as long. */
    const LONG_MS = 60_000;
    const raw = (port: number, stallMs: number, signal?: AbortSignal) =>
      sendRaw({ kind: 'raw', host: '127.0.0.1', port }, file, () => undefined, signal, stallMs);
    const put = (port: number, stallMs: number) =>
      sendHttp({ host: '127.0.0.1', port, tls: false, path: '/fw' }, file, () => undefined, undefined, { stallMs });

    it.each<[string, typeof raw | typeof put, (socket: Socket) => void, string, RegExp]>([
      ['closes a raw port early', raw, (socket) => socket.destroy(), 'DeviceRefused', /before it had read/],
      ['stops reading at a raw port', raw, (socket) => socket.pause(), 'DeviceUnreachable', /read nothing for 300 ms/],
      ['stops reading over HTTP', put, (socket) => socket.pause(), 'DeviceUnreachable', /read nothing for 300 ms/],
      ['refuses over HTTP', put, (socket) => socket.resume().write(http('', '403 No')), 'DeviceRefused', /HTTP 403/],
      ['does not answer over HTTP', put, (socket) => socket.resume(), 'DeviceUnreachable', /read nothing for 300 ms/],
    ])('fails if the device %s', async (_what, send, react, name, message) => {
      const stallMs = message.source.includes('300 ms') ? STALL_MS : LONG_MS;
      await expect(send(await device(react), stallMs)).rejects.toMatchObject({
        name,
        message: expect.stringMatching(message),
      });
    });

    it('succeeds after the stall time if the device never ends a raw connection', async () => {
      let bytes = 0;
      const port = await device((socket) => socket.on('data', (chunk: Buffer) => (bytes += chunk.length)));
      await raw(port, 1_000);
      expect(bytes).toBeGreaterThan(7 * 1024 * 1024);
    });

    it('sends the file by PUT', async () => {
      let seen = '';
      const port = await device((socket) => socket.resume().write(http('', '204 Done')));
      const server = servers.at(-1)!;
      server.on('connection', (socket: Socket) => socket.once('data', (chunk: Buffer) => (seen = chunk.toString())));
      await put(port, LONG_MS);
      expect(seen).toMatch(/^PUT \/fw HTTP\/1.1\r\n/);
      expect(seen.toLowerCase()).toContain('content-length: 8388608');
    });

    it('is disconnected at once when the caller gives up', async () => {
      const stop = new AbortController();
      const port = await device((socket) => (socket.pause(), stop.abort(new Error('the job was cancelled'))));
      await expect(raw(port, LONG_MS, stop.signal)).rejects.toThrow('the job was cancelled');
    });
  });
});
