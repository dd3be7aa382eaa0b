import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Program } from '../../src/demo/programs';
import { finished, SAMPLE_USERS } from '../../src/demo/stage';
import { RELAY_PATHS } from '../../src/protocol/relay-messages';
import { RELAY_SUBPROTOCOL } from '../../src/protocol/version';
import { networksMissing, ROUTERS, SERVER } from '../support/customer-networks';
import { documented, settingsIn } from '../support/documented';
import { NetworkStage } from '../support/stage/network-stage';
import { until } from '../support/until';

const missing = networksMissing();
if (missing !== undefined) console.warn(`skipped, because this machine cannot make network namespaces: ${missing}`);

const CONSOLE = 'platen.example';
const RELAY = 'relay.example';
/** Exit code of `platen connect`. */
const LOST = 9;
const PAIR = `/1${RELAY_PATHS.device}`;
/** More than nginx accepts by default. */
const FIRMWARE_BYTES = 3_000_000;

const documentedHere = (language: string): string[] => documented('## Reverse proxy', language);

/** The settings of the server, with those for one port. */
function documentedSettings(): Record<string, string> {
  const [behindProxy, , onePort] = documentedHere('sh');
  return settingsIn(behindProxy!, onePort!);
}

let on: NetworkStage;
let front: Program | undefined;

const asDocumented = (text: string): string => text.replaceAll('/etc/ssl/', `${on.folder}/`);

/** Writes a file of the document. @returns its path */
async function written(name: string, text: string): Promise<string> {
  const file = join(on.folder, name);
  await writeFile(file, asDocumented(text));
  return file;
}

const start = (command: string[]): Program =>
  on.started(on.networks.start('internet', command, { env: { HOME: on.folder, XDG_DATA_HOME: on.folder } }));

async function nginx(): Promise<Program> {
  const [http, listen, stream] = documentedHere('nginx');
  expect(http).toContain('  listen 443 ssl;\n');
  const blocks = http!.replaceAll('  listen 443 ssl;', listen!);
  const main = [
    'load_module /usr/lib/nginx/modules/ngx_stream_module.so;',
    'daemon off;',
    'user root;',
    `pid ${on.folder}/nginx.pid;`,
    'error_log stderr;',
    'events {}',
    `http { access_log off; client_body_temp_path ${on.folder}/body; proxy_temp_path ${on.folder}/proxy;`,
    `fastcgi_temp_path ${on.folder}/a; uwsgi_temp_path ${on.folder}/b; scgi_temp_path ${on.folder}/c;`,
    `${blocks} }`,
    stream,
  ];
  return start(['nginx', '-e', 'stderr', '-c', await written('nginx.conf', main.join('\n'))]);
}

async function haproxy(): Promise<Program> {
  const [file] = documentedHere('haproxy');
  return start(['haproxy', '-db', '-f', await written('haproxy.cfg', `${file}\n`)]);
}

async function caddy(): Promise<Program> {
  const [file] = documentedHere('caddy');
  return start(['caddy', 'run', '--adapter', 'caddyfile', '--config', await written('Caddyfile', `${file}\n`)]);
}

/** Replaces the reverse proxy, and waits until it answers. */
async function serveWith(proxy: () => Promise<Program>): Promise<void> {
  await front?.stop();
  front = await proxy();
  const waiting = `until curl -sSk -o /dev/null https://${CONSOLE}/; do sleep 0.2; done`;
  const { code, output } = await on.networks.run('internet', 'timeout', '60', 'sh', '-c', waiting);
  if (code !== 0) throw new Error(`${output} ${front.printed.join('; ')}`);
}

const curl = async (...args: string[]): Promise<string> => {
  const { code, output } = await on.networks.run('internet', 'curl', '-sSk', '--max-time', '60', ...args);
  if (code !== 0) throw new Error(output);
  return output;
};
const statusOf = (url: string, ...args: string[]): Promise<string> =>
  curl(...args, '-o', '/dev/null', '-w', '%{http_code}', url);

/** What comes of a WebSocket to the relay. */
async function websocketTo(url: string): Promise<string> {
  const script = `const ws = new (require('ws'))('${url}', '${RELAY_SUBPROTOCOL}', { rejectUnauthorized: false });
    for (const event of ['open', 'error']) ws.on(event, (error) => { console.log(error?.message ?? event); process.exit() });`;
  return (await on.networks.run('internet', process.execPath, '-e', script)).output.trim();
}

/** What the server says about an agent's address, the last time that it logged in. */
const addressOfAgent = (): unknown => on.server.log.filter(({ msg }) => msg === 'agent is online').at(-1)?.address;

