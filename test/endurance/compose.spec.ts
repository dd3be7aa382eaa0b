import { execFile } from 'node:child_process';
import { appendFile, chmod, copyFile, cp, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Program } from '../../src/demo/programs';
import { event } from '../../src/demo/scenario';
import { ContainerHost, HOST } from '../support/containers/container-host';
import { buildReplacements } from '../support/containers/replacements';
import { removeFolder } from '../support/remove-folder';
import { shared } from '../support/run/shared';
import { CLI } from '../support/stage/test-stage';
import { until } from '../support/until';

// Docker Compose of Debian (1.29) runs packaging/container at Podman, whose networks translate addresses as Docker's do. Not seen:
// Compose 2, Docker's own engine, the official images of Caddy and PostgreSQL (replacements.ts), and Let's Encrypt.

const run = promisify(execFile);
const CONTAINER = join(__dirname, '../../packaging/container');
const NAMES = { console: 'platen.example', relay: 'relay.example', sessions: 'sessions.example' };
const URL = `https://${NAMES.console}`;
const PASSWORD = 'a password for the test';
const DATABASE_PASSWORD = '$x p@ss:w/rd#%zz"';
const MAKING_MS = 30 * 60_000;
const STORY_MS = 15 * 60_000;
/** On the ports of the container host. */
const [PANEL, MFP] = [8631, 8632];

let host: ContainerHost;
let folder: string;
const running: Program[] = [];

beforeAll(async () => {
  const images = await shared('images');
  await buildReplacements(images);
  folder = await mkdtemp('/var/tmp/compose-test-');
  host = await ContainerHost.start(images, [NAMES.console, NAMES.relay]);
}, MAKING_MS);
afterAll(async () => {
  await host?.remove();
  if (folder) await removeFolder(folder);
}, STORY_MS);

afterEach(async () => {
  for (const program of running.splice(0).reverse()) await program.stop('SIGKILL');
  await host.clear();
}, STORY_MS);

/** The folder of an installation, as RUNNING has people make it. */
class Installation {
  private constructor(
    readonly at: string,
    private readonly settings: Record<string, string>,
  ) {}

  static async make(name: string, settings: Record<string, string>): Promise<Installation> {
    const at = join(folder, name);
    await cp(CONTAINER, at, { recursive: true });
    for (const made of ['certificates', 'files']) await mkdir(join(at, made));
    const made = new Installation(at, { COMPOSE_PROJECT_NAME: name, ...settings });
    await made.set({});
    return made;
  }
  async set(changed: Record<string, string>): Promise<void> {
    const lines = Object.entries(Object.assign(this.settings, changed)).map(([name, value]) => `${name}='${value}'\n`);
    await writeFile(join(this.at, '.env'), (await readFile(join(this.at, 'example.env'), 'utf8')) + lines.join(''));
  }
  compose = (...args: string[]): Promise<string> => host.compose(this.at, ...args);
  /** `docker compose exec server platen`: the stream of this version's `exec` loses the last lines at Podman. */
  platen = (args: string[], input?: string): Promise<string> => {
    const container = `${this.settings.COMPOSE_PROJECT_NAME}_server_1`;
    return host.run(host.podman('exec', '--interactive', container, 'platen', ...args), input);
  };
  /** Starts the stack, and waits until the console answers through Caddy. */
  async up(): Promise<void> {
    const starting = this.compose('up', '--detach');
    if (this.settings.DATABASE_PASSWORD) await host.healthy(`${this.settings.COMPOSE_PROJECT_NAME}_database_1`);
    await starting;
    await this.ready();
  }
  ready = (): Promise<unknown> =>
    until(
      'the console is ready',
      () => fetched(['--insecure', '--fail', `${URL}/readyz`]).catch(() => undefined),
      180_000,
      500,
    );
  /** Compose 1.29 cannot compare a network that has a subnet: it has to make it again. */
  async again(): Promise<void> {
    await this.compose('down');
    await this.up();
  }
}

const fetched = (args: string[]): Promise<string> => host.run(host.on('curl', '--silent', '--show-error', ...args));
/** The `platen` command of a technician. */
const technician = (args: string[]): [string, ...string[]] =>
  host.on(`PLATEN_CREDENTIALS=${join(folder, 'credentials.json')}`, process.execPath, CLI, ...args);
