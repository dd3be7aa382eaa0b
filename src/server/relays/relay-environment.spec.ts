import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../config/config';
import { hasDesiredSettings, relayEnvironment } from './relay-environment';

describe('the environment of the local relay', () => {
  const folder = mkdtempSync(join(tmpdir(), 'platen-relay-environment-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const certificate = {
    certificate: 'CERTIFICATE',
    key: 'KEY',
    pin: 'p'.repeat(43),
    selfSigned: true,
    authority: 'AUTHORITY',
    controlChannel: { certificate: '', key: '', pin: '' },
  };
  const environment = (settings: Record<string, string>, serverUrl = 'http://127.0.0.1:8080', pin = certificate.pin) =>
    relayEnvironment(readConfig(settings), { ...certificate, pin }, { folder, secret: 's'.repeat(43), serverUrl });

  const open = { PLATEN_HOST: '0.0.0.0', PLATEN_RELAY_HOST: '0.0.0.0' };
  it.each([
    ['loopback', {}, 'ws://127.0.0.1:8090'],
    ['loopback, IPv6', { PLATEN_RELAY_HOST: '::1' }, 'ws://[::1]:8090'],
    ['any free port', { PLATEN_RELAY_PORT: '0' }, ''],
    ['all addresses, with a public URL', { ...open, PLATEN_PUBLIC_URL: 'https://p.example' }, 'wss://p.example:8090'],
    ['all addresses, without a public URL', open, ''],
    ['one address', { ...open, PLATEN_RELAY_HOST: '192.0.2.1' }, 'wss://192.0.2.1:8090'],
    ['a public URL of the relay', { ...open, PLATEN_RELAY_PUBLIC_URL: 'wss://r.example' }, 'wss://r.example'],
  ])('names the URL that peers dial: %s', (_, settings, url) => {
    expect(environment(settings).PLATEN_RELAY_PUBLIC_URL).toBe(url);
  });

  it('names private files instead of holding secrets', () => {
    const values = Object.values(environment(open));
    for (const secret of ['s'.repeat(43), certificate.key]) expect(values).not.toContain(secret);
    expect(readdirSync(folder).sort()).toEqual(['authority.crt', 'secret', 'tls.crt', 'tls.key']);
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o077).toBe(0);
  });

  it('leaves TLS to the reverse proxy', () => {
    const addresses = { PLATEN_PUBLIC_URL: 'https://p.example', PLATEN_RELAY_PUBLIC_URL: 'wss://r.example' };
    const proxied = { ...open, ...addresses, PLATEN_TRUST_PROXY: '192.0.2.9, 10.0.0.0/24' };
    expect(environment(proxied)).toMatchObject({
      PLATEN_TLS_KEY: '',
      PLATEN_RELAY_BEHIND_PROXY: '192.0.2.9,10.0.0.0/24',
    });
  });

  it('has the server forward to it on one port', () => {
    const one = { PLATEN_ONE_PORT: 'yes', PLATEN_HOST: '0.0.0.0', PLATEN_PUBLIC_URL: 'https://p.example:8443/' };
    expect(environment(one)).toMatchObject({
      PLATEN_RELAY_PUBLIC_URL: 'wss://p.example:8443/relay/{pair}',
      PLATEN_RELAY_BEHIND_PROXY: '127.0.0.0/8,::1',
      PLATEN_TLS_KEY: '',
    });
  });

  const changes: [string, Record<string, string>, string, boolean][] = [
    ['nothing', {}, 'http://127.0.0.1:8080', true],
    ['the log level', { PLATEN_LOG_LEVEL: 'debug' }, 'http://127.0.0.1:8080', true],
    ['the port', { PLATEN_RELAY_PORT: '8091' }, 'http://127.0.0.1:8080', false],
    ['the public URL', { PLATEN_RELAY_PUBLIC_URL: 'wss://r.example' }, 'http://127.0.0.1:8080', false],
    ['the address of the server', {}, 'http://127.0.0.1:9090', false],
  ];
  it.each(changes)('decides whether to adopt a running relay after a change of %s', (_, settings, url, adopted) => {
    const running = { ...environment({}), HOME: '/root' };
    expect(hasDesiredSettings(running, environment(settings, url))).toBe(adopted);
  });

  it('adopts a running relay after a renewal with another key, which the relay reads itself', () => {
    const own = { PLATEN_TLS_CERTIFICATE: '/etc/platen.crt', PLATEN_TLS_KEY: '/etc/platen.key' };
    for (const [settings, adopted] of [
      [own, true],
      [{}, false],
    ] as const) {
      const renewed = environment(settings, undefined, 'q'.repeat(43));
      expect(hasDesiredSettings(environment(settings), renewed)).toBe(adopted);
    }
  });

  it('treats an empty value like a missing one', () => {
    const { PLATEN_TLS_KEY: _, ...running } = environment({});
    expect(hasDesiredSettings(running, environment({}))).toBe(true);
  });
});
