import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeFolder } from '../remove-folder';
import type { Program } from '../../../src/demo/programs';
import { event } from '../../../src/demo/scenario';
import { finished, SAMPLE_USERS } from '../../../src/demo/stage';
import { CustomerNetworks, LAN, SERVER, type Customer, type Host, type LanProxy } from '../customer-networks';
import { makeAuthority, makeSignedCertificate, type TestCertificate } from '../test-certificate';
import { makeSampleUsers } from './sample-users';
import { CLI } from './test-stage';

type SampleUser = keyof typeof SAMPLE_USERS;
type AgentHost = `${'agent' | 'second'}-${Customer}`;

interface NetworkStageOptions {
  /** Further settings of the server. */
  readonly env?: Record<string, string>;
  /** Whether a private authority has signed the server's certificate; otherwise it is generated. */
  readonly signed?: boolean;
  /** Where administrators and technicians are. */
  readonly terminals?: Host;
  /** As agents and technicians see it; by default its address. */
  readonly serverUrl?: string;
  /** Names that lead to the server in all networks. */
  readonly names?: string[];
  /** Whether a reverse proxy serves them in place of the server, with a certificate of the private authority. */
  readonly behindProxy?: boolean;
  /** Starts what the server needs. @returns further settings of the server */
  readonly prepare?: (stage: NetworkStage) => Promise<Record<string, string>>;
  /** Writes the sample users into the database of the running server, if that is not SQLite. */
  readonly makeUsers?: () => Promise<void>;
  /** The only way out of a customer's LAN; terminals find it in their environment. */
  readonly proxy?: LanProxy & { in: Customer; url: string };
}

const platen = (...args: string[]): string[] => [process.execPath, CLI, ...args];

/** All programs of Platen as real processes in networks of their own: everything but loopback needs TLS there. */
export class NetworkStage {
  /** Of the server's key, as `platen server fingerprint` prints it. */
  pin = '';
  private readonly running: Program[] = [];
  private readonly names = [SERVER, '*.sessions.example'];
  private authority: TestCertificate | undefined;
  /** Whether the key that agents see at enrolment is not the one that their codes name. */
  private hasOtherKey = false;
  private serving: Program | undefined;
  private serverEnv: Record<string, string> = {};

  private constructor(
    readonly networks: CustomerNetworks,
    readonly folder: string,
    private readonly terminals: Host,
    readonly serverUrl: string,
    private readonly terminalEnv: Record<string, string>,
  ) {}

  /** Starts the server and its relay, with the sample users logged in at their terminals. */
  static async set({
    env = {},
    signed = false,
    terminals = 'internet',
    serverUrl = `https://${SERVER}:8080`,
    names,
    behindProxy = false,
    prepare = () => Promise.resolve({}),
    makeUsers,
    proxy,
  }: NetworkStageOptions = {}): Promise<NetworkStage> {
    const folder = await mkdtemp(join(tmpdir(), 'platen-networks-'));
    const hosts = names && join(folder, 'hosts');
    if (hosts) await writeFile(hosts, `127.0.0.1 localhost\n${SERVER} ${names.join(' ')}\n`);
    const networks = await CustomerNetworks.set(hosts);
    const login = proxy && `${proxy.user}:${proxy.password}@`;
    const terminalEnv = proxy ? { HTTPS_PROXY: proxy.url.replace('://', `://${login}`) } : {};
    const it = new NetworkStage(networks, folder, terminals, serverUrl, terminalEnv as Record<string, string>);
    if (proxy) for (const program of await networks.lockIn(proxy.in, { ...proxy, folder })) it.started(program);
    it.names.push(...(names ?? []));
    it.hasOtherKey = behindProxy;
    const begin = async () => {
      const certificate: Record<string, string> = signed || behindProxy ? await it.signedCertificate() : {};
      const more = await prepare(it);
      const { PLATEN_TLS_CA } = certificate;
      const own = behindProxy ? { PLATEN_TLS_CA: PLATEN_TLS_CA! } : certificate;
      await it.startServer({ ...env, ...own, ...more }, makeUsers);
    };
    await begin().catch(async (error: unknown) => {
      await it.strike();
      throw error;
    });
    return it;
  }

  async strike(): Promise<void> {
    for (const program of this.running) await program.stop();
    await this.networks.strike();
    await removeFolder(this.folder);
  }

  /** A command of an administrator or technician. */
  terminal(user: SampleUser, args: string[], input?: string): Program {
    const credentials = join(this.folder, `${user}.json`);
    const env = { PLATEN_CREDENTIALS: credentials, PLATEN_LOG_LEVEL: 'silent', ...this.terminalEnv };
    return this.networks.start(this.terminals, platen(...args), { env, input });
  }

