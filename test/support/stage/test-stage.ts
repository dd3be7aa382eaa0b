import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeFolder } from '../remove-folder';
import { wallClockMs } from '../../../src/journal/wall-clock';
import { ADMINISTRATOR } from '../../../src/mfp/machine/identity';
import { sessionWithSteps, type Customer } from '../../../src/protocol/api';
import type { Step } from '../../../src/protocol/steps';
import { request } from '../../../src/demo/api-request';
import { Program, type LogLine } from '../../../src/demo/programs';
import { event, press } from '../../../src/demo/scenario';
import { finished, reservePorts, SAMPLE_USERS, setStage, type Stage, type StageOptions } from '../../../src/demo/stage';
import type { SmallFilesystem } from '../small-filesystem';
import { makeSampleUsers } from './sample-users';
import { until } from '../until';

/** The compiled `platen` command; another build can be named. */
export const CLI = process.env.PLATEN_TEST_CLI ?? join(__dirname, '../../../dist/src/cli.js');

/** All programs of Platen as real processes on loopback, with everything they log. */
export class TestStage {
  readonly lines: LogLine[] = [];
  stage!: Stage;
  folder = '';
  private readonly again: Program[] = [];
  private readonly connects: { connect: Program; id: string }[] = [];
  private cookie: string | undefined;

  /** @param disk where the server's data is */
  static async set({
    disk,
    ports: reserved,
    ...options
  }: Pick<StageOptions, 'env' | 'applications' | 'moreDevices'> &
    Partial<Pick<StageOptions, 'ports'>> & { disk?: SmallFilesystem } = {}): Promise<TestStage> {
    const it = new TestStage();
    it.folder = await mkdtemp(join(tmpdir(), 'platen-test-'));
    const ports = reserved ?? (await reservePorts());
    const logIn = () => it.logIn(`http://127.0.0.1:${ports.http}`);
    let loggedIn: Promise<unknown> | undefined;
    it.stage = await setStage({
      folder: it.folder,
      ports,
      cli: CLI,
      makeUsers: async (data) => {
        await makeSampleUsers(data);
        loggedIn = logIn(); // while the agent starts
        loggedIn.catch(() => undefined); // awaited below
      },
      ...options,
      ...(disk && {
        env: { ...options.env, PLATEN_DATA: disk.mountedAt },
        launcher: disk.command,
      }),
      ...((disk || options.env?.PLATEN_DATABASE_URL) && { makeUsers: undefined }), // not in a file that is reached here
      onLog: (line) => it.lines.push(line),
    });
    await (loggedIn ?? logIn());
    return it;
  }
  /** The technician, for requests of the tests and for `platen connect`. */
  async logIn(serverUrl: string): Promise<void> {
    const { username, password } = SAMPLE_USERS.technician;
    this.cookie = (await request(serverUrl, 'POST', '/api/auth/login', { username, password })).cookie;
    const command = ['login', serverUrl, '--user', username, '--password-stdin'];
    const env = { PLATEN_CREDENTIALS: join(this.folder, 'terminal-credentials.json'), PLATEN_LOG_LEVEL: 'info' };
    const input = `${password}\n`;
    await finished(
      Program.start('terminal', [process.execPath, CLI, ...command], {
        env,
        input,
        onLog: (line) => this.lines.push(line),
      }),
    );
  }

  /** Ends what a test has left open, so that the next one finds the pair free. */
  async clear(): Promise<void> {
    const open = this.connects.splice(0);
    const stop = ({ connect }: { connect: Program }) => {
      connect.child.kill('SIGCONT');
      return connect.stop('SIGKILL');
    };
    await Promise.all(open.map(stop));
    for (const { id } of open) await this.ended(id); // one by one: a user may not ask as often as they like
  }

  /** Ends every open session. One that has ended since it was listed refuses; `ended` waits for either. */
  async endSessions(): Promise<void> {
    const { rows } = (await this.get('/api/sessions?state=live')) as { rows: { id: string }[] };
    for (const { id } of rows) {
      await this.post(`/api/sessions/${id}/termination`, {}).catch(() => undefined);
      await this.ended(id);
    }
  }

  async strike(): Promise<void> {
    await Promise.all([...this.again.map((program) => program.stop()), this.stage.stop()]);
    await removeFolder(this.folder);
  }

  /** Starts a program again that a test has killed. */
  async restart(what: 'server' | 'agent'): Promise<Program> {
    const since = wallClockMs();
    const args = what === 'server' ? ['server'] : ['agent', 'run', '--config', join(this.folder, 'agent.json')];
    const program = this.stage.platen(what, args);
    this.again.unshift(program);
    await program.logged(what === 'server' ? 'server listening' : 'agent online');
    if (what === 'server') {
      await this.logged('the agent is back', (line) => line.msg === 'devices announced' && line.at > since);
      await this.logged('the relay is back', (line) => line.msg === 'relay connected' && line.at > since);
    }
    return program;
  }

  /** Where the agent of the stage is. */
  async siteId(): Promise<string> {
    return ((await this.get('/api/customers')) as Customer[])[0]!.sites[0]!.id;
  }

