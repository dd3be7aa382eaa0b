import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificate, makeSignedCertificate } from '../../test/support/test-certificate';
import { pairUrl } from './pair-url';
import { readRelayConfig, RelayConfigurationError, serverTrust } from './relay-config';

describe('settings of the relay', () => {
  const folder = mkdtempSync(join(tmpdir(), 'platen-relay-'));
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const secret = 'a-secret-of-enough-characters';
  const least = {
    PLATEN_RELAY_SECRET_FILE: file('secret', `${secret}\n`),
    PLATEN_RELAY_DATA: folder,
    PLATEN_SERVER_URL: 'https://platen.example/',
  };
  const tls = { PLATEN_TLS_CERTIFICATE: file('crt', 'CERT'), PLATEN_TLS_KEY: file('key', 'KEY') };
  afterAll(() => rmSync(folder, { recursive: true }));

  it('have defaults for a relay on the same host as its server', () => {
    expect(readRelayConfig({ ...least, PLATEN_RELAY_PUBLIC_URL: '' })).toEqual({
      id: 'local',
      secret,
      data: folder,
      host: '127.0.0.1',
      port: 8090,
      publicUrl: undefined,
      pairs: 1,
      instance: expect.stringMatching(/^[0-9a-f-]{36}$/),
      pair: 1,
      rpcUrl: 'wss://platen.example/internal/relay',
      serverPin: undefined,
      serverCertificate: undefined,
      tls: undefined,
      authority: undefined,
      proxies: [],
      logLevel: 'info',
    });
  });

  it('find the key of the server at each connection, because a renewed certificate may have another one', async () => {
    const [first, second] = [await makeCertificate(), await makeCertificate()];
    const env = { PLATEN_SERVER_CERTIFICATE: file('server.crt', first.cert), PLATEN_SERVER_PIN: 'p'.repeat(43) };
    const config = readRelayConfig({ ...least, ...env });
    expect(serverTrust(config)).toEqual({ pin: first.pin });
    file('server.crt', second.cert);
    expect(serverTrust(config)).toEqual({ pin: second.pin });
    file('server.crt', 'half a certif');
    expect(serverTrust(config)).toEqual({ pin: env.PLATEN_SERVER_PIN });
    expect(serverTrust(readRelayConfig(least))).toEqual({});
  });

  it('accept TLS and a public address, and announce the pin of a self-signed certificate', async () => {
    const { cert, key, pin } = await makeCertificate();
    const files = { PLATEN_TLS_CERTIFICATE: file('own.crt', cert), PLATEN_TLS_KEY: file('own.key', key) };
    const env = { ...least, ...files, PLATEN_RELAY_HOST: '0.0.0.0', PLATEN_RELAY_PUBLIC_URL: 'wss://relay.example/x/' };
    expect(readRelayConfig(env)).toMatchObject({ tls: { cert, key, pin }, publicUrl: 'wss://relay.example/x' });
  });

  it('announce the private authority that signed the certificate', async () => {
    const { cert, key, authority } = await makeSignedCertificate(['relay.example']);
    const files = { PLATEN_TLS_CERTIFICATE: file('signed.crt', cert), PLATEN_TLS_KEY: file('signed.key', key) };
    const config = readRelayConfig({ ...least, ...files, PLATEN_TLS_CA: file('authority.crt', authority) });
    expect(config).toMatchObject({ authority: authority.trim(), tls: { pin: undefined } });
  });

  it.each([
    ['no secret', { PLATEN_RELAY_SECRET_FILE: undefined }, 'PLATEN_RELAY_SECRET_FILE'],
    ['a missing secret file', { PLATEN_RELAY_SECRET_FILE: '/nowhere/secret' }, 'ENOENT'],
    ['a secret that is too short', { PLATEN_RELAY_SECRET_FILE: file('short', 'x') }, 'PLATEN_RELAY_SECRET_FILE'],
    ['no server', { PLATEN_SERVER_URL: '' }, 'PLATEN_SERVER_URL'],
    ['a server URL that is not HTTP', { PLATEN_SERVER_URL: 'ftp://x' }, 'PLATEN_SERVER_URL'],
    ['a server URL without TLS', { PLATEN_SERVER_URL: 'http://platen.example' }, 'PLATEN_SERVER_URL'],
    ['a public URL without TLS', { PLATEN_RELAY_PUBLIC_URL: 'ws://relay.example' }, 'PLATEN_RELAY_PUBLIC_URL'],
    ['no pairs', { PLATEN_RELAY_PAIRS: '0' }, 'PLATEN_RELAY_PAIRS'],
    ['an ID with a separator of credentials', { PLATEN_RELAY_ID: 'a.b' }, 'PLATEN_RELAY_ID'],
    ['an authority that is no certificate', { PLATEN_TLS_CA: file('ca', 'CA') }, 'PLATEN_TLS_CA'],
    ['an invalid certificate', tls, 'PLATEN_TLS_CERTIFICATE'],
    ['a certificate without key', { PLATEN_TLS_CERTIFICATE: tls.PLATEN_TLS_CERTIFICATE }, 'PLATEN_TLS_KEY'],
    ['plain text on all addresses', { PLATEN_RELAY_HOST: '0.0.0.0' }, 'PLATEN_RELAY_HOST'],
    [
      'a public URL that is not a WebSocket URL',
      { PLATEN_RELAY_PUBLIC_URL: 'https://relay.example' },
      'PLATEN_RELAY_PUBLIC_URL',
    ],
    ['a public URL with a query', { PLATEN_RELAY_PUBLIC_URL: 'wss://r.example/?{pair}' }, 'PLATEN_RELAY_PUBLIC_URL'],
    ['fewer ports than pairs', { PLATEN_RELAY_PORT: '65534', PLATEN_RELAY_PAIRS: '3' }, 'PLATEN_RELAY_PAIRS'],
    [
      'fewer public ports than pairs',
      { PLATEN_RELAY_PUBLIC_URL: 'wss://r.example:65534', PLATEN_RELAY_PAIRS: '3' },
      'PLATEN_RELAY_PAIRS',
    ],
    ['an address that cannot be dialled', { ...tls, PLATEN_RELAY_HOST: '0.0.0.0' }, 'PLATEN_RELAY_PUBLIC_URL'],
    [
      'plain text for a proxy that is not named',
      { PLATEN_RELAY_HOST: '192.0.2.1', PLATEN_RELAY_BEHIND_PROXY: 'yes' },
      'PLATEN_RELAY_BEHIND_PROXY',
    ],
    ['plain text on a host name', { PLATEN_RELAY_HOST: 'relay.example' }, 'PLATEN_RELAY_HOST'],
  ])('refuse %s, naming the variable', (_name, changes, named) => {
    const read = () => readRelayConfig({ ...least, ...changes });
    expect(read).toThrow(RelayConfigurationError);
    expect(read).toThrow(named);
  });

  it('never appear with their values in errors', () => {
    const env = { ...least, PLATEN_SERVER_URL: 'hidden', PLATEN_RELAY_PORT: 'hidden' };
    const message = messageOf(() => readRelayConfig(env));
    expect(message).toContain('PLATEN_RELAY_PORT');
    expect(message).not.toContain('hidden');
  });

  it.each<[string, string | undefined, number, string]>([
    ['where it listens', undefined, 2, 'ws://127.0.0.1:9001'],
    ['the number in the public URL', 'wss://r.example/{pair}', 2, 'wss://r.example/2'],
    ['the number in the name', 'wss://r{pair}.example:8000', 1, 'wss://r1.example:8000'],
    ['the public port', 'wss://r.example:8090', 1, 'wss://r.example:8090'],
    ['the public port plus the pair number', 'wss://r.example:8090', 3, 'wss://r.example:8092'],
    ['the port after the default one', 'wss://r.example', 2, 'wss://r.example:444'],
  ])('lead peers to each pair: %s', (_what, PLATEN_RELAY_PUBLIC_URL, pair, url) => {
    const config = readRelayConfig({ ...least, PLATEN_RELAY_PUBLIC_URL });
    expect(pairUrl(config, pair, { host: '127.0.0.1', port: 9001 })).toBe(url);
  });

  it.each([['127.0.0.1'], ['127.9.9.9'], ['::1'], ['localhost']])('need no TLS on %s', (host) => {
    expect(readRelayConfig({ ...least, PLATEN_RELAY_HOST: host }).host).toBe(host);
  });

  it('need no TLS behind a TLS proxy whose address they name', () => {
    const env = { ...least, PLATEN_RELAY_HOST: '192.0.2.1', PLATEN_RELAY_BEHIND_PROXY: '192.0.2.2' };
    expect(readRelayConfig(env)).toMatchObject({ tls: undefined, proxies: ['192.0.2.2'] });
  });
});

function messageOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
}