  /** A short command at the server, with its settings and others. */
  atServer(args: string[], more: Record<string, string> = {}): Promise<{ code: number | null; output: string }> {
    const settings = Object.entries({ ...this.serverEnv, ...more }).map(([name, value]) => `${name}=${value}`);
    return this.networks.run('internet', 'env', ...settings, ...platen(...args));
  }

  /** The customer's MFP and, on another host of the LAN, its agent with further settings. */
  async startCustomer(name: Customer, more: object = {}, env?: Record<string, string>): Promise<void> {
    await this.startDevice(name);
    await this.startAgent('agent', name, `mfp-${name}`, more, env);
  }

  /** The customer's MFP. */
  async startDevice(name: Customer): Promise<void> {
    const mfp = [
      'mfp',
      '--host',
      LAN.device,
      '--port',
      '80',
      '--name',
      `MFP of ${name}`,
      '--serial',
      `SERIAL-${name}`,
      '--raw-port',
      '9100',
    ];
    await this.started(this.networks.start(`device-${name}`, platen(...mfp))).logged('mfp listening');
  }

  /** An agent on a host of the customer's LAN, which leads to the customer's MFP. */
  async startAgent(
    on: 'agent' | 'second',
    name: Customer,
    deviceId: string,
    more: object = {},
    env?: Record<string, string>,
  ): Promise<void> {
    const agent = `${on}-${name}` as const;
    const code = await this.prepareAgent(on, name, deviceId, more);
    const file = this.configurationOf(agent);
    const trust = this.hasOtherKey ? ['--authority', join(this.folder, 'authority.crt')] : [];
    const enrol = platen('agent', 'enrol', '-', '--server', this.serverUrl, '--config', file, ...trust);
    await finished(this.networks.start(agent, enrol, { input: `${code}\n` }));
    await this.runAgent(agent, env).logged('agent online', 60_000);
  }

  /** Writes the configuration of an agent. @returns an enrolment code for it */
  async prepareAgent(on: 'agent' | 'second', name: Customer, deviceId: string, more: object = {}): Promise<string> {
    const agent = `${on}-${name}` as const;
    await mkdir(join(this.folder, agent));
    const application = { id: 'web', title: 'Web pages', target: `http://${LAN.device}` };
    const device = { id: deviceId, name: `MFP of ${name}`, kind: 'mfp', applications: [application] };
    await this.configure(agent, { devices: [device], ...more });
    const issue = ['enrolment-code', agent, '--customer', name, '--site', 'LAN', '--devices', deviceId];
    return (await finished(this.terminal('admin', issue))).printed[0]!;
  }

  /** Writes the configuration of an agent, which reads it when it starts. */
  configure(agent: AgentHost, configuration: object): Promise<void> {
    const all = { panel: { port: 8631 }, ...configuration };
    return writeFile(this.configurationOf(agent), JSON.stringify(all), { mode: 0o600 });
  }

  /** The command line of a program of Platen. */
  readonly platen = platen;

  /** Runs an agent that was enrolled before. @param env further variables of its environment */
  runAgent(agent: AgentHost, env: Record<string, string> = {}): Program {
    const run = platen('agent', 'run', '--config', this.configurationOf(agent));
    return this.started(this.networks.start(agent, run, { env: { PLATEN_LOG_LEVEL: 'info', ...env } }));
  }

  get server(): Program {
    if (!this.serving) throw new Error('the server does not run');
    return this.serving;
  }

  /** The program that was started last on a host. */
  programOn(host: Host): Program {
    const found = this.running.find(({ name }) => name === host);
    if (!found) throw new Error(`nothing runs on ${host}`);
    return found;
  }

  /** YES on the agent's page, which only its own host reaches. */
  async pressYes(name: Customer, id: string): Promise<void> {
    const agent = this.programOn(`agent-${name}`);
    await agent.until(
      () => agent.log.find((line) => line.step === 'S143' && line.remoteSessionId === id),
      'shows the approval screen',
    );
    const post = [
      'curl',
      '-sS',
      '--fail',
      '-H',
      'Content-Type: application/json',
      '-H',
      'Origin: http://127.0.0.1:8631',
      '-d',
      '{"decision":"approved"}',
    ];
    const pressed = await this.networks.run(`agent-${name}`, ...post, `http://127.0.0.1:8631/approvals/${id}`);
    if (pressed.code !== 0) throw new Error(`YES was not accepted: ${pressed.output}`);
  }

