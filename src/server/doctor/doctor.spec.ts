import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../../ormconfig';
import { MailServer } from '../../../test/support/server/mail-server';
import { databaseSettings, newDatabase } from '../../../test/support/server/new-database';
import { startTestServer, type TestServer } from '../../../test/support/server/test-server';
import { makeSignedCertificate } from '../../../test/support/test-certificate';
import type { CheckFinding } from '../../protocol/check-finding';
import { readConfig, type Config } from '../config/config';
import { loadSecrets } from '../config/secrets';
import { openDatabase } from '../database/open-database';
import { diagnose } from './doctor';

const DAY_MS = 24 * 60 * 60_000;
/** Also where the specs run on PostgreSQL. */
const SQLITE = { PLATEN_DATABASE_URL: '' };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'platen-doctor-'));
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

/** Settings of a server that does not run, whose data folder exists. */
async function settings(more: Record<string, string> = {}): Promise<Config> {
  const data = join(folder, 'data');
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const here = { PLATEN_DATA: data, PLATEN_PORT: '0', PLATEN_XMPP_PORT: '0', PLATEN_RELAY_PORT: '0' };
  return readConfig({ ...(await databaseSettings()), ...here, ...more });
}

async function diagnosed(config: Config): Promise<CheckFinding[]> {
  const findings: CheckFinding[] = [];
  for await (const finding of diagnose(config, dataSourceOptions(config))) findings.push(finding);
  return findings;
}

/** The finding about a subject, as `problem: text` or `fine: text`. */
const about = (findings: readonly CheckFinding[], subject: string): string[] =>
  findings
    .filter((each) => each.subject === subject)
    .map(({ isProblem, text }) => `${isProblem ? 'problem' : 'fine'}: ${text}`);

const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text, { mode: 0o600 });
  return join(folder, name);
};

/** With the schema of this version. */
async function makeDatabase(config: Config): Promise<void> {
  const made = await openDatabase(dataSourceOptions(config), loadSecrets(config));
  await made.destroy();
}

describe('before the first start', () => {
  it('says that there are no data yet, and whether the ports are free', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const config = readConfig({ PLATEN_DATA: join(folder, 'none'), PLATEN_PORT: String(port), PLATEN_XMPP_PORT: '0' });
    const found = await diagnosed(config);
    taken.close();
    expect(about(found, 'data folder')).toEqual([expect.stringMatching(/^fine: .*does not exist yet/)]);
    expect(about(found, 'port of console and API')).toEqual([
      `problem: 127.0.0.1:${port} is in use by another program`,
    ]);
    expect(about(found, 'port of the control channel')).toEqual(['fine: 127.0.0.1:0 is free']);
  });
});

describe('the relay that a killed server has left', () => {
  it.each<[what: string, port: 'own' | 'other', expected: RegExp]>([
    [
      'is recognized at its port',
      'own',
      /^fine: 127.0.0.1:\d+ is used by the relay that a killed server has left \(process \d+\), .* start the server/,
    ],
    ['does not excuse another program', 'other', /^problem: 127.0.0.1:\d+ is in use by another program$/],
  ])('%s', async (_, at, expected) => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const config = await settings({ PLATEN_RELAY: 'local', PLATEN_RELAY_PORT: String(port), PLATEN_PORT: '1' });
    const relayFolder = join(config.data, 'relay');
    const env = { PLATEN_RELAY_DATA: relayFolder, PLATEN_RELAY_PORT: at === 'own' ? String(port) : '1' };
    const relay = spawn(process.execPath, ['-e', "console.log('up');setInterval(() => 0, 1000)", 'relay'], { env });
    try {
      await once(relay.stdout, 'data');
      mkdirSync(relayFolder, { recursive: true });
      writeFileSync(join(relayFolder, 'relay.pid'), String(relay.pid));
      expect(about(await diagnosed(config), 'port of the relay')).toEqual([expect.stringMatching(expected)]);
    } finally {
      relay.kill('SIGKILL');
      taken.close();
    }
  });
});

