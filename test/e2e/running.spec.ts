import { spawnSync } from 'node:child_process';
import { chmod, copyFile, mkdir, readFile, symlink, unlink, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { version } from '../../package.json';
import { isTrouble, type Program } from '../../src/demo/programs';
import { event } from '../../src/demo/scenario';
import { finished, SAMPLE_USERS } from '../../src/demo/stage';
import { EXIT_CODES } from '../../src/terminal/exit-codes';
import { isRunning } from '../support/is-running';
import { networksMissing, SERVER, type Host } from '../support/customer-networks';
import { documented, settingsIn } from '../support/documented';
import { PostgresInNetwork, postgresMissing } from '../support/server/postgres-in-network';
import { NetworkStage } from '../support/stage/network-stage';
import { makeSampleUsersIn } from '../support/stage/sample-users';
import { makeCertificate } from '../support/test-certificate';
import { until } from '../support/until';

/** Configurations of RUNNING, set up from its very text. Those of reverse proxies: one-port.spec.ts. */
const missing = networksMissing();
if (missing !== undefined) console.warn(`skipped, because this machine cannot make network namespaces: ${missing}`);
const describeHere = missing === undefined ? describe : describe.skip;

const CHECKOUT = join(__dirname, '../..');
const CONSOLE = 'platen.example';
const RELAY = 'relay.example';
const CHAPTER = '### An authority of your own';

let on: NetworkStage;

/** The text of the document, with its folders below the folder of the stage. */
const here = (text: string): string =>
  text
    .replaceAll('/usr/bin/node', process.execPath)
    .replace(/(?<![\w.-])\/(etc|opt|var\/lib|usr\/local\/bin)\//g, (folder) => `${on.folder}${folder}`);

/** Writes a file of the document. @returns its path */
async function written(path: string, text: string, mode = 0o600): Promise<string> {
  const file = here(path);
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, here(text), { mode });
  await chmod(file, mode);
  return file;
}

/** Runs commands of the document in a folder of the server's machine, or of another one, which contains a checkout. */
async function command(
  text: string,
  env: Record<string, string> = {},
  { host = 'internet', name = 'checkout', input = '' }: { host?: Host; name?: string; input?: string } = {},
): Promise<Program> {
  const folder = join(on.folder, name);
  await mkdir(folder, { recursive: true });
  if (!existsSync(join(folder, 'dist'))) await symlink(join(CHECKOUT, 'dist'), join(folder, 'dist'));
  const script = await written(`/etc/command-${Math.random()}`, `cd ${folder}\n${text}\n`);
  return on.networks.start(host, ['bash', '-e', script], { env, input });
}

describeHere('a relay on another machine', () => {
  const [makeSecret, start] = missing === undefined ? documented('## Relay on another machine', 'sh') : [];
  let relay: Program | undefined;

  beforeAll(async () => {
    on = await NetworkStage.set({
      serverUrl: `https://${CONSOLE}:8080`,
      names: [CONSOLE, RELAY],
      signed: true,
      env: { PLATEN_RELAY: 'remote' },
    });
    await finished(await command(makeSecret!, { PLATEN_DATA: join(on.folder, 'server') }));
    const { cert, key } = await makeCertificate();
    await writeFile(join(on.folder, 'checkout/relay.crt'), cert);
    await writeFile(join(on.folder, 'checkout/relay.key'), key);
  });
  afterAll(async () => {
    await relay?.stop();
    await on?.strike();
  });

  it('with a certificate of its own carries sessions', async () => {
    relay = await command(`exec env ${start}`, { PLATEN_TLS_CA: join(on.folder, 'authority.crt') });
    await on.server.logged('relay connected');
    await on.startCustomer('a');
    await on.opensWebPages('a');
  });
});

describeHere('platen doctor', () => {
  const SITES = 'sessions.example';
  beforeAll(async () => {
    const names = [CONSOLE, `s-check.${SITES}`];
    const env = { PLATEN_SESSION_DOMAIN: SITES };
    on = await NetworkStage.set({ serverUrl: `https://${CONSOLE}:8080`, names, signed: true, env });
  });
  afterAll(() => on?.strike());

  it('finds every way in, with its certificate', async () => {
    const { output } = await on.atServer(['doctor']);
    for (const line of [
      /^database: SQLite, whole, up to date$/m,
      /^certificate: is valid until/m,
      /^server: runs, and is ready$/m,
      /^console and API: platen\.example:8080: version .*, its certificate is valid until/m,
      /^live state of the console: .*WebSocket connections pass$/m,
      /^control channel: .*has the key that agents expect$/m,
      /^relay: .*answers/m,
      /^pages of devices: \*\.sessions\.example:8080: answers/m,
    ])
      expect(output).toMatch(line);
  });

  it.each([
    [
      'a name without a DNS record',
      { PLATEN_PUBLIC_URL: 'https://console.invalid:8080' },
      /^console and API: .*make a DNS record/m,
    ],
    ['a port that is not forwarded', { PLATEN_XMPP_PUBLIC_PORT: '9' }, /^control channel: .*:9: cannot be reached/m],
    ['a relay under another name', { PLATEN_RELAY_PUBLIC_URL: 'wss://relay.invalid' }, /^relay: .*cannot be resolved/m],
    ['an authority that did not sign', { PLATEN_TLS_CA: '' }, /^console and API: .*certificate cannot be verified/m],
  ])('names %s', async (_name, more, line) => {
    const { code, output } = await on.atServer(['doctor'], more);
    expect(output).toMatch(line);
    expect(code).toBe(1);
  });
});

describeHere('an authority of your own', () => {
  const [authority, certificates] = missing === undefined ? documented(CHAPTER, 'bash') : [];
  const [ofServer, ofRelay, ofAgent, ofTechnician] = missing === undefined ? documented(CHAPTER, 'sh') : [];
  let relay: Program | undefined;

  beforeAll(async () => {
    const [makeSecret, start] = documented('## Relay on another machine', 'sh');
    on = await NetworkStage.set({
      serverUrl: `https://${CONSOLE}:8080`,
      names: [CONSOLE, RELAY],
      prepare: async (stage) => {
        on = stage;
        await finished(await command(authority!));
        await finished(await command(certificates!));
        await mkdir(here('/etc/platen'), { recursive: true });
        const made = [CONSOLE, RELAY].flatMap((name) => [`${name}.crt`, `${name}.key`]);
        for (const file of ['authority.crt', ...made])
          await copyFile(join(on.folder, 'checkout', file), here(`/etc/platen/${file}`));
        return { ...settingsIn(here(ofServer!)), PLATEN_RELAY: 'remote', PLATEN_SESSION_DOMAIN: 'sessions.example' };
      },
    });
    await finished(await command(makeSecret!, { PLATEN_DATA: join(on.folder, 'server') }));
    const withoutFiles = start!.replace(/PLATEN_TLS_\w+=\S+ /g, '');
    relay = await command(`exec env ${withoutFiles}`, settingsIn(here(ofRelay!)));
    await on.server.logged('relay connected');
    await on.startDevice('a');
  });
  afterAll(async () => {
    await relay?.stop();
    await on?.strike();
  });

  it('signs what agents, technicians, server and relay verify one another with', async () => {
    const input = `${await on.prepareAgent('agent', 'a', 'mfp-a')}\n`;
    await copyFile(here('/etc/platen/authority.crt'), join(on.folder, 'agent-a/authority.crt'));
    const checked = await finished(await command(ofAgent!, {}, { host: 'agent-a', name: 'agent-a', input }));
    expect(checked.printed).toEqual(
      expect.arrayContaining([
        expect.stringMatching(`^server ${CONSOLE}:8080: answers, version `),
        `relay ${RELAY}:8090: answers`,
      ]),
    );
    await on.runAgent('agent-a').logged('agent online');

    const { username, password } = SAMPLE_USERS.technician;
    const login = `${ofTechnician} --user ${username} --password-stdin`;
    const credentials = { PLATEN_CREDENTIALS: join(on.folder, 'own.json') };
    const loggedIn = await command(login, credentials, { input: `${password}\n` });
    expect((await finished(loggedIn)).printed).toContainEqual(
      expect.stringContaining(`Logged in to https://${CONSOLE}:8080`),
    );
    await on.opensWebPages('a');
  });

  /** As the console requests it. */
  async function post(path: string, body: object): Promise<Record<string, unknown>> {
    const jar = join(on.folder, 'cookies');
    const url = `https://${CONSOLE}:8080`;
    const fields = ['Content-Type: application/json', `Origin: ${url}`].flatMap((field) => ['-H', field]);
    const kept = ['--cacert', here('/etc/platen/authority.crt'), '-b', jar, '-c', jar];
    const sent = ['curl', '-sS', ...kept, ...fields, '-d', JSON.stringify(body), `${url}${path}`];
    return JSON.parse((await on.networks.run('internet', ...sent)).output) as Record<string, unknown>;
  }

  it('did not sign the certificate of a relay: this is named to the technician, in the browser and in the log', async () => {
    const { cert, key } = await on.certificateFor([RELAY]);
    await writeFile(here(`/etc/platen/${RELAY}.key`), key);
    await writeFile(here(`/etc/platen/${RELAY}.crt`), cert);
    await relay!.logged('the certificate was renewed');

    const named = 'the relay cannot be reached: unable to verify the first certificate';
    const connect = on.terminal('admin', ['connect', 'mfp-a', 'web', '--reason', 'Streaks', '--json']);
    const { sessionId } = await event(connect, 'requested');
    await on.pressYes('a', sessionId);
    expect(await connect.exited).toBe(EXIT_CODES['setup-failed'].code);
    expect(connect.printed).toContainEqual(expect.stringContaining(named));
    const agent = on.programOn('agent-a');
    await agent.until(() => agent.log.find(({ detail }) => detail === named), 'names the relay');

    const { username, password } = SAMPLE_USERS.admin;
    await post('/api/auth/login', { username, password });
    const { id } = await post('/api/sessions', { deviceId: 'mfp-a', applicationId: 'web', reason: 'Streaks' });
    await on.pressYes('a', String(id));
    await on.server.until(
      () => on.server.log.find((line) => line.step === 'S149' && line.remoteSessionId === id),
      'prepares',
    );
    expect(await post(`/api/sessions/${String(id)}/browser`, {})).toMatchObject({
      code: 'relay-unavailable',
      detail: `The session could not be connected: ${named}`,
    });
    expect(on.server.log.filter((line) => line.remoteSessionId === id && isTrouble(line))).toMatchObject([
      { msg: 'a browser session could not be connected', detail: named },
    ]);
  });

  it('is needed by every one of them', async () => {
    const strict = ofTechnician!.replace(/ --authority \S+/, ' --user x --password-stdin');
    const credentials = { PLATEN_CREDENTIALS: join(on.folder, 'none.json') };
    const refused = await command(strict, credentials, { input: 'x\n' });
    expect(await refused.exited).not.toBe(0);
    expect(refused.printed.join('\n')).toContain('cannot be verified');
  });
});

describeHere('a relay as a service, behind a reverse proxy', () => {
  const NGINX = ['daemon off;', 'user root;', 'error_log stderr;', 'events {}'];
  let nginx: Program | undefined;

  /** Does what the documented unit says, at `restart`. */
  async function installSystemctl(): Promise<void> {
    const [unit] = documented('## Relay on another machine', 'ini');
    const files = [...unit!.matchAll(/^EnvironmentFile=(.*)$/gm)].map(([, file]) => here(file!));
    const [, program] = /^ExecStart=(.*)$/m.exec(unit!)!;
    const state = `${on.folder}/$unit`;
    const script = [
      '#!/bin/sh -e',
      '[ "$1" = restart ]',
      'unit=${2#*@}',
      `if [ -e "${state}.pid" ]; then pid=$(cat "${state}.pid"); kill "$pid"`,
      // a zombie has stopped
      'while grep -qs "^State:.[^Z]" "/proc/$pid/status"; do sleep 0.1; done; fi',
      `set -a; ${files.map((file) => `. ${file.replaceAll('%i', '$unit')}`).join('; ')}`,
      `setsid ${here(program!)} < /dev/null >> "${state}.log" 2>&1 &`,
      `echo $! > "${state}.pid"`,
    ];
    await written('/usr/local/bin/systemctl', script.join('\n'), 0o755);
  }

  beforeAll(async () => {
    on = await NetworkStage.set({
      serverUrl: `https://${CONSOLE}:8080`,
      names: [CONSOLE, RELAY],
      prepare: async (stage) => {
        on = stage;
        const { cert, key, authority } = await stage.certificateFor([RELAY]);
        await written('/etc/ssl/relay.crt', cert);
        await written('/etc/ssl/relay.key', key);
        await written('/etc/authority.crt', authority);
        const blocks = documented('## Reverse proxy', 'nginx')[0]!;
        const relayOnly = blocks.slice(blocks.indexOf('# Relay\n'));
        const [map] = /^map .*?\n}/ms.exec(blocks)!;
        const http = `http { access_log off; ${map} ${relayOnly} }`;
        const file = await written('/etc/nginx.conf', [...NGINX, `pid ${on.folder}/nginx.pid;`, http].join('\n'));
        nginx = on.networks.start('internet', ['nginx', '-e', 'stderr', '-c', file]);
        const deploy = documented('### Deploying such a relay', 'sh').at(0)!;
        await written('/usr/local/bin/deploy-relay', deploy, 0o755);
        await installSystemctl();
        return {
          PATH: `${here('/usr/local/bin/')}:${process.env.PATH}`,
          PLATEN_RELAY: 'remote',
          PLATEN_DEPLOY_COMMAND: here('/usr/local/bin/deploy-relay'),
          PLATEN_DEPLOY_PROVE_SECONDS: '1',
        };
      },
    });
    await mkdir(here('/opt/'), { recursive: true });
    await symlink(CHECKOUT, here(`/opt/platen-${version}`));
    await mkdir(here('/var/lib/platen'), { recursive: true });
    const [makeSecret, , settings] = documented('## Relay on another machine', 'sh');
    await finished(await command(makeSecret!, { PLATEN_DATA: join(on.folder, 'server') }));
    await written('/etc/platen/east.secret', await readFile(join(on.folder, 'checkout/east.secret'), 'utf8'));
    const trusted = `${settings!.replace('...', on.pin)}\nPLATEN_TLS_CA=/etc/authority.crt\n`;
    await written('/etc/platen/relay-east.env', trusted);
  });
  afterAll(async () => {
    const pid = on && Number(await readFile(join(on.folder, 'east.pid'), 'utf8').catch(() => '0'));
    if (pid) {
      process.kill(pid, 'SIGTERM');
      await until('the end of the relay', async () => !(await isRunning(pid)));
    }
    await nginx?.stop();
    await on?.strike();
  });

  it('starts as the document says, and carries sessions', async () => {
    const [first] = documented('### Deploying such a relay', 'bash');
    await finished(
      await command(first!.replace('0.1.0', version), { PATH: `${here('/usr/local/bin/')}:${process.env.PATH}` }),
    );
    await on.server.logged('relay connected');
    await on.startCustomer('a');
    await on.opensWebPages('a');
  });

  it('is deployed by the documented program', async () => {
    const { printed } = await finished(
      on.terminal('admin', ['deploy', '--relay', 'east', '--pairs', '2', '--when', 'now', '--yes', '--json']),
    );
    expect(JSON.parse(printed.at(-1)!)).toMatchObject({ event: 'ended', deployment: { state: 'deployed' } });
    expect(await readFile(here('/etc/platen/east.env'), 'utf8')).toBe(
      `RELAY_VERSION=${version}\nPLATEN_RELAY_PAIRS=2\n`,
    );
    await on.opensWebPages('a');
  });
});

