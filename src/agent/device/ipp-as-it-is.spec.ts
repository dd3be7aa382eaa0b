import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { makeCertificate } from '../../../test/support/test-certificate';
import { attributesOf, decodeIpp, encodeIpp, IPP_VERSION, type DecodedIpp } from '../../ipp/ipp-message';
import { IPP_OPERATIONS, IPP_STATUS } from '../../ipp/ipp-registry';
import { parseConfiguration } from '../configuration/configuration';
import type { HttpLogin, LoginTarget } from './http-login';
import { IppClient } from './ipp-client';
import { IppDevice } from './ipp-device';

/** One request as the printer sees it. */
interface Asked {
  readonly message: DecodedIpp;
  readonly path: string;
  readonly names: readonly string[];
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}
type Printer = (asked: Asked) => unknown;

const { 'Get-Printer-Attributes': QUERY } = IPP_OPERATIONS;
const STATUS = IPP_STATUS;
/** An answer with attributes, or a refusal. */
function answer({ message, response }: Asked, status = 0, requestId = message.requestId): void {
  const printer = [
    ['enum', 'printer-state', 3],
    ['text', 'printer-make-and-model', 'Acme 1'],
  ] as const;
  const groups = [
    { group: 'operation' as const, attributes: [['charset', 'attributes-charset', 'utf-8'] as const] },
    ...(status === 0 ? [{ group: 'printer' as const, attributes: printer }] : []),
  ];
  response.setHeader('content-type', 'application/ipp');
  response.end(encodeIpp({ version: IPP_VERSION, code: status, requestId, groups }));
}
const status = (asked: Asked, code: number, headers = {}): void => void asked.response.writeHead(code, headers).end();
const versionOf = ({ message: { version } }: Asked): string => `${version.major}.${version.minor}`;