describe('the data', () => {
  it('are left alone for another user than that of the server', async () => {
    const config = await settings();
    const owner = process.getuid!();
    jest.spyOn(process, 'getuid').mockReturnValue(owner + 1);
    const found = await diagnosed(config);
    expect(found.at(-1)).toMatchObject({ subject: 'data folder', isProblem: true });
    expect(found.at(-1)!.text).toContain(`sudo -u '#${owner}' platen doctor`);
    expect(about(found, 'database')).toEqual([]);
  });

  it('have a database that is whole and up to date', async () => {
    const config = await settings(SQLITE);
    await makeDatabase(config);
    expect(about(await diagnosed(config), 'database')).toEqual([expect.stringMatching(/^fine: .*, up to date$/)]);
  });

  it('have a database of a newer version, or of an older one', async () => {
    const config = await settings(SQLITE);
    await makeDatabase(config);
    const source = await new DataSource({ ...dataSourceOptions(config), entities: [] }).initialize();
    await source.query("UPDATE migrations SET name = 'Later9999999999999' WHERE id = (SELECT max(id) FROM migrations)");
    const newer = about(await diagnosed(config), 'database');
    await source.query("DELETE FROM migrations WHERE name = 'Later9999999999999'");
    const older = about(await diagnosed(config), 'database');
    await source.destroy();
    expect(newer).toEqual([expect.stringMatching(/^problem: .*of a newer version/)]);
    expect(older).toEqual([expect.stringMatching(/^fine: .*1 steps behind/)]);
  });

  it('have a PostgreSQL that loses in a crash what it has acknowledged, as that of the tests does', async () => {
    const found = await diagnosed(await settings({ PLATEN_DATABASE_URL: await newDatabase() }));
    expect(about(found, 'database')).toEqual([expect.stringMatching(/^problem: fsync is off/)]);
  });

  it('have a damaged database', async () => {
    const config = await settings(SQLITE);
    writeFileSync(join(config.data, 'platen.sqlite'), 'no database, '.repeat(1_000));
    expect(about(await diagnosed(config), 'database')).toEqual([expect.stringMatching(/^problem: .*(NOTADB|damaged)/)]);
  });

  it.each([
    ['none is scheduled', undefined, /^fine: none are scheduled/],
    ['there is none yet', [], /^problem: .*has none yet/],
    ['the newest one is old', [3], /^problem: .*the newest one is of/],
    ['the newest one is in time', [3, 1], /^fine: the newest one/],
  ])('have backups: %s', async (_name, agesDays, expected) => {
    const backups = join(folder, 'backups');
    mkdirSync(backups);
    for (const age of agesDays ?? []) {
      const at = new Date(Date.now() - age * DAY_MS);
      const name = `backups/platen-${at.toISOString().slice(0, 19).replaceAll(':', '')}Z.backup`;
      utimesSync(file(name, ''), at, at);
    }
    const config = await settings(agesDays ? { PLATEN_BACKUP_FOLDER: backups } : {});
    expect(about(await diagnosed(config), 'backups')).toEqual([expect.stringMatching(expected)]);
  });
});

describe('mail', () => {
  const passwordFile = (): string => file('password', 'word\n');
  it.each([
    ['accepts the login', 'word', /^fine: .*accepts the login/],
    ['refuses the login', 'wrong', /^problem: .*EAUTH/],
  ])('%s', async (_name, password, expected) => {
    const server = await MailServer.start({ authOptional: false });
    try {
      const config = await settings({
        PLATEN_SMTP_URL: `smtp://user@127.0.0.1:${server.port}`,
        PLATEN_SMTP_PASSWORD_FILE: file('password', `${password}\n`),
        PLATEN_MAIL_FROM: 'platen@example.com',
      });
      expect(about(await diagnosed(config), 'mail')).toEqual([expect.stringMatching(expected)]);
    } finally {
      await server.close();
    }
  });

  it('has a server that is not there', async () => {
    const config = await settings({
      PLATEN_SMTP_URL: 'smtp://user@127.0.0.1:1',
      PLATEN_SMTP_PASSWORD_FILE: passwordFile(),
      PLATEN_MAIL_FROM: 'platen@example.com',
    });
    expect(about(await diagnosed(config), 'mail')).toEqual([
      expect.stringMatching(/^problem: .*127\.0\.0\.1:1 .*ESOCKET/),
    ]);
  });
});

