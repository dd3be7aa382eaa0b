import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { text } from 'node:stream/consumers';
import { setLimit } from '../../test/support/relay/test-relay';
import { makeCertificate, makeSignedCertificate, type TestCertificate } from '../../test/support/test-certificate';
import { TestProxy } from '../../test/support/test-proxy';
import { dialThrough, outboundProxy, ProxyNotValid, proxyTo, type ProxyServer } from './outbound-proxy';

describe('the settings of an outbound proxy', () => {
  const login = { user: 'box', password: 'a:b@c' };
  it.each([
    ['nothing', {}, {}, undefined],
    ['HTTPS_PROXY', { HTTPS_PROXY: 'http://proxy.test:3128' }, {}, { host: 'proxy.test', port: 3128 }],
    ['https_proxy first', { HTTPS_PROXY: 'http://a', https_proxy: 'http://b/' }, {}, { host: 'b', port: 80 }],
    ['a login', { HTTPS_PROXY: 'http://box:a%3Ab%40c@[::1]:1' }, {}, { host: '::1', port: 1, login }],
    ['an own address', { HTTPS_PROXY: 'http://a' }, { url: 'http://c:8' }, { host: 'c', port: 8 }],
    ['an own login', { HTTPS_PROXY: 'http://a' }, { login }, { host: 'a', port: 80, login }],
    ['a proxy over TLS', { HTTPS_PROXY: 'https://proxy.test' }, {}, { host: 'proxy.test', port: 443, tls: {} }],
    ['a port of TLS', { HTTPS_PROXY: 'https://proxy.test:3129/' }, {}, { host: 'proxy.test', port: 3129, tls: {} }],
    ['none', { HTTPS_PROXY: 'http://a' }, { url: 'none' }, undefined],
    ['an empty variable', { HTTPS_PROXY: '' }, {}, undefined],
  ])('come from %s', (_name, env, settings, server) => {
    expect(outboundProxy(env, settings).server).toEqual(server);
  });

  it('name the authority of a proxy over TLS, and no other text', async () => {
    const { cert } = await makeCertificate();
    const settings = { url: 'https://proxy.test', tlsAuthority: cert };
    expect(outboundProxy({}, settings).server).toMatchObject({ tls: { authority: cert } });
    expect(() => outboundProxy({}, { ...settings, tlsAuthority: 'secret' })).toThrow(ProxyNotValid);
  });

  it.each(['https://', 'proxy:3128', 'socks5://proxy', 'http://proxy/path', 'http://user:secret%ZZ@proxy'])(
    'are refused without being shown: %s',
    (url) => {
      for (const attempt of [() => outboundProxy({ HTTPS_PROXY: url }), () => outboundProxy({}, { url })]) {
        expect(attempt).toThrow(ProxyNotValid);
        expect(attempt).not.toThrow(/secret/);
      }
    },
  );

  it.each([
    ['', 'platen.test', true],
    ['*', 'platen.test', false],
    ['platen.test', 'platen.test', false],
    ['PLATEN.test.', 'platen.TEST', false],
    ['test', 'platen.test', false],
    ['.test', 'platen.test', false],
    ['*.test', 'platen.test', false],
    ['aten.test', 'platen.test', true],
    ['other.test, platen.test', 'platen.test', false],
    ['other.test platen.test', 'platen.test', false],
    ['platen.test:443', 'platen.test', false],
    ['platen.test:80', 'platen.test', true],
    ['10.0.0.0/8', '10.1.2.3', false],
    ['10.0.0.0/8', '11.1.2.3', true],
    ['10.1.2.3:443', '10.1.2.3', false],
    ['10.1.2.3:80', '10.1.2.3', true],
    ['10.0.0.0/99', '10.1.2.3', true],
    ['2001:db8::/32', '2001:db8::1', false],
    ['[2001:db8::1]:443', '2001:db8::1', false],
    ['[2001:db8::1]:80', '2001:db8::1', true],
    ['2001:db8::1', '2001:db8::2', true],
    ['', '127.0.0.1', false],
    ['', 'localhost', false],
    ['', '::1', false],
  ])('with the exceptions "%s" lead to %s: %s', (no_proxy, host, leads) => {
    const proxy = outboundProxy({ https_proxy: 'http://proxy.test:3128', no_proxy, NO_PROXY: 'platen.test,::1' });
    const own = outboundProxy({ no_proxy: '*' }, { url: 'http://proxy.test:3128', except: no_proxy.split(' ') });
    const expected = leads ? { host: 'proxy.test', port: 3128 } : undefined;
    if (no_proxy !== '') expect(proxyTo(proxy, host, 443)).toEqual(expected);
    expect(proxyTo(own, host, 443)).toEqual(expected);
  });
});

