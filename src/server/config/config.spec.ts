import { ConfigurationError, readConfig } from './config';
import { isLoopback } from '../../protocol/loopback';

describe('configuration', () => {
  it('needs no settings to run on loopback', () => {
    const config = readConfig({});
    expect(config.http).toMatchObject({ host: '127.0.0.1', port: 8080, tls: false, proxies: [] });
    expect(config.database).toMatchObject({ type: 'sqlite' });
    expect(Object.isFrozen(config.http)).toBe(true);
  });

  it('limits the wait for a connection to the time for which both ends dial', () => {
    expect(() => readConfig({ PLATEN_CONNECT_SECONDS: '61' })).toThrow(/PLATEN_CONNECT_SECONDS/);
    expect(readConfig({ PLATEN_CONNECT_SECONDS: '60' }).timeouts.connect).toBe(60_000);
  });

  it.each(['p@ss/word', 'p#word', '100%'])(
    'says how a password is written in the URL of the database: %s',
    (password) => {
      const read = () => readConfig({ PLATEN_DATABASE_URL: `postgres://platen:${password}@database/platen` });
      expect(read).toThrow(/^ {2}PLATEN_DATABASE_URL: must be postgres:.*@ as %40/m);
      expect(read).not.toThrow(password);
      expect(() => readConfig({ PLATEN_DATABASE_URL: 'postgres://platen:p%40ss%25@database/platen' })).not.toThrow();
    },
  );

  it.each([
    ['PLATEN_KEEP_SESSIONS_DAYS', '6', '7'],
    ['PLATEN_KEEP_NOTICES_DAYS', '0', '1'],
    ['PLATEN_KEEP_JOBS_DAYS', '7.5', '8'],
    ['PLATEN_KEEP_AUDIT_DAYS', '364', '730'],
  ])('keeps history for whole days: %s is at least %s', (name, refused, permitted) => {
    expect(() => readConfig({ [name]: refused })).toThrow(name);
    readConfig({ [name]: permitted });
  });
  it.each([
    ['PLATEN_BACKUP_HOURS', '0', '1'],
    ['PLATEN_BACKUPS_KEPT', '0', '1'],
  ])('writes and keeps backups: %s is at least %s', (name, refused, permitted) => {
    expect(() => readConfig({ [name]: refused })).toThrow(name);
    readConfig({ [name]: permitted });
  });
  it('keeps nothing longer than the audit trail, except for meter readings', () => {
    readConfig({ PLATEN_KEEP_READINGS_DAYS: '3650', PLATEN_KEEP_AUDIT_DAYS: '730' });
    expect(() => readConfig({ PLATEN_KEEP_AUDIT_DAYS: '700' })).toThrow(/PLATEN_KEEP_AUDIT_DAYS: must not be less/);
    expect(() => readConfig({ PLATEN_KEEP_SESSIONS_DAYS: '1826' })).toThrow(/PLATEN_KEEP_AUDIT_DAYS/);
  });

  it('names every bad variable in one error, and no value', () => {
    const read = () =>
      readConfig({ PLATEN_PORT: '99999', PLATEN_DATABASE_URL: 'mysql://root:geheim@x', PLATEN_TLS_KEY: 'k.pem' });
    expect(read).toThrow(ConfigurationError);
    expect(read).toThrow(/PLATEN_PORT[^]*PLATEN_DATABASE_URL/);
    expect(read).not.toThrow(/geheim|99999/);
  });

  it.each([
    [{ PLATEN_HOST: '127.0.0.1' }, false],
    [{ PLATEN_HOST: 'localhost' }, false],
    [{ PLATEN_HOST: '::1' }, false],
    [{ PLATEN_HOST: '0.0.0.0' }, true],
    [{ PLATEN_HOST: '192.0.2.1' }, true],
    [{ PLATEN_HOST: '::' }, true],
    [{ PLATEN_HOST: '0.0.0.0', PLATEN_TRUST_PROXY: '192.0.2.9', PLATEN_PUBLIC_URL: 'https://p.example' }, false],
  ])('speaks TLS everywhere but on loopback or behind a proxy: %j', (environment, tls) => {
    expect(readConfig(environment).http.tls).toBe(tls);
  });

  describe('with an XMPP engine', () => {
    const engine = {
      PLATEN_XMPP_COMPONENT: '127.0.0.1:5347',
      PLATEN_XMPP_COMPONENT_SECRET_FILE: '/etc/platen/component',
    };
    it.each([
      ['127.0.0.1:5347', '127.0.0.1', 5347],
      ['[::1]:5347', '::1', 5347],
      ['engine.example:5347', 'engine.example', 5347],
    ])('reads its address, %s', (PLATEN_XMPP_COMPONENT, host, port) =>
      expect(readConfig({ ...engine, PLATEN_XMPP_COMPONENT }).xmpp.component).toEqual({
        ...{ host, port },
        secretFile: '/etc/platen/component',
      }),
    );
    it.each([
      ['PLATEN_XMPP_COMPONENT', '127.0.0.1'],
      ['PLATEN_XMPP_COMPONENT', '127.0.0.1:99999'],
      ['PLATEN_XMPP_COMPONENT', 'user@host:5347'],
      ['PLATEN_XMPP_COMPONENT_SECRET_FILE', ''],
      ['PLATEN_XMPP_DOMAIN', 'two words'],
      ['PLATEN_XMPP_TRUST_PROXY', 'yes'],
      ['PLATEN_ONE_PORT', 'yes'],
    ])('refuses %s=%s', (name, value) => expect(() => readConfig({ ...engine, [name]: value })).toThrow(`${name}: `));
  });

  describe('on one port', () => {
    const one = { PLATEN_ONE_PORT: 'yes', PLATEN_PUBLIC_URL: 'https://p.example' };

    it.each([
      [one, 443],
      [{ ...one, PLATEN_PUBLIC_URL: 'https://p.example:8443', PLATEN_HOST: '0.0.0.0' }, 8443],
    ])('sends agents to the address of the console: %j', (environment, publicPort) => {
      const { http, xmpp } = readConfig(environment);
      expect(http).toMatchObject({ onePort: true, tls: true });
      expect(xmpp).toMatchObject({ publicHost: 'p.example', publicPort });
    });

    it.each<[string, Record<string, string>]>([
      ['PLATEN_PUBLIC_URL', { PLATEN_PUBLIC_URL: '' }],
      ['PLATEN_PUBLIC_URL', { PLATEN_PUBLIC_URL: 'http://localhost' }],
      ['PLATEN_ONE_PORT', { PLATEN_TRUST_PROXY: 'yes' }],
      ['PLATEN_RELAY_HOST', { PLATEN_RELAY_HOST: '0.0.0.0' }],
      ['PLATEN_RELAY_PORT', { PLATEN_RELAY_PORT: '0' }],
      ['PLATEN_RELAY_PUBLIC_URL', { PLATEN_RELAY_PUBLIC_URL: 'wss://p.example:8090' }],
    ])('refuses %s where it does not fit: %j', (name, environment) => {
      expect(() => readConfig({ ...one, ...environment })).toThrow(new RegExp(`^  ${name}: `, 'm'));
    });

    it('leaves relays on other machines alone', () => {
      readConfig({ ...one, PLATEN_RELAY: 'remote', PLATEN_RELAY_HOST: '0.0.0.0' });
    });
  });

  it.each<[Record<string, string>, RegExp | undefined]>([
    [{ PLATEN_RELAY: 'remote', PLATEN_DATABASE_URL: 'postgres://platen@127.0.0.1/platen' }, undefined],
    [{ PLATEN_RELAY: 'remote' }, /^ {2}PLATEN_STANDBY: needs PLATEN_DATABASE_URL/m],
    [{ PLATEN_DATABASE_URL: 'postgres://platen@127.0.0.1/platen' }, /^ {2}PLATEN_STANDBY: needs PLATEN_RELAY=remote/m],
  ])('may be a standby where another server can continue: %j', (environment, refusal) => {
    const read = () => readConfig({ PLATEN_STANDBY: 'yes', ...environment });
    if (refusal) expect(read).toThrow(refusal);
    else expect(read().standby).toBe(true);
  });

  describe('behind a reverse proxy', () => {
    const here = { PLATEN_TRUST_PROXY: 'yes' };
    const elsewhere = { PLATEN_TRUST_PROXY: '192.0.2.9, 2001:db8::/64', PLATEN_PUBLIC_URL: 'https://p.example' };
    const relay = { PLATEN_RELAY_HOST: '0.0.0.0', PLATEN_RELAY_PUBLIC_URL: 'wss://r.example' };

    it.each<[string, Record<string, string>, string[]]>([
      ['on this computer', here, ['127.0.0.0/8', '::1']],
      ['on another one', { ...elsewhere, ...relay, PLATEN_HOST: '0.0.0.0' }, ['192.0.2.9', '2001:db8::/64']],
      ['without a local relay', { ...elsewhere, PLATEN_HOST: '192.0.2.1', PLATEN_RELAY: 'remote' }, expect.any(Array)],
    ])('believes a proxy %s', (_where, environment, proxies) => {
      expect(readConfig(environment).http).toMatchObject({ tls: false, proxies });
    });

    it.each<[string, Record<string, string>, RegExp]>([
      ['all addresses and no named proxy', { ...here, PLATEN_HOST: '0.0.0.0' }, /TRUST_PROXY: .*name its addresses/],
      ['one address and no named proxy', { ...here, PLATEN_HOST: '192.0.2.1' }, /TRUST_PROXY: .*name its addresses/],
      ['an open relay and no named proxy', { ...here, ...relay }, /TRUST_PROXY: .*name its addresses/],
      ['a host name as the proxy', { PLATEN_TRUST_PROXY: 'proxy.example' }, /TRUST_PROXY: must be no, yes, or IP/],
      ['everybody as the proxy', { PLATEN_TRUST_PROXY: '0.0.0.0/0' }, /TRUST_PROXY: must be no, yes, or IP/],
      ['everybody on IPv6 as the proxy', { PLATEN_TRUST_PROXY: '::/0' }, /TRUST_PROXY: must be no, yes, or IP/],
      ['an impossible network', { PLATEN_TRUST_PROXY: '10.0.0.0/33' }, /TRUST_PROXY: must be no, yes, or IP/],
      ['an empty entry', { PLATEN_TRUST_PROXY: '192.0.2.9,' }, /TRUST_PROXY: must be no, yes, or IP/],
      ['no public URL', { PLATEN_TRUST_PROXY: '192.0.2.9', PLATEN_HOST: '::' }, /PLATEN_PUBLIC_URL: is required/],
      ['no public URL of the relay', { ...elsewhere, PLATEN_RELAY_HOST: '::' }, /RELAY_PUBLIC_URL: is required/],
      [
        'an address that the local relay cannot use',
        { ...elsewhere, PLATEN_HOST: '192.0.2.1' },
        /PLATEN_HOST: must be/,
      ],
    ])('refuses %s', (_what, environment, message) => {
      expect(() => readConfig(environment)).toThrow(ConfigurationError);
      expect(() => readConfig(environment)).toThrow(message);
    });
  });

  it.each([
    ['PLATEN_RELAY_PUBLIC_URL', 'ws'],
    ['PLATEN_PUBLIC_URL', 'http'],
  ])('refuses an address without TLS in %s, except on loopback', (name, scheme) => {
    const read = (address: string) => readConfig({ [name]: address });
    expect(() => read(`${scheme}://platen.example`)).toThrow(new RegExp(`${name}: must be an? ${scheme}s: URL`));
    for (const address of [`${scheme}s://platen.example`, `${scheme}://127.0.0.1:8090`]) read(address);
  });

  it.each([
    [{}, 'localhost'],
    [{ PLATEN_HOST: '0.0.0.0' }, undefined],
    [{ PLATEN_PUBLIC_URL: 'https://platen.example' }, undefined],
    [{ PLATEN_PUBLIC_URL: 'http://localhost:8080' }, 'localhost'],
    [{ PLATEN_HOST: '0.0.0.0', PLATEN_SESSION_DOMAIN: 'Sessions.example' }, 'sessions.example'],
  ])("shows devices' pages under the session domain: %j", (environment, domain) => {
    expect(readConfig(environment).http.sessionDomain).toBe(domain);
  });
  it.each(['*.sessions.example', 'sessions.example:8080', '.example', 'a b'])('refuses %s as a domain', (domain) => {
    expect(() => readConfig({ PLATEN_SESSION_DOMAIN: domain })).toThrow(/PLATEN_SESSION_DOMAIN/);
  });

  it('refuses a data folder whose path is too long for the socket in it', () => {
    const data = (bytes: number) => `/${'d'.repeat(bytes - '/'.length - '/relay/keeper.sock'.length)}`;
    expect(readConfig({ PLATEN_DATA: data(107) }).data).toBe(data(107));
    expect(() => readConfig({ PLATEN_DATA: data(108) })).toThrow(/PLATEN_DATA: must be a shorter path/);
    expect(readConfig({ PLATEN_DATA: data(108), PLATEN_RELAY: 'remote' }).data).toBe(data(108));
  });

  it.each([
    ['smtp://mail.example', { host: 'mail.example', port: 587, tlsFirst: false, user: undefined }],
    ['smtps://mail.example', { host: 'mail.example', port: 465, tlsFirst: true }],
    ['smtp://[::1]:25', { host: '::1', port: 25 }],
  ])('sends mail over %s', (url, mail) => {
    expect(readConfig({ PLATEN_SMTP_URL: url, PLATEN_MAIL_FROM: 'a@b.example' }).mail).toMatchObject(mail);
  });
  it('sends mail as the user in the URL, with the password from a file', () => {
    const given = { PLATEN_SMTP_URL: 'smtps://a%40b@mail.example', PLATEN_SMTP_PASSWORD_FILE: '/p' };
    const { mail } = readConfig({ ...given, PLATEN_MAIL_FROM: 'a@b.example' });
    expect(mail).toMatchObject({ user: 'a@b', passwordFile: '/p', from: 'a@b.example' });
    expect(readConfig({}).mail).toBeUndefined();
  });
  it.each<[string, Record<string, string>, RegExp]>([
    ['a password in the URL', { PLATEN_SMTP_URL: 'smtp://user:geheim@mail.example' }, /PLATEN_SMTP_URL: must not/],
    ['another protocol', { PLATEN_SMTP_URL: 'http://mail.example' }, /PLATEN_SMTP_URL/],
    ['a path', { PLATEN_SMTP_URL: 'smtp://mail.example/geheim' }, /PLATEN_SMTP_URL/],
    ['a badly encoded user', { PLATEN_SMTP_URL: 'smtp://%zz@mail.example' }, /PLATEN_SMTP_URL/],
    ['no sender', { PLATEN_MAIL_FROM: '' }, /PLATEN_MAIL_FROM/],
    ['two senders', { PLATEN_MAIL_FROM: 'a@b.example, c@d.example' }, /PLATEN_MAIL_FROM/],
    ['a user without password', { PLATEN_SMTP_URL: 'smtp://user@mail.example' }, /PLATEN_SMTP_PASSWORD_FILE/],
    ['a password without user', { PLATEN_SMTP_PASSWORD_FILE: '/p' }, /PLATEN_SMTP_PASSWORD_FILE/],
    ['an unknown value', { PLATEN_NOTIFY_ADMINISTRATOR: 'yes' }, /PLATEN_NOTIFY_ADMINISTRATOR/],
  ])('refuses mail settings with %s', (_what, change, words) => {
    const read = () =>
      readConfig({ PLATEN_SMTP_URL: 'smtp://mail.example', PLATEN_MAIL_FROM: 'a@b.example', ...change });
    expect(read).toThrow(words);
    expect(read).not.toThrow(/geheim/);
  });

  it.each([
    ['PLATEN_XMP_PORT', 'PLATEN_XMPP_PORT'],
    ['PLATEN_PUBLIC_URI', 'PLATEN_PUBLIC_URL'],
    ['PLATEN_TSL_KEY', 'PLATEN_TLS_KEY'],
    ['PLATEN_SOMETHING_ELSE', undefined],
  ])('finds %s, which is no setting', (name, meant) => {
    expect(readConfig({ [name]: 'x', PATH: '/bin', PLATEN_PORT: '1' }).unknown).toEqual([{ name, meant }]);
  });
  it('leaves settings, also those of other programs, alone', () => {
    const others = ['PLATEN_CREDENTIALS', 'PLATEN_SERVER_PIN', 'PLATEN_RELAY_SECRET_FILE', 'PLATEN_CLIENT_ID'];
    expect(readConfig(Object.fromEntries([...others, 'PLATEN_DATA'].map((name) => [name, 'x']))).unknown).toEqual([]);
  });

  it.each([
    ['127.0.0.1', true],
    ['127.8.9.10', true],
    ['::1', true],
    ['[::1]', true],
    ['::ffff:127.0.0.1', true],
    ['localhost', true],
    ['127.0.0.1.example.com', false],
    ['10.0.0.1', false],
    ['::ffff:10.0.0.1', false],
    ['fe80::1', false],
    ['', false],
  ])('recognizes loopback: %s', (host, loopback) => expect(isLoopback(host)).toBe(loopback));
});