describe('a printer as it is', () => {
  const servers: Server[] = [];
  const sockets = new Set<Socket>();
  /** Method, path and printer-uri of each request. */
  let seen: string[];
  beforeEach(() => (seen = []));
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    await Promise.all(servers.splice(0).map((server) => once(server.close(), 'close')));
  });

  async function start(printer: Printer, certificate?: { cert: string; key: string }): Promise<number> {
    const listener = (request: IncomingMessage, response: ServerResponse) =>
      void buffer(request).then((bytes) => {
        const message = decodeIpp(bytes);
        const operation = attributesOf(message, 'operation');
        const path = request.url!;
        seen.push(`${certificate ? 'https' : 'http'} ${path} ${String(operation.get('printer-uri')?.[0])}`);
        const names = (operation.get('requested-attributes') ?? []) as string[];
        printer({ message, path, names, request, response });
      });
    const server = certificate ? createTlsServer(certificate, listener) : createServer(listener);
    return listening(server);
  }
  async function listening(server: Server): Promise<number> {
    servers.push(server);
    server.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => undefined)));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return (server.address() as AddressInfo).port;
  }
  const device = (ipp: string, more: object = {}) => {
    const application = { id: 'web', title: 'Web', target: 'http://127.0.0.1:80' };
    const fields = { id: 'mfp', name: 'Hall', kind: 'mfp', applications: [application], ipp, ...more };
    return new IppDevice(parseConfiguration(JSON.stringify({ devices: [fields] }), '/').devices[0]!);
  };
  const pathsSeen = () => seen.map((each) => each.split(' ')[1]);

  it.each<[string, string[], Printer]>([
    ['refuses 1.1', ['1.1', '2.0'], (asked) => answer(asked, versionOf(asked) === '2.0' ? 0 : 0x0503)],
    ['takes 1.0 only', ['1.1', '2.0', '1.0'], (asked) => answer(asked, versionOf(asked) === '1.0' ? 0 : 0x0503)],
  ])('that %s is asked in %j, and then in the version that it takes', async (_what, versions, printer) => {
    const asked: string[] = [];
    const port = await start((each) => {
      asked.push(versionOf(each));
      printer(each);
    });
    const it = device(`ipp://127.0.0.1:${port}/ipp/print`);
    expect(await it.information()).toMatchObject({ state: 'idle', model: 'Acme 1' });
    await it.identify();
    expect(asked).toEqual([...versions, versions.at(-1)]);
  });

  it.each<[string, Printer]>([
    ['without the ID of the request', (asked) => answer(asked, 0, 0)],
    [
      'without a media type',
      (asked) => {
        asked.response.removeHeader('content-type');
        const groups = [{ group: 'printer' as const, attributes: [['enum', 'printer-state', 3] as const] }];
        const requestId = asked.message.requestId;
        asked.response.end(encodeIpp({ version: IPP_VERSION, code: 0, requestId, groups }));
      },
    ],
  ])('may answer %s', async (_what, printer) => {
    const port = await start(printer);
    expect(await device(`ipp://127.0.0.1:${port}/ipp/print`).information()).toMatchObject({ state: 'idle' });
  });

  it.each<[string, string, string[]]>([
    ['', '/ipp/print', ['/ipp/print']],
    ['', '/ipp', ['/ipp/print', '/ipp']],
    ['', '/', ['/ipp/print', '/ipp', '/ipp/printer', '/ipp/port1', '/']],
    ['/', '/', ['/']],
    ['/', '/ipp', ['/', '/ipp/print', '/ipp']],
    ['/ipp', '/ipp', ['/ipp']],
  ])('at ipp://host%s is found at %s', async (configured, right, paths) => {
    const wrong: Printer[] = [
      (asked) => status(asked, 404),
      (asked) => answer(asked, STATUS['client-error-not-found']),
      ({ response }) => response.setHeader('content-type', 'text/html').end('<html>'),
      (asked) => status(asked, 405),
    ];
    let wrongs = 0;
    const port = await start((asked) => (asked.path === right ? answer(asked) : wrong[wrongs++ % 4]!(asked)));
    const it = device(`ipp://127.0.0.1:${port}${configured}`);
    await it.information();
    await it.identify();
    expect(pathsSeen()).toEqual([...paths, right]);
    expect(seen.at(-1)).toBe(`http ${right} ipp://127.0.0.1:${port}${configured === right ? configured : right}`);
  });

  it('that is nowhere is looked for again, and named with what was tried', async () => {
    const port = await start((asked) => status(asked, 404));
    const it = device(`ipp://127.0.0.1:${port}`);
    for (let i = 0; i < 2; i++)
      await expect(it.information()).rejects.toMatchObject({
        problem: 'not-a-printer',
        message: expect.stringMatching(/no printer at \/ipp\/print, \/ipp, .*: write the path in "ipp"/),
      });
    expect(seen).toHaveLength(10);
  });

  it.each([301, 302, 307, 308])('may redirect within itself, by %s', async (code) => {
    const port = await start((asked) =>
      asked.path === '/printers/a' ? answer(asked) : status(asked, code, { location: '/printers/a' }),
    );
    const it = device(`ipp://127.0.0.1:${port}/ipp/print`);
    await it.information();
    await it.identify();
    expect(pathsSeen()).toEqual(['/ipp/print', '/printers/a', '/printers/a']);
  });

  it('may redirect to TLS, and is asked there from then on', async () => {
    const certificate = await makeCertificate();
    const secure = await start((asked) => answer(asked), certificate);
    const port = await start((asked) => status(asked, 308, { location: `https://127.0.0.1:${secure}/ipp/print` }));
    const it = device(`ipp://127.0.0.1:${port}/ipp/print`);
    await it.information();
    await it.identify();
    expect(seen.map((each) => each.split(' ')[0])).toEqual(['http', 'https', 'https']);
    const pinned = device(`ipp://127.0.0.1:${port}/ipp/print`, { certificate: 'A'.repeat(43) });
    await expect(pinned.information()).rejects.toMatchObject({ problem: 'tls-failed' });
  });

  it.each<[string, (port: number) => Printer, string, RegExp]>([
    [
      'to another host',
      () => (asked) => status(asked, 307, { location: 'http://192.0.2.1/ipp' }),
      'wrong-path',
      /192\.0\.2\.1/,
    ],
    ['in a circle', () => (asked) => status(asked, 307, { location: '/ipp/print' }), 'wrong-path', /every request/],
    ['to nothing', () => (asked) => status(asked, 307), 'wrong-path', /no address/],
  ])('that redirects %s is refused', async (_where, printer, problem, message) => {
    const port: number = await start((asked) => printer(port)(asked));
    const refused = device(`ipp://127.0.0.1:${port}/ipp/print`).information();
    await expect(refused).rejects.toMatchObject({ problem, message: expect.stringMatching(message) });
    expect(seen.length).toBeLessThan(5);
  });

  it('that redirects from TLS to clear text is refused', async () => {
    const certificate = await makeCertificate();
    const port: number = await start(
      (asked) => status(asked, 307, { location: `http://127.0.0.1:${port}/ipp` }),
      certificate,
    );
    const refused = device(`ipps://127.0.0.1:${port}/ipp/print`, { certificate: certificate.pin }).information();
    await expect(refused).rejects.toMatchObject({ problem: 'tls-failed', message: /clear text/ });
  });

  it('that requires TLS at its port (426) gets it, which is not enough for a password in clear text', async () => {
    const secure = await start((asked) => answer(asked), await makeCertificate());
    const plain = await start((asked) => status(asked, 426, { upgrade: 'TLS/1.2, HTTP/1.1', connection: 'Upgrade' }));
    // one port for both, as printers have it: the first byte tells
    const both = createTcpServer((socket) =>
      socket.once('data', (first: Buffer) => {
        const onward = connect(first[0] === 0x16 ? secure : plain, '127.0.0.1').on('error', () => undefined);
        onward.write(first);
        socket.pipe(onward).pipe(socket);
      }),
    );
    const port = await listening(both as Server);
    const targets: boolean[] = [];
    const login = {
      authenticate: <T>({ address }: LoginTarget, send: () => Promise<T>) => (targets.push(address.tls), send()),
    };
    const uri = `ipp://127.0.0.1:${port}/ipp/print`;
    const address = { host: '127.0.0.1', port, tls: false, path: '/ipp/print', uri };
    await new IppClient(address, login as HttpLogin).printer('Get-Printer-Attributes');
    expect(seen).toEqual([`http /ipp/print ${uri}`, `https /ipp/print ${uri.replace('ipp:', 'ipps:')}`]);
    expect(targets).toEqual([false, false]);
  });

  it.each<[string, (names: readonly string[]) => boolean, Printer]>([
    ['with a status', (names) => names.includes('printer-supply'), (asked) => answer(asked, 0x040b)],
    [
      'with an answer that cannot be read',
      (names) => names.includes('printer-alert'),
      ({ response }) => response.setHeader('content-type', 'application/ipp').end('\u0002\u0000'),
    ],
    [
      'because they are many',
      (names) => names.length > 10,
      (asked) => answer(asked, STATUS['client-error-bad-request']),
    ],
    ['with HTTP 500', (names) => names.includes('marker-names'), (asked) => status(asked, 500)],
  ])('that fails at some attributes %s reports the others', async (_how, fails, fail) => {
    const port = await start((asked) => (fails(asked.names) ? fail(asked) : answer(asked)));
    const it = device(`ipp://127.0.0.1:${port}/ipp/print`);
    expect(await it.information()).toMatchObject({ state: 'idle', model: 'Acme 1' });
    const first = seen.length;
    await it.information();
    expect(seen).toHaveLength(2 * first - 1); // it is not asked for all at once again
  });

  it.each([
    ['refuses to be asked', (asked: Asked) => answer(asked, STATUS['client-error-bad-request']), 10, /bad-request/],
    ['is busy', (asked: Asked) => answer(asked, STATUS['server-error-busy']), 1, /busy/],
  ])('that %s says so', async (_what, printer, requests, message) => {
    const port = await start(printer);
    const refused = device(`ipp://127.0.0.1:${port}/ipp/print`).information();
    await expect(refused).rejects.toMatchObject({ problem: 'refused', message: expect.stringMatching(message) });
    expect(seen).toHaveLength(requests);
  });

  it('is not asked twice to print', async () => {
    const port = await start((asked) => answer(asked, asked.message.code === QUERY ? 0 : STATUS['server-error-busy']));
    await expect(device(`ipp://127.0.0.1:${port}`).identify()).rejects.toMatchObject({ problem: 'refused' });
    expect(seen).toHaveLength(1);
  });
});