describe.each(['in clear', 'over TLS'])('dialThrough, %s', (how) => {
  let certificate: TestCertificate | undefined;
  let proxy: TestProxy;
  let server: Server;
  let port: number;
  beforeAll(async () => void (certificate = how === 'over TLS' ? await makeCertificate() : undefined));
  beforeEach(async () => {
    proxy = await TestProxy.start('platen.test', certificate);
    server = createServer((socket) => socket.end('hello')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await proxy.stop();
    server.close();
  });

  it('connects to a name that only the proxy resolves', async () => {
    const socket = await dialThrough(proxy.server, 'platen.test', port);
    expect(await text(socket)).toBe('hello');
    expect(proxy.asked).toEqual([`platen.test:${port}`]);
  });

  it('presents its login, also one with a colon and other letters', async () => {
    proxy.login = 'Bücher:a:b';
    const login = { user: 'Bücher', password: 'a:b' };
    expect(await text(await dialThrough({ ...proxy.server, login }, 'platen.test', port))).toBe('hello');
  });

  const refused = (line: string, header = '') => `HTTP/1.1 ${line}\r\n${header}Content-Length: 0\r\n\r\n`;
  it.each([
    [
      'no login',
      refused('407 Login', 'Proxy-Authenticate: Basic realm="x"\r\n'),
      'proxy-login',
      'demands a login; add',
    ],
    [
      'a login that is not Basic',
      refused(
        '407 Login',
        'Proxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM\r\nProxy-Authenticate: Digest a="b"\r\n',
      ),
      'proxy-login',
      'is not supported (Negotiate, NTLM, Digest)',
    ],
    ['a rule', refused('403 Filtered'), 'proxy-forbids', 'does not permit CONNECT to platen.test:'],
    ['a method that it lacks', refused('405 Not allowed'), 'proxy-forbids', 'have its administrator permit it'],
    [
      'an unknown name',
      refused('502 Bad Gateway'),
      'proxy-cannot-connect',
      'check the name and the port of the server',
    ],
    ['a server that is away', refused('504 Timeout'), 'proxy-cannot-connect', 'cannot connect to platen.test:'],
    ['a redirection', refused('302 Login page', 'Location: http://x/\r\n'), 'proxy-unusable', 'status 302'],
    ['data of its own', 'HTTP/1.1 200 OK\r\n\r\n<html>', 'proxy-unusable', 'data of its own'],
    ['another protocol', 'SSH-2.0-OpenSSH\r\n', 'proxy-unusable', 'does not answer as an HTTP proxy'],
    ['a cut', '', 'proxy-unusable', 'does not answer as an HTTP proxy'],
    ['an endless header', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(100_000)}`, 'proxy-unusable', 'as an HTTP proxy'],
    ['silence', 'silence', 'proxy-silent', 'does not answer; check its address'],
  ])('names the refusal: %s', async (_name, behaviour, reason, message) => {
    proxy.behaviour = behaviour;
    if (behaviour === 'silence') setLimit('PROXY_ANSWER_MS', 300);
    const dialled = dialThrough(proxy.server, 'platen.test', port);
    await expect(dialled).rejects.toMatchObject({ name: 'ProxyRefused', reason });
    await expect(dialled).rejects.toThrow(message);
  });

  it('says that a login is wrong, without showing it', async () => {
    proxy.login = 'box:right';
    const login = { user: 'box', password: 'wrong' };
    const dialled = dialThrough({ ...proxy.server, login }, 'platen.test', port);
    await expect(dialled).rejects.toThrow('does not accept the login; check user and password');
    await expect(dialled).rejects.not.toThrow('wrong');
  });

  it('says that the proxy cannot be reached', async () => {
    const { server: gone } = proxy;
    await proxy.stop();
    const dialled = dialThrough(gone, 'platen.test', port);
    await expect(dialled).rejects.toMatchObject({ reason: 'proxy-unreachable' });
    proxy = await TestProxy.start('platen.test', certificate);
  });

  it('ends with its signal', async () => {
    proxy.behaviour = 'silence';
    const ending = new AbortController();
    const dialled = dialThrough(proxy.server, 'platen.test', port, ending.signal);
    ending.abort(new Error('over'));
    await expect(dialled).rejects.toThrow('over');
  });
});

describe('a proxy over TLS', () => {
  let proxy: TestProxy;
  afterEach(() => proxy.stop());
  const refusal = (server: ProxyServer) => expect(dialThrough(server, 'platen.test', 1)).rejects;

  it.each([
    ['that an unknown authority signed', ['127.0.0.1'], false, 'cannot be verified (UNABLE_TO_'],
    ['of another name', ['proxy.test'], true, 'cannot be verified (ERR_TLS_CERT_ALTNAME_INVALID); name the authority'],
  ])('is not used with a certificate %s', async (_which, names, known, message) => {
    const { authority, ...certificate } = await makeSignedCertificate(names);
    proxy = await TestProxy.start('platen.test', certificate);
    const server = { ...proxy.server, tls: known ? { authority } : {} };
    await refusal(server).toMatchObject({
      reason: 'proxy-certificate',
      message: expect.stringContaining(message) as string,
    });
    expect(proxy.asked).toEqual([]);
  });

  it('is not one without, and the reverse', async () => {
    proxy = await TestProxy.start();
    await refusal({ ...proxy.server, tls: {} }).toMatchObject({ reason: 'proxy-unusable' });
    await proxy.stop();
    proxy = await TestProxy.start('platen.test', await makeCertificate());
    await refusal({ ...proxy.server, tls: undefined }).toMatchObject({ reason: 'proxy-unusable' });
  });
});