describe('the certificate', () => {
  const NAMES = ['platen.example', 'relay.example', '*.sessions.example'];
  const days = (from: number, to: number) => ({
    notBeforeDate: new Date(Date.now() + from * DAY_MS),
    notAfterDate: new Date(Date.now() + to * DAY_MS),
  });
  it.each([
    ['fits', NAMES, days(-1, 90), [/^fine: is valid until/]],
    ['expires soon', NAMES, days(-87, 3), [/^problem: expires on/]],
    ['is renewed every few days', NAMES, days(-2, 2), [/^fine: is valid until/]],
    ['is renewed every few days, but not lately', NAMES, days(-3.5, 0.5), [/^problem: expires on/]],
    ['has expired', NAMES, days(-9, -1), [/^problem: expired on/]],
    ['is not valid yet', NAMES, days(2, 9), [/^problem: is not valid before/]],
    [
      'lacks names',
      NAMES.slice(0, 1),
      days(-1, 90),
      [/^fine/, /^problem: is not for relay.example, \*.sessions.example/],
    ],
  ])('%s', async (_name, names, dates, expected) => {
    const made = await makeSignedCertificate(names, undefined, dates);
    const config = await settings({
      PLATEN_HOST: '127.0.0.2',
      PLATEN_PUBLIC_URL: 'https://platen.example',
      PLATEN_ONE_PORT: 'no',
      PLATEN_SESSION_DOMAIN: 'sessions.example',
      PLATEN_RELAY_HOST: '0.0.0.0',
      PLATEN_RELAY_PUBLIC_URL: 'wss://relay.example',
      PLATEN_TLS_CERTIFICATE: file('web.crt', made.cert),
      PLATEN_TLS_KEY: file('web.key', made.key),
      PLATEN_TLS_CA: file('authority.crt', made.authority),
    });
    const presenting: Config = { ...config, http: { ...config.http, tls: true } };
    expect(about(await diagnosed(presenting), 'certificate')).toEqual(
      expected.map((each) => expect.stringMatching(each)),
    );
  });
});

describe('a server', () => {
  let running: TestServer | undefined;
  afterEach(async () => {
    await running?.stop();
    running = undefined;
  });

  it('that does not run is a problem', async () => {
    expect(about(await diagnosed(await settings({ PLATEN_PORT: '1' })), 'server')).toEqual([
      expect.stringMatching(/^problem: does not run \(ECONNREFUSED\)/),
    ]);
  });

  it('whose port another program has is a problem', async () => {
    const other = createHttpServer((_request, response) => response.end('hello')).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const found = await diagnosed(await settings({ PLATEN_PORT: String(port) }));
    other.close();
    expect(about(found, 'server')).toEqual([expect.stringMatching(/^problem: another program answers/)]);
  });

  it('that runs is asked on the ways that its users take', async () => {
    running = await startTestServer();
    const { config, port } = running;
    const found = await diagnosed({ ...config, http: { ...config.http, port } });
    expect(about(found, 'server')).toEqual(['problem: is not ready: relays (no relay is connected)']);
    expect(about(found, 'console and API')).toEqual([
      expect.stringMatching(/^fine: 127\.0\.0\.1:\d+: version .* answers/),
    ]);
    expect(about(found, 'live state of the console')).toEqual([expect.stringContaining('WebSocket connections pass')]);
    // its port was chosen by the operating system
    expect(about(found, 'control channel')).toEqual([expect.stringMatching(/^problem: .*cannot be reached/)]);
  });

  it.each([
    ['does not resolve', 'http://no-such-name.invalid:8080', /^problem: .*cannot be resolved .*make a DNS record/],
    ['is not reached', 'https://127.0.0.1:1', /^problem: .*cannot be reached \(ECONNREFUSED\)/],
  ])('whose public address %s', async (_name, publicUrl, expected) => {
    running = await startTestServer();
    const { config, port } = running;
    const found = await diagnosed({ ...config, http: { ...config.http, port, publicUrl } });
    expect(about(found, 'console and API')).toEqual([expect.stringMatching(expected)]);
  });

  it('behind a proxy that does not pass on WebSocket connections', async () => {
    running = await startTestServer();
    const { config, port, url } = running;
    const proxy = createHttpServer((incoming, outgoing) => {
      fetch(new URL(incoming.url!, url)).then(
        async (answer) => outgoing.writeHead(answer.status).end(await answer.text()),
        () => outgoing.writeHead(502).end(),
      );
    }).listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const publicUrl = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const found = await diagnosed({ ...config, http: { ...config.http, port, publicUrl } });
    proxy.closeAllConnections();
    proxy.close();
    expect(about(found, 'console and API')).toEqual([expect.stringMatching(/^fine/)]);
    expect(about(found, 'live state of the console')).toEqual([
      expect.stringMatching(/^problem: .*WebSocket connections do not pass \(status \d+\)/),
    ]);
  });
});

