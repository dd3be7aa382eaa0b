import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { createServer as createHttpsServer, type Server } from 'node:https';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { buffer, text } from 'node:stream/consumers';
import { removeFolder } from '../../../test/support/remove-folder';
import { makeCertificate } from '../../../test/support/test-certificate';
import { until } from '../../../test/support/until';
import { freePorts } from '../../demo/free-ports';
import { decodeIpp, encodeIpp, IPP_VERSION } from '../../ipp/ipp-message';
import { announcementOf } from '../channel/announcement';
import { connectTarget } from '../cloud-hub/application-connection';
import { IppDevice } from '../device/ipp-device';
import { parseConfiguration, type Device } from './configuration';

/** A device with web pages and IPP at a TLS port of this computer. */
const deviceAt = (port: number, fields: object = {}): Device => {
  const application = { id: 'web', title: 'Web', target: `https://127.0.0.1:${port}` };
  const ipp = `ipps://127.0.0.1:${port}/ipp/print`;
  const device = {
    id: 'mfp',
    name: 'Hall',
    kind: 'mfp',
    applications: [application],
    ipp,
    certificate: 'any',
    ...fields,
  };
  return parseConfiguration(JSON.stringify({ devices: [device] }), '/').devices[0]!;
};
const WEAK = { weakTls: true };
const SHORT_KEY = ['-cert', 'short.pem', '-key', 'short-key.pem'];

describe('a device with weak encryption', () => {
  let folder: string;
  let certificate: Awaited<ReturnType<typeof makeCertificate>>;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'platen-weak-'));
    certificate = await makeCertificate();
    await writeFile(join(folder, 'cert.pem'), certificate.cert);
    await writeFile(join(folder, 'key.pem'), certificate.key);
  });
  afterAll(() => removeFolder(folder));

  describe.each([
    ['TLS 1.0', ['-tls1', '-cipher', 'ALL:@SECLEVEL=0']],
    ['TLS 1.1', ['-tls1_1', '-cipher', 'ALL:@SECLEVEL=0']],
    ['a short key and no forward secrecy', ['-tls1_2', '-cipher', 'AES128-SHA:@SECLEVEL=0', ...SHORT_KEY]],
  ])('%s only, of openssl s_server', (_what, options) => {
    let server: ChildProcess;
    let port: number;
    beforeAll(async () => {
      const made = [
        '-x509',
        '-newkey',
        'rsa:1024',
        '-nodes',
        '-subj',
        '/CN=old',
        '-keyout',
        'short-key.pem',
        '-out',
        'short.pem',
      ];
      await once(spawn('openssl', ['req', ...made], { cwd: folder, stdio: 'ignore' }), 'exit');
      const files = options.includes('-key') ? [] : ['-cert', 'cert.pem', '-key', 'key.pem'];
      const args = ['s_server', '-accept', '127.0.0.1:0', '-www', ...files, ...options];
      server = spawn('openssl', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
      const failed = text(server.stderr!);
      for await (const line of createInterface({ input: server.stdout! })) {
        port = Number(/^ACCEPT 127\.0\.0\.1:(\d+)/.exec(line)?.[1]);
        if (port) break;
      }
      if (!port) throw new Error(await failed);
      server.stdout!.resume();
    });
    afterAll(async () => {
      const exited = once(server, 'exit');
      server.kill();
      await exited;
    });

    it('is reached only if its owner permits it', async () => {
      const { target } = deviceAt(port, WEAK).applications[0]!;
      const socket = await connectTarget(target);
      socket.end('GET / HTTP/1.0\r\n\r\n');
      expect(await text(socket)).toContain('s_server');
    });
  });

  it('without secure renegotiation, of gnutls-serv, is reached only if its owner permits it', async () => {
    const [port] = (await freePorts(1)) as [number];
    const priority = 'NORMAL:-VERS-ALL:+VERS-TLS1.2:%DISABLE_SAFE_RENEGOTIATION';
    const files = ['--x509certfile', 'cert.pem', '--x509keyfile', 'key.pem'];
    const args = ['--http', '--port', `${port}`, '--priority', priority, ...files];
    const server = spawn('gnutls-serv', args, { cwd: folder, stdio: 'ignore' });
    const exited = once(server, 'exit');
    try {
      await until('the server to listen', async () => {
        const socket = connect(port, '127.0.0.1');
        const isOpen = await once(socket, 'connect').then(
          () => true,
          () => false,
        );
        socket.destroy();
        return isOpen;
      });
      const [strict, weak] = [{}, WEAK].map((fields) => deviceAt(port, fields).applications[0]!.target);
      await expect(connectTarget(strict!)).rejects.toMatchObject({ status: 502 });
      const socket = await connectTarget(weak!);
      socket.end('GET / HTTP/1.0\r\n\r\n');
      expect(await text(socket)).toContain('GnuTLS');
    } finally {
      server.kill('SIGKILL');
      await exited;
    }
  });

  it('is refused without "weakTls", with what to do', async () => {
    const old = createHttpsServer({ ...certificate, ...OLD });
    const port = await listening(old);
    const { applications } = deviceAt(port);
    await expect(connectTarget(applications[0]!.target)).rejects.toMatchObject({ status: 502 });
    await expect(new IppDevice(deviceAt(port)).information()).rejects.toMatchObject({ problem: 'tls-failed' });
    // its display never has weak encryption
    const display = { url: `https://127.0.0.1:${port + 1}`, secretFile: 'x' };
    expect(deviceAt(port, { ...WEAK, display }).display?.address).not.toHaveProperty('weakTls');
    old.close();
  });

  it('answers over IPP and is marked as weak, also in the announcement', async () => {
    const old = createHttpsServer({ ...certificate, ...OLD }, (request, response) => {
      void buffer(request).then((bytes) => {
        const { requestId } = decodeIpp(bytes);
        const groups = [{ group: 'printer' as const, attributes: [['enum', 'printer-state', 3] as const] }];
        response.setHeader('content-type', 'application/ipp');
        response.end(encodeIpp({ version: IPP_VERSION, code: 0, requestId, groups }));
      });
    });
    const port = await listening(old);
    const weak = deviceAt(port, WEAK);
    expect(await new IppDevice(weak).information()).toMatchObject({ state: 'idle', weakTls: true });
    expect(announcementOf([weak]).devices[0]!.applications[0]).toMatchObject({ id: 'web', weakTls: true });
    const plain = [{ id: 'web', title: 'Web', target: 'http://127.0.0.1' }];
    expect(announcementOf([deviceAt(port, { ...WEAK, applications: plain })]).devices[0]!.applications).toEqual([
      { id: 'web', title: 'Web', protocol: 'http', viewable: false },
    ]);
    expect(announcementOf([deviceAt(port)]).devices[0]!.applications[0]).not.toHaveProperty('weakTls');
    old.closeAllConnections();
    old.close();
  });

  it('still has to have the key that is pinned', async () => {
    const old = createHttpsServer({ ...certificate, ...OLD });
    const device = deviceAt(await listening(old), { ...WEAK, certificate: 'A'.repeat(43) });
    await expect(new IppDevice(device).information()).rejects.toMatchObject({
      problem: 'tls-failed',
      message: expect.stringContaining('does not match the pin'),
    });
    old.closeAllConnections();
    old.close();
  });
});

const OLD = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' } as const;

async function listening(server: Server): Promise<number> {
  server.on('tlsClientError', () => undefined);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}