const withoutPostgres = missing ?? postgresMissing();
if (withoutPostgres !== undefined) console.warn(`PostgreSQL as in RUNNING is not tested: ${withoutPostgres}`);

(withoutPostgres === undefined ? describe : describe.skip)(
  'a server with PostgreSQL and a certificate of certbot',
  () => {
    let postgres: PostgresInNetwork;
    /** As certbot stores them: numbered files, and links to the latest. */
    const kinds = ['cert', 'privkey', 'chain', 'fullchain'] as const;
    const lineage = (part: 'live' | 'archive') => here(`/etc/letsencrypt/${part}/platen.example`);
    const link = (kind: string, number: number) =>
      symlink(`../../archive/platen.example/${kind}${number}.pem`, join(lineage('live'), `${kind}.pem`));

    /** @returns the pin of the new key */
    async function issue(number: number): Promise<string> {
      const { cert, key, pin, authority } = await on.certificateFor([CONSOLE]);
      const contents = { cert, privkey: key, chain: authority, fullchain: `${cert}\n${authority}` };
      for (const kind of kinds) {
        const file = join(lineage('archive'), `${kind}${number}.pem`);
        await writeFile(file, contents[kind], { mode: kind === 'privkey' ? 0o640 : 0o644 });
      }
      return pin;
    }

    beforeAll(async () => {
      const tls = documented('## TLS', 'sh');
      const [database] = documented('## PostgreSQL', 'sh');
      const group = spawnSync('id', ['-gn']).stdout.toString().trim();
      on = await NetworkStage.set({
        serverUrl: `https://${CONSOLE}:8080`,
        names: [CONSOLE],
        prepare: async (stage) => {
          on = stage;
          for (const part of ['live', 'archive'] as const) await mkdir(lineage(part), { recursive: true, mode: 0o700 });
          await issue(1);
          for (const kind of kinds) await link(kind, 1);
          const [permit] = documented('## TLS', 'bash');
          await finished(await command(permit!.replace('chgrp platen', `chgrp ${group}`)));
          postgres = await PostgresInNetwork.start(on.networks);
          const [create] = documented('## PostgreSQL', 'bash');
          await finished(await command(create!, postgres.env as Record<string, string>));
          const authority = (await on.certificateFor([CONSOLE])).authority;
          return {
            ...settingsIn(here(tls.find((block) => block.includes('letsencrypt'))!), database!),
            PLATEN_TLS_CA: await written('/etc/authority.crt', authority),
          };
        },
        makeUsers: () => makeSampleUsersIn(postgres.urlFor('platen', 'platen')),
      });
      await on.startCustomer('a');
    });
    afterAll(async () => {
      await on?.strike();
      await postgres?.stop();
    });

    it('carries sessions, and stores nothing in SQLite', async () => {
      await on.opensWebPages('a');
      expect(existsSync(join(on.folder, 'server/platen.sqlite'))).toBe(false);
    });

    it('uses a renewed certificate with a new key, and no agent is disturbed', async () => {
      const pin = await issue(2);
      for (const kind of kinds) {
        // one after the other, as certbot does
        await unlink(join(lineage('live'), `${kind}.pem`));
        await link(kind, 2);
      }
      const renewals = () => on.server.log.filter(({ msg }) => msg === 'the certificate was renewed').length;
      await on.server.until(() => renewals() === 2 || undefined, 'renews the certificate of server and relay');
      const show = ['openssl', 's_client', '-connect', `${SERVER}:8080`, '-servername', CONSOLE];
      const pinOf = 'openssl x509 -noout -pubkey | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary';
      const { output } = await on.networks.run(
        'internet',
        'sh',
        '-c',
        `${show.join(' ')} < /dev/null 2> /dev/null | ${pinOf} | base64`,
      );
      expect(Buffer.from(output, 'base64').toString('base64url')).toBe(pin);
      await on.opensWebPages('a');
      expect(on.server.log.filter(({ msg }) => msg === 'agent is offline')).toEqual([]);
    });
  },
);