async function answersAsDocumented(version: string): Promise<void> {
  await consoleAnswers();
  expect(await statusOf(`https://${CONSOLE}/internal/relay`)).toBe('404');
  expect(await curl(`https://${RELAY}/api/about`)).not.toContain('protocol');
  expect(await websocketTo(`wss://${RELAY}${PAIR}`)).toBe('open');
  await on.uploadFirmware(version, FIRMWARE_BYTES);
  const ready = JSON.parse(await curl(`https://${CONSOLE}/readyz`)) as { details: object };
  expect(ready.details).not.toHaveProperty('reverse-proxy');
}

async function consoleAnswers(): Promise<void> {
  const { username, password } = SAMPLE_USERS.admin;
  const login = ['-H', 'Content-Type: application/json', '-d', JSON.stringify({ username, password })];
  const cookies = await curl('-D', '-', '-o', '/dev/null', ...login, `https://${CONSOLE}/api/auth/login`);
  expect(cookies).toMatch(/^set-cookie: __Host-platen\.sid=.*; Secure/im);
  // a site of a session, which does not exist
  const site = 'x'.repeat(26) + '.sessions.example';
  const page = await curl('--resolve', `${site}:443:${SERVER}`, `https://${site}/`);
  expect(page).toContain('session');
}

const describeHere = missing === undefined ? describe : describe.skip;

describeHere('a LAN that only port 443 leads out of', () => {
  beforeAll(async () => {
    on = await NetworkStage.set({
      serverUrl: `https://${CONSOLE}`,
      env: { PLATEN_HOST: '127.0.0.1', ...documentedSettings() },
      names: [CONSOLE, RELAY],
      behindProxy: true,
      prepare: async (stage) => {
        on = stage;
        const names = { platen: [CONSOLE, '*.sessions.example'], relay: [RELAY] };
        for (const [name, covered] of Object.entries(names)) {
          const { cert, key } = await stage.certificateFor(covered);
          for (const [end, text] of Object.entries({ crt: cert, key, pem: `${cert}\n${key}` }))
            await writeFile(join(on.folder, `${name}.${end}`), text);
        }
        await serveWith(nginx);
        return {};
      },
    });
    await on.networks.allowOnly('a', 443);
    await on.startCustomer('a');
  });
  afterAll(() => on?.strike());

  it('is served by nginx as RUNNING says', async () => {
    await answersAsDocumented('2.15.000');
    await on.opensWebPages('a');
    expect(addressOfAgent()).toBe(ROUTERS.a);
  });

  it('is served by HAProxy as RUNNING says', async () => {
    await serveWith(haproxy);
    await on.programOn('agent-a').stop();
    await on.runAgent('agent-a').logged('agent online');
    await answersAsDocumented('2.16.000');
    await on.opensWebPages('a');
    expect(addressOfAgent()).toBe(ROUTERS.a);
  });

  it('is served by Caddy as RUNNING says, but for the control channel', async () => {
    await serveWith(caddy);
    await answersAsDocumented('2.17.000');
  });
});

describeHere('a LAN that only port 443 leads out of, to the server itself', () => {
  beforeAll(async () => {
    const [settings] = documented('## One port', 'sh');
    on = await NetworkStage.set({
      serverUrl: `https://${CONSOLE}`,
      names: [CONSOLE],
      signed: true,
      // those of the stage give way to the defaults
      env: { PLATEN_XMPP_HOST: '', PLATEN_RELAY_HOST: '', PLATEN_RELAY_PAIRS: '2', ...settingsIn(settings!) },
    });
    // from now on, the key of the certificate is not that of the control channel
    await on.renewCertificate();
    await on.server.logged('the certificate was renewed');
    await on.networks.allowOnly('a', 443);
    await on.startCustomer('a');
  });
  afterAll(() => on?.strike());

  it('is served as RUNNING says', async () => {
    await consoleAnswers();
    for (const pair of [1, 2])
      expect(await websocketTo(`wss://${CONSOLE}/relay/${pair}${RELAY_PATHS.device}`)).toBe('open');
    expect(await websocketTo(`wss://${CONSOLE}/relay/3${RELAY_PATHS.device}`)).toMatch(/404/);
    const relay = ['--relay', `wss://${CONSOLE}/relay/1`];
    const check = on.platen('agent', 'check', '--config', on.configurationOf('agent-a'), ...relay);
    const { printed } = await finished(on.networks.start('agent-a', check));
    expect(printed.filter((line) => line.includes(CONSOLE))).toHaveLength(3);
    await on.opensWebPages('a');
    expect(addressOfAgent()).toBe(ROUTERS.a);
  });

  it('loses sessions with a killed server, but not the relay', async () => {
    const connect = await on.openWebPages('a');
    await on.server.stop('SIGKILL');
    expect(await connect.exited).toBe(LOST);
    const server = await on.runServer();
    await server.logged('adopted the relay of an earlier run');
    await server.logged('agent is online');
    await until('the end of the session', async () => {
      const { printed } = await finished(on.terminal('admin', ['sessions', '--live', '--json']));
      return (JSON.parse(printed.join('')) as unknown[]).length === 0;
    });
    await on.opensWebPages('a');
  });
});
