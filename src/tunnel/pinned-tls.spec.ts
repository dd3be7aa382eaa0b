import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createServer, type Server } from 'node:tls';
import { makeCertificate, makeSignedCertificate, type TestCertificate } from '../../test/support/test-certificate';
import { CertificateMismatch, clockHint, connectPinned } from './pinned-tls';

describe('connectPinned', () => {
  let server: Server;
  let own: TestCertificate;
  let pin: string;
  let port: number;
  const received: string[] = [];

  beforeAll(async () => {
    own = await makeCertificate();
    pin = own.pin;
    server = createServer({ cert: own.cert, key: own.key }, (socket) => {
      socket.on('data', (data: Buffer) => received.push(data.toString()));
      socket.on('error', () => undefined);
      socket.on('end', () => socket.end());
    }).listen(0, '127.0.0.1');
    server.on('tlsClientError', () => undefined);
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => server.close());
  beforeEach(() => void (received.length = 0));

  it('accepts a server with the pinned key, regardless of name and issuer', async () => {
    const socket = connectPinned({ host: '127.0.0.1', port }, { pin });
    socket.end('hello');
    await once(socket.resume(), 'close');
    expect(received.join('')).toBe('hello');
  });

  it.each([
    ['TLSv1.3', 'TLSv1.3'],
    ['TLSv1.2', 'TLSv1.2'],
  ] as const)(
    'sends nothing to a server with another key over %s, not even data written before the handshake',
    async (_name, version) => {
      const serverSide = once(server, 'connection').then(([socket]: Socket[]) => once(socket!, 'close'));
      const socket = connectPinned({ host: '127.0.0.1', port, maxVersion: version }, { pin: 'A'.repeat(43) });
      socket.write('secret');
      const [error] = (await once(socket, 'error').catch((thrown: unknown) => [thrown])) as [unknown];
      expect(error).toBeInstanceOf(CertificateMismatch);
      expect(error).toMatchObject({ code: 'certificate-mismatch', found: pin });
      await serverSide;
      expect(received).toEqual([]);
    },
  );

  it.each([
    ['signed its certificate', () => Promise.resolve(own.cert), undefined],
    ['signed another', async () => (await makeCertificate()).cert, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['is none', () => Promise.resolve('CA'), 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  ])('trusts the server if the authority %s', async (_name, authority, code) => {
    const socket = connectPinned({ host: '127.0.0.1', port }, { authority: await authority() });
    socket.end('secret');
    const failed = await once(socket.resume(), 'close').then(
      () => undefined,
      (error: NodeJS.ErrnoException) => error.code,
    );
    expect({ failed, received: received.join('') }).toEqual({ failed: code, received: code ? '' : 'secret' });
  });

  const DAY_MS = 24 * 3_600_000;
  const days = (count: number) => new Date(Date.now() + count * DAY_MS);
  it.each([
    ['not valid yet', 'CERT_NOT_YET_VALID', [days(1), days(2)]],
    ['expired', 'CERT_HAS_EXPIRED', [days(-2), days(-1)]],
  ] as const)(
    'names the clock of this computer if the certificate of an authority is %s',
    async (_what, code, dates) => {
      const [notBeforeDate, notAfterDate] = dates;
      const dated = await makeSignedCertificate(['localhost'], undefined, { notBeforeDate, notAfterDate });
      const outdated = createServer({ cert: dated.cert, key: dated.key }, (socket) =>
        socket.on('error', () => undefined),
      );
      await once(outdated.listen(0, '127.0.0.1'), 'listening');
      const { port: itsPort } = outdated.address() as AddressInfo;
      const address = { host: '127.0.0.1', servername: 'localhost', port: itsPort };
      await expect(once(connectPinned(address, { authority: dated.authority }), 'secureConnect')).rejects.toMatchObject(
        {
          code,
        },
      );
      expect(clockHint(code)).toMatch(/the clock of this computer says \d{4}-\d\d-\d\dT/);
      // a pinned key is accepted whatever the clock says
      const pinned = connectPinned(address, { pin: dated.pin });
      await once(pinned, 'secureConnect');
      pinned.destroy();
      outdated.close();
    },
  );

  it('does not name it for another reason', () => expect(clockHint('DEPTH_ZERO_SELF_SIGNED_CERT')).toBe(''));

  it('verifies chain and name if no key is pinned', async () => {
    const socket = connectPinned({ host: '127.0.0.1', port });
    socket.write('secret');
    await expect(once(socket, 'secureConnect')).rejects.toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    expect(received).toEqual([]);
  });
});
