import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { removeFolder } from '../../../test/support/remove-folder';
import { decodeIpp, encodeIpp } from '../../ipp/ipp-message';
import { parseConfiguration, readConfiguration } from '../configuration/configuration';
import { announcementOf } from '../channel/announcement';
import { LoginRequired } from './device-access';
import { basicAuthorization, challengesIn, digestAuthorization, HttpLogin } from './http-login';
import { IppDevice } from './ipp-device';

const PASSWORD = 'Circle of Life';
const NONCE = '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v';
const OPAQUE = 'FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS';
const BOTH = `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256, nonce="${NONCE}", opaque="${OPAQUE}",
  Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=MD5, nonce="${NONCE}", opaque="${OPAQUE}", Basic realm="x, y=\\"z\\""`;

describe('a login by HTTP', () => {
  it('finds the challenges in a header', () => {
    expect(challengesIn(BOTH).map(({ scheme, parameters }) => [scheme, parameters.get('algorithm')])).toEqual([
      ['digest', 'SHA-256'],
      ['digest', 'MD5'],
      ['basic', undefined],
    ]);
    expect(challengesIn(BOTH)[2]!.parameters.get('realm')).toBe('x, y="z"');
    for (const junk of ['', ',,,', '="', 'Digest', '\u0000', 'a'.repeat(16_000), '"\\'.repeat(8_000)])
      expect(Array.isArray(challengesIn(junk))).toBe(true);
  });

  // RFC 7616 3.9.1
  it.each([
    [0, 'SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
    [1, 'MD5', '8ca523f5e9506fed4657c9700eebdbec'],
  ])('answers challenge %s with %s as RFC 7616 says', (index, algorithm, response) => {
    const target = { address: { path: '/dir/index.html' }, method: 'GET' };
    const cnonce = 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ';
    const sent = digestAuthorization(
      challengesIn(BOTH)[index]!,
      { user: 'Mufasa', password: PASSWORD },
      target,
      cnonce,
    );
    expect(sent).toBe(
      `Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", algorithm=${algorithm}, ` +
        `nonce="${NONCE}", nc=00000001, cnonce="${cnonce}", qop=auth, response="${response}", opaque="${OPAQUE}"`,
    );
  });
  it('answers a challenge without qop as RFC 2617 says', () => {
    const [challenge] = challengesIn('Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"');
    const target = { address: { path: '/dir/index.html' }, method: 'GET' };
    const sent = digestAuthorization(challenge!, { user: 'Mufasa', password: 'CircleOfLife' }, target);
    expect(sent).toContain('response="1949323746fe6a43ef61f9606e7febea"');
    expect(sent).not.toMatch(/nc=|qop=/);
  });
  it('sends Basic as RFC 7617 says', () => {
    expect(basicAuthorization({ user: 'Aladdin', password: 'open sesame' })).toBe('Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==');
    expect(basicAuthorization({ user: 'test', password: '123\u00a3' })).toBe('Basic dGVzdDoxMjPCow==');
  });
});

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

describe('a device that asks for a login', () => {
  let server: Server;
  let port: number;
  let folder: string;
  let seen: { method: string; authorization: string | undefined; bytes: number }[];
  /** The header of 401, and whether a request is admitted. */
  let challenge: string;
  let admits: (request: IncomingMessage) => boolean;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'platen-login-'));
    server = createServer();
    const take = async (request: IncomingMessage, proceed: () => void) => {
      const entry = { method: request.method!, authorization: request.headers.authorization, bytes: 0 };
      seen.push(entry);
      if (!admits(request)) return 'refused';
      proceed();
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      entry.bytes = Buffer.concat(chunks).length;
      return Buffer.concat(chunks);
    };
    const serve = (expects: boolean) => (request: IncomingMessage, response: ServerResponse) => {
      void take(request, () => expects && response.writeContinue()).then((body) => {
        if (body === 'refused') return response.writeHead(401, { 'WWW-Authenticate': challenge }).end();
        if (request.method === 'PUT') return response.writeHead(204).end();
        const { requestId } = decodeIpp(body);
        const version = { major: 1, minor: 1 };
        const groups = [{ group: 'printer' as const, attributes: [['enum', 'printer-state', 3] as const] }];
        return response
          .writeHead(200, { 'Content-Type': 'application/ipp' })
          .end(encodeIpp({ version, code: 0, requestId, groups }));
      });
    };
    server.on('request', serve(false));
    server.on('checkContinue', serve(true));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    ({ port } = server.address() as AddressInfo);
  });
  afterAll(async () => {
    server.close();
    await removeFolder(folder);
  });
  beforeEach(() => {
    seen = [];
    challenge = 'Digest realm="Printer", nonce="n1", qop="auth", algorithm=MD5';
    admits = ({ headers: { authorization = '' }, method, url }) => {
      const field = (name: string) => new RegExp(`${name}="?([^",]*)`).exec(authorization)?.[1];
      const key = md5('admin:Printer:s3cret');
      const request = md5(`${method}:${url}`);
      return field('response') === md5(`${key}:n1:${field('nc')}:${field('cnonce')}:auth:${request}`);
    };
  });

  const configured = (login: object | undefined, host = '127.0.0.1') => {
    const applications = [{ id: 'web', title: 'Web', target: 'http://127.0.0.1:80' }];
    const addresses = { ipp: `ipp://${host}:${port}/ipp/print`, firmware: `http://${host}:${port}/fw?slot=1` };
    return JSON.stringify({ devices: [{ id: 'mfp', name: 'Hall', kind: 'mfp', applications, ...addresses, login }] });
  };
  const deviceWith = (login: object | undefined) =>
    new IppDevice(parseConfiguration(configured(login), folder).devices[0]!);
  const LOGIN = { user: 'admin', password: 's3cret' };

  it('gets it only when it asks', async () => {
    const device = deviceWith(LOGIN);
    expect(await device.checkLogin()).toBe(true);
    expect(seen.map(({ authorization }) => authorization?.split(' ')[0])).toEqual([undefined, 'Digest']);
    expect(JSON.stringify(seen)).not.toContain('s3cret');
    admits = () => true;
    await device.restart();
    expect(seen.at(-1)).toMatchObject({ authorization: undefined });
    expect(await deviceWith(LOGIN).checkLogin()).toBe(false);
  });

  it('gets a firmware file once, after the login', async () => {
    const file = join(folder, 'firmware');
    await writeFile(file, Buffer.alloc(3_000_000));
    await deviceWith(LOGIN).sendFirmware(file, () => undefined);
    expect(seen.map(({ method, bytes }) => [method, bytes])).toEqual([
      ['PUT', 0],
      ['PUT', 3_000_000],
    ]);
  });

  it('does not get a wrong login again, so that it does not lock the account', async () => {
    const device = deviceWith({ user: 'admin', password: 'wrong' });
    const refused = { name: 'LoginRefused', message: expect.stringContaining('refuses the user or the password') };
    await expect(device.information()).rejects.toMatchObject(refused);
    await expect(device.restart()).rejects.toMatchObject({
      ...refused,
      message: expect.stringContaining('15 minutes'),
    });
    expect(seen.filter(({ authorization }) => authorization !== undefined)).toHaveLength(1);
  });

  it('gets a right login again if its nonce was too old, but not forever', async () => {
    const before = admits;
    admits = (request) => {
      const right = before(request);
      challenge = 'Digest realm="Printer", nonce="n1", qop="auth", stale=true';
      return right && seen.length > 2;
    };
    await deviceWith(LOGIN).information();
    expect(seen).toHaveLength(3);
    admits = () => false;
    await expect(deviceWith(LOGIN).information()).rejects.toMatchObject({ name: 'LoginRefused' });
    expect(seen).toHaveLength(6);
  });

  it.each([
    ['no login is configured', undefined, 'Basic realm="x"', /add "login" to the device/],
    ['it asks in an unknown way', LOGIN, 'Negotiate', /not support: negotiate/],
    ['it offers an unknown algorithm', LOGIN, 'Digest nonce="a", algorithm=MD4', /not support: digest/],
  ])('gets nothing if %s', async (_why, login, asked, message) => {
    challenge = asked;
    await expect(deviceWith(login).information()).rejects.toMatchObject({
      name: 'LoginRequired',
      message: expect.stringMatching(message),
    });
    expect(seen).toHaveLength(1);
  });

  it('gets Basic without TLS on this computer, elsewhere only if the configuration permits it', async () => {
    challenge = 'Basic realm="x"';
    admits = ({ headers }) => headers.authorization === basicAuthorization(LOGIN);
    await deviceWith(LOGIN).information();
    const address = { host: '192.0.2.7', port: 80, path: '/' };
    const sentBy = async (clearText: boolean, tls = false) => {
      const { login } = parseConfiguration(configured({ ...LOGIN, clearText }), folder).devices[0]!;
      return new HttpLogin(login!).authenticate({ address: { ...address, tls }, method: 'POST' }, (authorization) =>
        authorization === undefined
          ? Promise.reject(new LoginRequired('401', challenge))
          : Promise.resolve(authorization.split(' ')[0]),
      );
    };
    await expect(sentBy(false)).rejects.toMatchObject({ message: expect.stringContaining('in clear text') });
    expect(await sentBy(true)).toBe('Basic');
    expect(await sentBy(false, true)).toBe('Basic');
  });

  it('has its password in a private file, and in nothing that is printed or sent to the server', async () => {
    const config = join(folder, 'agent.json');
    const secret = join(folder, 'secret');
    await writeFile(secret, 's3cret\n', { mode: 0o600 });
    await writeFile(config, configured({ user: 'admin', passwordFile: 'secret' }));
    const { devices } = await readConfiguration(config);
    expect(devices[0]!.login!.password).toBe('s3cret');
    expect(
      inspect(devices, { depth: 9 }) + JSON.stringify(devices) + JSON.stringify(announcementOf(devices)),
    ).not.toContain('s3cret');
    expect(announcementOf(devices).devices[0]).not.toHaveProperty('login');
    expect(await new IppDevice(devices[0]!).checkLogin()).toBe(true);

    await chmod(secret, 0o644);
    await expect(readConfiguration(config)).rejects.toThrow(`${secret}: contains a password and can be read by`);
    await rm(secret);
    await expect(readConfiguration(config)).rejects.toThrow(`${secret}: cannot be read (ENOENT)`);
    await writeFile(config, configured(LOGIN));
    await expect(readConfiguration(config)).rejects.toThrow(`Run: chmod 600 ${config}`);
    await chmod(config, 0o600);
    expect((await readConfiguration(config)).devices).toHaveLength(1);
  });

  it.each([
    [{ user: 'admin' }, /devices\.0\.login: needs "password" or "passwordFile"/],
    [{ ...LOGIN, passwordFile: 'x' }, /needs "password" or "passwordFile"/],
    [{ user: 'a:b', password: 'x' }, /login\.user: must not contain a colon/],
  ])('cannot be configured with %j', (login, problem) => {
    expect(() => parseConfiguration(configured(login), folder)).toThrow(problem);
  });
});