const pressed = (path: string, body: unknown): Promise<string> => {
  const headers = ['content-type: application/json', `origin: http://127.0.0.1:${PANEL}`].flatMap((line) => [
    '-H',
    line,
  ]);
  return fetched(['--fail', ...headers, '--data', JSON.stringify(body), `http://127.0.0.1:${PANEL}${path}`]);
};

async function session(agent: Program): Promise<void> {
  const command = technician(['connect', 'hall-mfp', 'web', '--reason', 'New toner', '--json']);
  const connect = Program.start('connect', command);
  running.push(connect);
  const { sessionId } = await event(connect, 'requested');
  const asked = () => agent.log.find((line) => line.step === 'S143' && line.remoteSessionId === sessionId);
  await agent.until(asked, 'shows the approval screen');
  await pressed(`/approvals/${sessionId}`, { decision: 'approved' });
  const { url } = await event(connect, 'listening');
  expect(await fetched(['--location', String(url)])).toContain('<title>');
  await pressed(`/sessions/${sessionId}/end`, {});
  expect(await event(connect, 'ended')).toMatchObject({ ending: 'ended-by-device' });
}

it('a missing name is an error that says which', async () => {
  const made = await Installation.make('unnamed', {});
  await expect(made.compose('config')).rejects.toThrow(/CONSOLE_NAME is missing in \.env/);
  await made.set({ CONSOLE_NAME: NAMES.console });
  await expect(made.compose('config')).rejects.toThrow(/RELAY_NAME is missing in \.env/);
  await made.set({ RELAY_NAME: NAMES.relay, COMPOSE_FILE: 'compose.yaml:compose.postgresql.yaml' });
  await expect(made.compose('config')).rejects.toThrow(/DATABASE_PASSWORD is missing in \.env/);
});

it(
  'SQLite, an authority of your own: from nothing to a session, and another one after the upgrade',
  async () => {
    const certificate = 'tls /certificates/platen.crt /certificates/platen.key';
    const made = await Installation.make('own', {
      CONSOLE_NAME: NAMES.console,
      RELAY_NAME: NAMES.relay,
      SESSION_DOMAIN: NAMES.sessions,
      CONSOLE_TLS: certificate,
      SESSION_TLS: certificate,
    });
    await certify(made.at);
    await appendFile(join(made.at, 'server.env'), 'PLATEN_TLS_CA=/files/authority.crt\n');
    const authority = join(made.at, 'files/authority.crt');
    await made.up();
    await made.platen(['server', 'create-user', 'alex', '--role', 'admin', '--password-stdin'], `${PASSWORD}\n`);
    await host.healthy('own_server_1');
    const login = ['login', URL, '--user', 'alex', '--password-stdin', '--authority', authority];
    await host.run(technician(login), `${PASSWORD}\n`);
    const page = ['--cacert', authority, '--resolve', `some.${NAMES.sessions}:443:${HOST}`];
    // by Caddy, with the wildcard certificate, from the server, which knows no such session
    expect(await fetched([...page, '--write-out', '%{http_code}', `https://some.${NAMES.sessions}/`])).toMatch(
      /[1-5]\d\d$/,
    );

    running.push(Program.start('mfp', host.on(process.execPath, CLI, 'mfp', '--port', String(MFP))));
    const agentFolder = join(folder, 'agent');
    await mkdir(agentFolder);
    const applications = [{ id: 'web', title: 'Pages', target: `http://127.0.0.1:${MFP}` }];
    const devices = [{ id: 'hall-mfp', name: 'Hall', kind: 'mfp', applications }];
    await writeFile(join(agentFolder, 'agent.json'), JSON.stringify({ devices, panel: { port: PANEL } }));
    await copyFile(authority, join(agentFolder, 'authority.crt'));
    const place = ['--customer', 'Acme', '--site', 'Berlin', '--devices', 'hall-*'];
    const code = await host.run(technician(['enrolment-code', 'hall', ...place]));
    const image = [
      '--network',
      'host',
      '-v',
      `${agentFolder}:/etc/platen-agent:ro`,
      '-v',
      'platen-agent:/var/lib/platen-agent',
    ];
    const enrol = ['enrol', '-', '--server', URL, '--authority', '/etc/platen-agent/authority.crt'];
    await host.run(
      host.podman('run', '--rm', '-i', ...image, 'platen-agent', ...enrol),
      `${/\S+\.\S{20,}/.exec(code)![0]}\n`,
    );
    const agent = Program.start('agent', host.podman('run', '--rm', ...image, 'platen-agent'));
    running.push(agent);
    await agent.logged('agent online');
    await session(agent);

    await host.run(host.podman('tag', 'localhost/platen', 'localhost/platen:next'));
    await made.set({ SERVER_IMAGE: 'platen:next' });
    await made.again();
    expect(await host.run(host.podman('inspect', '--format', '{{.ImageName}}', 'own_server_1'))).toMatch(
      /platen:next$/,
    );
    const online = () => agent.log.filter(({ msg }) => msg === 'agent online').length > 1 || undefined;
    await agent.until(online, 'is online again');
    await session(agent);
    await made.compose('down');
  },
  STORY_MS,
);