  /** `platen`, logged in as the administrator. */
  async asAdmin(): Promise<(...args: string[]) => Program> {
    const env = { PLATEN_CREDENTIALS: join(this.folder, 'admin-credentials.json'), PLATEN_LOG_LEVEL: 'silent' };
    const command = (args: string[], input = ''): Program =>
      Program.start('terminal', [process.execPath, CLI, ...args], { env, input });
    const { username, password } = SAMPLE_USERS.admin;
    const login = ['login', this.stage.serverUrl, '--user', username, '--password-stdin'];
    await finished(command(login, `${password}\n`));
    return (...args) => command(args);
  }

  device(id: string): { id: string; url: string } {
    const found = this.stage.devices.find((device) => device.id === id);
    if (!found) throw new Error(`${id} is not on the stage; is cups-ipp-utils installed?`);
    return found;
  }

  /** Pages that the simulated MFP says it has printed. */
  async pagesPrinted(): Promise<number> {
    const status = await fetch(`${this.device('demo-mfp').url}/status.json`);
    return ((await status.json()) as { pagesTotal: number }).pagesTotal;
  }

  /** Has a fault occur at the simulated MFP, or be cleared, as somebody who stands there would. */
  async atThePrinter(fault: string, what: 'occurrence' | 'clearance'): Promise<void> {
    const { url } = this.device('demo-mfp');
    const form = (fields: Record<string, string>, cookie = ''): RequestInit => ({
      method: 'POST',
      body: new URLSearchParams(fields),
      headers: { cookie },
      redirect: 'manual',
    });
    const login = await fetch(`${url}/login`, form(ADMINISTRATOR));
    const cookie = login.headers.getSetCookie().at(-1)!.split(';')[0]!;
    const done = await fetch(`${url}/service/${fault}/${what}`, form({}, cookie));
    if (done.status !== 303) throw new Error(`${fault} ${what}: ${done.status}`);
  }

  async get(path: string): Promise<unknown> {
    return (await request(this.stage.serverUrl, 'GET', path, undefined, this.cookie)).body;
  }
  async post(path: string, body: unknown): Promise<unknown> {
    return (await request(this.stage.serverUrl, 'POST', path, body, this.cookie)).body;
  }
  async session(id: string) {
    return sessionWithSteps.parse(await this.get(`/api/sessions/${id}`));
  }
  /** Waits until the session is in a state. */
  ended(id: string, timeoutMs = 90_000) {
    const look = async () => {
      const session = await this.session(id);
      return session.state === 'ended' && session;
    };
    return until(`the end of session ${id}`, look, timeoutMs, 500); // the API limits requests per minute
  }

  /** Waits for a line in any program's log. */
  logged(what: string, match: (line: LogLine) => boolean, timeoutMs = 90_000): Promise<LogLine> {
    return until(what, () => this.lines.find(match), timeoutMs, 20);
  }
  step(step: Step, sessionId: string): Promise<LogLine> {
    return this.logged(
      `${step} of session ${sessionId}`,
      (line) => line.step === step && line.remoteSessionId === sessionId,
    );
  }

  /** `platen connect`, up to the moment when the approval screen is shown. */
  async request(
    device: string,
    application = 'web',
    options: string[] = [],
  ): Promise<{ connect: Program; id: string }> {
    const args = ['connect', device, application, '--reason', 'End-to-end test', '--json', ...options];
    const connect = this.stage.platen('terminal', args);
    const { sessionId: id } = await event(connect, 'requested');
    this.connects.push({ connect, id });
    await this.step('S143', id);
    return { connect, id };
  }
  /** The same, approved and connected; `url` leads to the application. */
  async connect(device: string, application?: string): Promise<{ connect: Program; id: string; url: string }> {
    const { connect, id } = await this.request(device, application);
    await this.press(`/approvals/${id}`, { decision: 'approved' });
    const { url } = await event(connect, 'listening');
    return { connect, id, url: String(url) };
  }
  /** A session from its request to its end. */
  async works(device = 'demo-mfp'): Promise<void> {
    const { connect, id, url } = await this.connect(device);
    const { status } = await fetch(url);
    connect.child.kill('SIGINT');
    const exit = await connect.exited;
    const { ending } = await this.ended(id);
    if (status !== 200 || exit !== 0 || ending !== 'ended-by-terminal')
      throw new Error(`session ${id}: ${status}, exit ${exit}, ${ending}`);
  }
  press(path: string, body: unknown): Promise<void> {
    return press(this.stage, path, body);
  }

  /**
   * The steps of `chain` in the order in which they were logged. Waits until each has been: every program writes its own
   * log, and a terminal ends before the last lines of the relay have arrived.
   */
  async inOrder(sessionId: string, chain: readonly Step[]): Promise<string[]> {
    for (const step of chain) await this.step(step, sessionId);
    return this.stepsOf(sessionId).filter((step) => chain.includes(step as Step));
  }
  /** The steps of one session, each once, in the order in which they were taken. */
  stepsOf(sessionId: string): string[] {
    const own = this.lines.filter((line) => line.step && line.remoteSessionId === sessionId);
    return [...new Set(own.sort((a, b) => a.at - b.at).map((line) => line.step!))];
  }
}
