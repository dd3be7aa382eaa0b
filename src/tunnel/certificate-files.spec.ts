import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer, type Server, type TLSSocket } from 'node:tls';
import { recordedJournal, type RecordedJournal } from '../../test/support/recorded-journal';
import { setLimit } from '../../test/support/relay/test-relay';
import { makeCertificate, makeSignedCertificate, type TestCertificate } from '../../test/support/test-certificate';
import { until } from '../../test/support/until';
import { readCertificate, watchCertificate } from './certificate-files';
import { spkiPinOf } from './pinned-tls';

describe('the certificate of a server', () => {
  const folder = mkdtempSync(join(tmpdir(), 'platen-certificate-'));
  const files = { certificate: join(folder, 'crt'), key: join(folder, 'key') };
  let server: Server;
  const sockets: TLSSocket[] = [];
  let lines: RecordedJournal['lines'];

  const write = ({ cert, key }: Pick<TestCertificate, 'cert' | 'key'>) => {
    writeFileSync(files.certificate, cert);
    writeFileSync(files.key, key);
  };
  const connected = async (): Promise<TLSSocket> => {
    const { port } = server.address() as AddressInfo;
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
    sockets.push(socket);
    await once(socket, 'secureConnect');
    return socket;
  };
  const presented = async () => spkiPinOf((await connected()).getPeerX509Certificate()!);
  async function serve(first: TestCertificate): Promise<void> {
    setLimit('CERTIFICATE_CHECK_MS', 10);
    write(first);
    const inUse = readCertificate(files);
    const recorded = recordedJournal();
    lines = recorded.lines;
    server = createServer({ cert: inUse.certificate, key: inUse.key }, (socket) => socket.pipe(socket));
    watchCertificate(server, files, inUse, recorded.journal);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  }
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    server.close();
    await once(server, 'close');
    jest.restoreAllMocks();
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is renewed, also with another key, and open connections stay open', async () => {
    await serve(await makeSignedCertificate(['localhost']));
    const open = await connected();
    const renewed = await makeSignedCertificate(['localhost']);
    write(renewed);
    await until('the renewed certificate', async () => (await presented()) === renewed.pin);
    open.write('still open');
    const [echo] = (await once(open, 'data')) as [Buffer];
    expect(echo.toString()).toBe('still open');
  });

  const unusable: [string, (first: TestCertificate) => Promise<{ cert: string; key: string }>, RegExp][] = [
    [
      'the key is that of another',
      async ({ cert }) => ({ cert, key: (await makeCertificate()).key }),
      /does not match/,
    ],
    ['it is damaged', ({ key }) => Promise.resolve({ cert: 'PEM', key }), /PEM/],
    ['it is self-signed and has another key', () => makeCertificate(), /restart/],
  ];
  it.each(unusable)('stays in use while %s, which is logged once', async (_, spoilt, why) => {
    const first = await makeCertificate();
    await serve(first);
    write(await spoilt(first));
    const refusals = () => lines.filter(({ msg }) => msg === 'the renewed certificate is not used');
    await until('the refusal', () => refusals().some(({ detail }) => why.test(String(detail))));
    for (let each = 0; each < 5; each += 1) expect(await presented()).toBe(first.pin);
    const details = refusals().map(({ detail }) => detail);
    expect(details.filter((detail, at) => detail === details[at - 1])).toEqual([]);
  });
});