it(
  'PostgreSQL, the authority of Caddy: login, doctor and backup; a killed server and a new stack keep the data',
  async () => {
    const made = await Installation.make('postgresql', {
      COMPOSE_FILE: 'compose.yaml:compose.postgresql.yaml',
      CONSOLE_NAME: NAMES.console,
      RELAY_NAME: NAMES.relay,
      CONSOLE_TLS: 'tls internal',
      DATABASE_PASSWORD,
    });
    await made.up();
    await made.platen(['server', 'create-user', 'alex', '--role', 'admin', '--password-stdin'], `${PASSWORD}\n`);
    const authority = join(made.at, 'files/authority.crt');
    const root = '/data/caddy/pki/authorities/local/root.crt';
    await host.run(host.podman('cp', `postgresql_caddy_1:${root}`, authority));
    await chmod(authority, 0o644);
    await appendFile(join(made.at, 'server.env'), 'PLATEN_TLS_CA=/files/authority.crt\n');
    await made.again();
    const login = ['login', URL, '--user', 'alex', '--password-stdin', '--authority', authority];
    await host.run(technician(login), `${PASSWORD}\n`);

    await host.permitHairpin();
    const found = await made.platen(['doctor']); // it fails if there is a problem
    for (const line of ['PostgreSQL 1', 'console and API: ', 'control channel: ', 'relay: '])
      expect(found).toContain(line);
    const written = await made.platen(['backup', '/var/lib/platen/today.platen-backup']);
    expect(written).toContain('/var/lib/platen/today.platen-backup');

    const inside = ['exec', 'postgresql_server_1', 'sh', '-c'];
    await expect(host.run(host.podman(...inside, 'touch /usr/lib/platen/x'))).rejects.toThrow(/Read-only file system/);
    const startedAt = () => host.run(host.podman('inspect', '--format', '{{.State.StartedAt}}', 'postgresql_server_1'));
    const before = await startedAt();
    await host.run(host.podman(...inside, 'kill -9 $(cat /proc/1/task/1/children)')).catch(() => undefined);
    await until('it is started again', async () => (await startedAt()) !== before);
    await made.ready();
    await host.run(technician(['devices'])); // fails unless the login is kept
    await made.compose('down', '--volumes');
  },
  STORY_MS,
);

/** As "An authority of your own" in RUNNING. */
async function certify(at: string): Promise<void> {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc'];
  const names = [NAMES.console, NAMES.relay, `*.${NAMES.sessions}`].map((name) => `DNS:${name}`).join();
  const openssl = (...args: string[]) => run('openssl', args, { cwd: at });
  await openssl(
    ...['req', '-x509', ...key, '-days', '2', '-subj', '/CN=Authority', '-keyout', 'authority.key'],
    ...['-addext', 'keyUsage=critical,keyCertSign,cRLSign', '-out', 'files/authority.crt'],
  );
  await openssl(
    ...['req', ...key, '-subj', `/CN=${NAMES.console}`, '-addext', `subjectAltName=${names}`, '-out', 'platen.csr'],
    ...['-addext', 'extendedKeyUsage=serverAuth', '-keyout', 'certificates/platen.key'],
  );
  await openssl(
    ...['x509', '-req', '-in', 'platen.csr', '-CA', 'files/authority.crt', '-CAkey', 'authority.key', '-days', '2'],
    ...['-CAserial', 'serial', '-CAcreateserial', '-copy_extensions', 'copy', '-out', 'certificates/platen.crt'],
  );
}