it('names settings that have no effect', async () => {
  const found = await diagnosed(await settings({ PLATEN_PROT: '8080' }));
  expect(about(found, 'settings')).toEqual(['problem: PLATEN_PROT has no effect; did you mean PLATEN_PORT?']);
});

describe('single sign-on', () => {
  let port: number;
  let answer: { issuer?: string; secondsBehind?: number };
  const provider = createHttpServer((_request, response) => {
    const issuer = answer.issuer ?? `http://127.0.0.1:${port}`;
    const endpoint = `${issuer}/endpoint`;
    const document = { issuer, jwks_uri: endpoint, authorization_endpoint: endpoint, token_endpoint: endpoint };
    const { secondsBehind } = answer;
    response.sendDate = secondsBehind === undefined;
    if (secondsBehind) response.setHeader('Date', new Date(Date.now() - secondsBehind * 1000).toUTCString());
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify(document));
  });
  beforeAll(async () => {
    provider.listen(0, '127.0.0.1');
    await once(provider, 'listening');
    ({ port } = provider.address() as AddressInfo);
  });
  afterAll(() => {
    provider.closeAllConnections();
    provider.close();
  });

  it.each([
    ['answers', {}, /^fine: .* answers$/],
    ['is another one', { issuer: 'http://127.0.0.1:1' }, /^problem: .*cannot be used/],
    ['has another time', { secondsBehind: 600 }, /^problem: .*clock differs by -6\d\d s/],
  ])('%s', async (_what, answered, expected) => {
    answer = answered;
    const config = await settings({
      ...SQLITE,
      PLATEN_PUBLIC_URL: 'http://localhost:8080',
      PLATEN_OIDC_ISSUER: `http://127.0.0.1:${port}`,
      PLATEN_OIDC_CLIENT_ID: 'platen',
      PLATEN_OIDC_CLIENT_SECRET_FILE: file('oidc.secret', 'a secret\n'),
    });
    expect(about(await diagnosed(config), 'single sign-on')).toEqual([expect.stringMatching(expected)]);
  });

  it('cannot be reached', async () => {
    const config = await settings({
      ...SQLITE,
      PLATEN_PUBLIC_URL: 'http://localhost:8080',
      PLATEN_OIDC_ISSUER: 'http://127.0.0.1:1',
      PLATEN_OIDC_CLIENT_ID: 'platen',
      PLATEN_OIDC_CLIENT_SECRET_FILE: file('oidc.secret', 'a secret\n'),
    });
    expect(about(await diagnosed(config), 'single sign-on')).toEqual([
      expect.stringMatching(/^problem: .*cannot be used: .*see PLATEN_OIDC_ISSUER$/),
    ]);
  });
});