  /** A session of an administrator with the web pages of a customer's MFP, which arrive. @returns the open `platen connect` */
  async openWebPages(name: Customer): Promise<Program> {
    const connect = this.terminal('admin', ['connect', `mfp-${name}`, 'web', '--reason', 'Streaks', '--json']);
    try {
      const { sessionId } = await event(connect, 'requested');
      await this.pressYes(name, sessionId);
      const { url } = await event(connect, 'listening');
      const page = await this.page(this.terminals, String(url));
      if (!page.includes(`SERIAL-${name}`)) throw new Error(`another page: ${page}`);
      return connect;
    } catch (error) {
      await connect.stop('SIGINT');
      throw error;
    }
  }

  /** The same, and its end. */
  async opensWebPages(name: Customer): Promise<void> {
    await (await this.openWebPages(name)).stop('SIGINT');
  }

  /** Signed firmware for the simulated MFP, made and uploaded by the administrator. */
  async uploadFirmware(version: string, bytes: number): Promise<void> {
    const [file, signed] = ['bin', 'signed'].map((end) => join(this.folder, `${version}.${end}`)) as [string, string];
    const make = ['mfp', 'firmware', version, file, '--bytes', String(bytes)];
    await finished(this.networks.start(this.terminals, platen(...make)));
    const key = join(this.folder, 'keys', 'release.key');
    await finished(
      this.terminal('admin', ['firmware', 'sign', file, '--firmware-version', version, '--key', key, '--out', signed]),
    );
    await finished(this.terminal('admin', ['firmware', 'upload', signed]));
  }

  /** The text of a page as a host gets it. */
  async page(host: Host, url: string): Promise<string> {
    const { code, output } = await this.networks.run(host, 'curl', '-sSL', '--fail', '--max-time', '60', url);
    if (code !== 0) throw new Error(`${url}: ${output}`);
    return output;
  }

  private async startServer(more: Record<string, string>, makeUsers?: () => Promise<void>): Promise<void> {
    const env = {
      PLATEN_DATA: join(this.folder, 'server'),
      PLATEN_HOST: SERVER,
      PLATEN_PUBLIC_URL: this.serverUrl,
      PLATEN_XMPP_HOST: SERVER,
      PLATEN_RELAY_HOST: SERVER,
      PLATEN_LOG_LEVEL: 'info',
      PLATEN_RELEASE_PUBLIC_KEY: join(this.folder, 'keys', 'release.pub'),
      ...more,
    };
    this.serverEnv = env;
    await finished(this.networks.start('internet', platen('release', 'keys', '--out', join(this.folder, 'keys'))));
    const server = await this.runServer();
    await (makeUsers ? makeUsers() : makeSampleUsers(env.PLATEN_DATA));
    if (more.PLATEN_RELAY !== 'remote') await server.logged('relay connected');
    const fingerprint = platen('server', 'fingerprint');
    this.pin = (await finished(this.networks.start('internet', fingerprint, { env }))).printed[0]!;
    const logins = Object.entries(SAMPLE_USERS).map(async ([user, { username, password }]) => {
      const trust = more.PLATEN_TLS_CA ? ['--authority', more.PLATEN_TLS_CA] : ['--fingerprint', this.pin];
      const login = ['login', this.serverUrl, '--user', username, '--password-stdin', ...trust];
      await finished(this.terminal(user as SampleUser, login, `${password}\n`));
    });
    await Promise.all(logins);
  }

  /** Runs the server, also after an earlier one was killed. */
  async runServer(): Promise<Program> {
    this.serving = this.started(this.networks.start('internet', platen('server'), { env: this.serverEnv }));
    await this.serving.logged('server listening', 60_000);
    return this.serving;
  }

  /** A certificate that the private authority of this stage has signed. */
  async certificateFor(names: string[]): Promise<TestCertificate & { authority: string }> {
    this.authority ??= await makeAuthority();
    return makeSignedCertificate(names, this.authority);
  }

  /** Replaces the certificate that a private authority has signed, in the files that server and relay watch. @returns its pin */
  async renewCertificate(): Promise<string> {
    const { cert, key, pin, authority } = await this.certificateFor(this.names);
    this.hasOtherKey ||= this.serving !== undefined;
    await writeFile(join(this.folder, 'server.crt'), cert);
    await writeFile(join(this.folder, 'server.key'), key);
    await writeFile(join(this.folder, 'authority.crt'), authority);
    return pin;
  }

  private async signedCertificate(): Promise<Record<string, string>> {
    await this.renewCertificate();
    return {
      PLATEN_TLS_CERTIFICATE: join(this.folder, 'server.crt'),
      PLATEN_TLS_KEY: join(this.folder, 'server.key'),
      PLATEN_TLS_CA: join(this.folder, 'authority.crt'),
    };
  }

  configurationOf(agent: AgentHost): string {
    return join(this.folder, agent, 'agent.json');
  }
  started(program: Program): Program {
    this.running.unshift(program);
    return program;
  }
}
