import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { makeCertificate } from '../../../test/support/test-certificate';
import { until } from '../../../test/support/until';
import { decodeIpp, encodeIpp, IPP_VERSION } from '../../ipp/ipp-message';
import { IPP_OPERATIONS } from '../../ipp/ipp-registry';
import { LIMITS } from '../../protocol/limits';
import { IppClient } from './ipp-client';

let printer: Server;
let connections: Socket[];
/** Codes of the operations, in the order in which they arrived. */
let arrived: number[];
let atOnce: number;
let most: number;
/** What the printer does before it answers. */
let before: (request: IncomingMessage) => Promise<unknown>;

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { code, requestId } = decodeIpp(await buffer(request));
  arrived.push(code);
  most = Math.max(most, (atOnce += 1));
  await before(request);
  atOnce -= 1;
  const groups = [{ group: 'operation' as const, attributes: [['charset', 'attributes-charset', 'utf-8']] as const }];
  response.setHeader('content-type', 'application/ipp');
  response.end(encodeIpp({ version: IPP_VERSION, code: 0, requestId, groups }));
}

async function start(tls?: { cert: string; key: string }): Promise<number> {
  const listener = (request: IncomingMessage, response: ServerResponse) => void answer(request, response);
  printer = tls ? createTlsServer(tls, listener) : createServer(listener);
  printer.keepAliveTimeout = 60_000;
  printer.on(tls ? 'secureConnection' : 'connection', (socket: Socket) => connections.push(socket));
  await once(printer.listen(0, '127.0.0.1'), 'listening');
  return (printer.address() as AddressInfo).port;
}
const clientOf = (port: number, more: { tls?: boolean; certificate?: string } = {}) =>
  new IppClient({ host: '127.0.0.1', port, path: '/ipp', uri: 'ipp://printer/ipp', tls: false, ...more });
const ask = (client: IppClient) => client.printer('Get-Printer-Attributes');

beforeEach(() => {
  [connections, arrived, atOnce, most] = [[], [], 0, 0];
  before = () => Promise.resolve();
});
afterEach(async () => {
  printer.closeAllConnections();
  await once(printer.close(), 'close');
});

describe('requests to a printer', () => {
  it.each(['without', 'with'])('share one connection %s TLS', async (which) => {
    const certificate = which === 'with' ? await makeCertificate() : undefined;
    const client = clientOf(await start(certificate), {
      tls: certificate !== undefined,
      certificate: certificate?.pin,
    });
    for (let i = 0; i < 3; i++) await ask(client);
    expect([connections.length, arrived.length]).toEqual([1, 3]);
  });

  it('wait for each other, and are carried out in order', async () => {
    const client = clientOf(await start());
    before = () => new Promise((resolve) => setImmediate(resolve));
    await Promise.all([ask(client), client.printer('Identify-Printer'), ask(client), client.printer('Print-Job')]);
    const { 'Get-Printer-Attributes': query, 'Identify-Printer': identify, 'Print-Job': print } = IPP_OPERATIONS;
    expect([most, arrived]).toEqual([1, [query, identify, query, print]]);
    expect(connections).toHaveLength(3); // what must not be done twice has a connection of its own
  });

  it('are refused by name when too many wait', async () => {
    const client = clientOf(await start());
    const all = Array.from({ length: LIMITS.DEVICE_REQUESTS + 1 }, () => ask(client));
    await expect(all.at(-1)).rejects.toMatchObject({
      name: 'DeviceUnreachable',
      message: expect.stringContaining('too many'),
    });
    await Promise.all(all.slice(0, -1));
    await ask(client);
  });

  it('are sent again on a new connection when the printer has closed the idle one', async () => {
    const client = clientOf(await start());
    await ask(client);
    // the close arrives while the request is sent
    before = (request) => {
      if (connections.length > 1) return Promise.resolve();
      request.socket.destroy();
      return new Promise(() => undefined);
    };
    await ask(client);
    expect([connections.length, arrived.length]).toEqual([2, 3]);
  });

  it('are not sent again when a new connection is closed', async () => {
    const client = clientOf(await start());
    before = (request) => Promise.resolve(void request.socket.destroy());
    await expect(ask(client)).rejects.toMatchObject({ name: 'DeviceUnreachable' });
    await expect(client.printer('Print-Job')).rejects.toMatchObject({ name: 'DeviceUnreachable' });
    expect(arrived).toHaveLength(2);
  });

  it('leave the turn to the next when their caller gives up', async () => {
    const client = clientOf(await start());
    let goOn = () => undefined as void;
    before = () => new Promise<void>((resolve) => (goOn = resolve));
    const stopping = new AbortController();
    const first = client.printer('Get-Printer-Attributes', {}, stopping.signal);
    const second = client.printer('Get-Printer-Attributes', {}, stopping.signal);
    const third = ask(client);
    await until('the first to arrive', () => arrived.length >= 1);
    before = () => Promise.resolve();
    stopping.abort(new Error('stopping'));
    await expect(first).rejects.toThrow('stopping');
    await expect(second).rejects.toThrow('stopping');
    await third;
    expect(arrived).toHaveLength(2);
    goOn();
  });
});
