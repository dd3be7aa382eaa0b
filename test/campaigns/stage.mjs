// The programs of a campaign: a server with its relay, agents with their devices, terminals. What ends is started again, as
// by a service manager.
import { mkdir, writeFile } from 'node:fs/promises';
import { createWriteStream, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { built, CLI, within } from './campaign.mjs';

const { Program } = built('src/demo/programs');
const { request } = built('src/demo/api-request');
const { freePorts } = built('src/demo/free-ports');

/** Part of every name that only the honest customer may see. */
export const PRIVATE = 'private-7f3c';
const PASSWORD = 'a password for one campaign';
/** A service manager waits, too, before it starts a program again. */
const RESTART_MS = 300;
const START_MS = 120_000;
const STOP_MS = 120_000;
/** Ports for the pairs of the relay. */
const RELAY_PORTS = 9;

/** A program that is started again whenever it has ended. */
class Service {
  restarts = 0;
  #stopping = false;

  /** @param start starts the program @param onEnd given how it ended, unless it was stopped */
  constructor(name, start, onEnd) {
    this.name = name;
    this.start = start;
    this.onEnd = onEnd;
    this.#run();
  }

  #run() {
    this.program = this.start();
    void this.program.exited.then(async (how) => {
      if (this.#stopping) return;
      this.onEnd(this, how);
      await delay(RESTART_MS);
      if (this.#stopping) return;
      this.restarts += 1;
      this.#run();
    });
  }

  get pid() {
    return isAlive(this.program.child) ? this.program.child.pid : undefined;
  }

  /** @returns how it ended */
  async stop() {
    this.#stopping = true;
    return this.program.stop('SIGTERM', STOP_MS);
  }
}

const isAlive = ({ exitCode, signalCode }) => exitCode === null && signalCode === null;

export class Stage {
  /** Log lines with the steps, starts and faults that the ledger asks about. */
  lines = [];
  /** Programs that ended and were not killed by the campaign. */
  faults = [];
  services = [];
  terminals = new Set();
  #killed = new Set();
  #devices = [];

  constructor(folder, { agents, logFile }) {
    this.folder = folder;
    this.agentCount = agents;
    this.copy = logFile && createWriteStream(logFile);
  }

  /** @param settings environment of all programs @param serverEnvironment and of the server alone */
  async set(settings, serverEnvironment = {}) {
    const [http, xmpp, ...rest] = await freePorts(2 + RELAY_PORTS + 2 * this.agentCount);
    const ofAgents = rest.slice(RELAY_PORTS);
    this.url = `http://127.0.0.1:${http}`;
    this.env = {
      PLATEN_DATA: join(this.folder, 'server'),
      PLATEN_PORT: String(http),
      PLATEN_XMPP_PORT: String(xmpp),
      PLATEN_RELAY_PORT: String(rest[0]),
      PLATEN_LOG_LEVEL: 'info',
      ...settings,
    };
    this.agents = Array.from({ length: this.agentCount }, (_, index) => {
      const [mfp, panel] = ofAgents.slice(2 * index, 2 * index + 2);
      const folder = join(this.folder, `agent-${index + 1}`);
      return {
        ...{ id: `agent-${index + 1}`, deviceId: `mfp-${index + 1}`, folder, mfp },
        ...{ panelUrl: `http://127.0.0.1:${panel}`, panel, file: join(folder, 'agent.json') },
      };
    });
    for (const { deviceId, mfp } of this.agents) this.#devices.push(this.#device(deviceId, mfp));
    this.server = this.#service('server', ['server'], serverEnvironment);
    await this.server.program.logged('server listening', START_MS);
    await this.#makeUsers();
    await this.server.program.logged('relay connected', START_MS);
    await Promise.all(this.agents.map((agent) => this.#addAgent(agent)));
  }

  /** Simulated devices are not killed: what they count is what the ledger is compared with. */
  #device(deviceId, port) {
    const data = this.deviceFolder(deviceId);
    return this.#start(deviceId, ['mfp', '--port', String(port), '--restart-ms', '1500', '--data', data]);
  }
  deviceFolder(deviceId) {
    return join(this.folder, deviceId);
  }

  /** Devices that have not printed all yet. */
  async printing() {
    const states = await Promise.all(
      this.agents.map(async ({ deviceId, mfp }) => {
        const status = await (await fetch(`http://127.0.0.1:${mfp}/status.json`)).json();
        return { deviceId, idle: status.job === null && status.jobsWaiting === 0 };
      }),
    );
    return states.filter(({ idle }) => !idle).map(({ deviceId }) => deviceId);
  }

  async #makeUsers() {
    const create = this.#start('create-user', ['server', 'create-user', 'admin', '--role', 'admin'], `${PASSWORD}\n`);
    if ((await create.exited) !== 0) throw new Error('the administrator was not created');
    this.admin = await this.#login('admin');
    const users = [];
    for (const username of ['tina', 'tom']) {
      const user = { username, displayName: `${PRIVATE} ${username}`, role: 'technician', password: PASSWORD };
      users.push((await this.ask(this.admin, 'POST', 'users', user)).id);
    }
    [this.customerId, this.siteId] = await this.addCustomer(PRIVATE, users);
    this.technicians = [await this.#login('tina'), await this.#login('tom')];
  }

  /** @returns the IDs of a customer with these users, and of its site */
  async addCustomer(name, userIds) {
    const customer = await this.ask(this.admin, 'POST', 'customers', { name: `${name} customer` });
    await this.ask(this.admin, 'PUT', `customers/${customer.id}/users`, { userIds });
    const site = await this.ask(this.admin, 'POST', `customers/${customer.id}/sites`, { name: `${name} site` });
    return [customer.id, site.id];
  }

  /** @returns the ID of a new user, and a token */
  async addUser(username, role) {
    const { id } = await this.ask(this.admin, 'POST', 'users', {
      username,
      displayName: username,
      role,
      password: PASSWORD,
    });
    return { id, ...(await this.#login(username)) };
  }

  /** @returns their cookie and token, and the file with which `platen` acts for them */
  async #login(username) {
    const { cookie } = await request(this.url, 'POST', '/api/auth/login', { username, password: PASSWORD });
    const { token } = await this.ask({ cookie }, 'POST', 'tokens', { name: 'campaign' });
    const credentials = join(this.folder, `${username}.json`);
    await writeFile(credentials, JSON.stringify({ server: this.url, token }), { mode: 0o600 });
    return { username, cookie, token, credentials };
  }

  async #addAgent({ id, deviceId, folder, mfp, panel, file }) {
    await mkdir(folder, { recursive: true });
    const web = { id: 'web', title: 'Web pages', target: `http://127.0.0.1:${mfp}` };
    const ipp = `ipp://127.0.0.1:${mfp}/ipp/print`;
    const allowed = { do: 'allow', perHour: 10_000 };
    const device = {
      id: deviceId,
      name: `${PRIVATE} ${deviceId}`,
      kind: 'mfp',
      location: PRIVATE,
      ipp,
      maintenance: { identify: allowed, 'test-page': allowed, restart: allowed },
      applications: [web],
    };
    await writeFile(file, JSON.stringify({ panel: { port: panel }, state: join(folder, 'state'), devices: [device] }));
    await this.enrol(id, file, this.siteId, [device.id]);
    const service = this.#service(id, ['agent', 'run', '--config', file]);
    await service.program.logged('agent online', START_MS);
  }

  /** Gives the agent with this configuration file its account. */
  async enrol(agentId, file, siteId, deviceIds = ['*']) {
    const code = await this.ask(this.admin, 'POST', 'enrolment-codes', { agentId, siteId, deviceIds });
    const enrol = ['agent', 'enrol', '-', '--server', this.url, '--config', file];
    if ((await this.#start('enrol', enrol, `${code.ticket}\n`).exited) !== 0)
      throw new Error(`${agentId} was not enrolled`);
  }

  /** A program of the campaign's own, which is started again like the others. */
  runAgent(name, file) {
    return this.#service(name, ['agent', 'run', '--config', file]);
  }

  /** The REST API. @throws RequestRefused, or TypeError if the server cannot be reached */
  async ask({ cookie }, method, path, body) {
    return (await request(this.url, method, `/api/${path}`, body, cookie)).body;
  }

  /** `platen connect`, which a technician runs. */
  connect(technician, deviceId) {
    const args = ['connect', deviceId, 'web', '--reason', `${PRIVATE} reason`, '--minutes', '5', '--json'];
    const program = this.#start('terminal', args, undefined, { PLATEN_CREDENTIALS: technician.credentials });
    this.terminals.add(program);
    void program.exited.then(() => this.terminals.delete(program));
    return program;
  }

  #service(name, args, env) {
    const ended = ({ program }, how) => {
      if (!this.#killed.has(program.child.pid)) this.faults.push(`${name} ended on its own: ${how}`);
    };
    const service = new Service(name, () => this.#start(name, args, undefined, env), ended);
    this.services.push(service);
    return service;
  }

  #start(name, args, input, env = {}) {
    const onLog = (line) => {
      if (this.copy) this.copy.write(`${name} ${JSON.stringify(line)}\n`);
      if (/^unexpected error/.test(line.msg))
        this.faults.push(`${line.program}: ${line.msg}: ${line.err?.message ?? ''}`);
      if (BACK.has(line.msg)) this.lines.push(line);
    };
    return Program.start(name, [process.execPath, CLI, ...args], { env: { ...this.env, ...env }, input, onLog });
  }

  /** What can be killed now: PIDs of the programs that this stage started, or that its own relay's keeper did. */
  victims(kind) {
    const pids = (programs) => programs.flatMap(({ pid }) => pid ?? []);
    if (kind === 'server') return pids([this.server]);
    if (kind === 'agent') return pids(this.services.filter((service) => service !== this.server));
    if (kind === 'terminal')
      return [...this.terminals].filter(({ child }) => isAlive(child)).map(({ child }) => child.pid);
    return relayProcesses(join(this.folder, 'server/relay'), kind);
  }

  kill(pid) {
    this.#killed.add(pid);
    try {
      process.kill(pid, 'SIGKILL');
      return true;
    } catch {
      return false; // it has just ended
    }
  }
  nameOf(pid) {
    return this.services.find((service) => service.pid === pid)?.name;
  }

  /** Ends everything in order: first what asks, last the devices. */
  async stop() {
    await Promise.all([...this.terminals].map((program) => program.stop()));
    const agents = this.services.filter((service) => service !== this.server);
    for (const ended of [agents, [this.server]]) {
      for (const service of ended) {
        const how = await service?.stop();
        if (service && how !== 0) this.faults.push(`${service.name} did not stop in order: ${how}`);
      }
    }
    await within(START_MS, () => relayProcesses(join(this.folder, 'server/relay')).length === 0, 50);
    await Promise.all(this.#devices.map((device) => device.stop()));
  }

  /** For the exit of the campaign: nothing it started lives longer. */
  killAll() {
    const children = [...this.services.map(({ program }) => program), ...this.terminals, ...this.#devices];
    for (const { child } of children) child.kill('SIGKILL');
    for (const pid of relayProcesses(join(this.folder, 'server/relay'))) this.kill(pid);
  }
}

/** Lines by which a program is known to be back. */
const BACK = new Set(['server listening', 'relay connected', 'pair ready', 'devices announced']);

/** PIDs of the relay with this data folder; of its keeper the command is `relay`. */
function relayProcesses(data, kind) {
  const word = kind === 'keeper' ? 'relay' : kind;
  const text = (pid, file) => {
    try {
      return readFileSync(`/proc/${pid}/${file}`, 'utf8').split('\0');
    } catch {
      return []; // it has ended, or is another user's
    }
  };
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && text(pid, 'environ').includes(`PLATEN_RELAY_DATA=${data}`))
    .filter((pid) => !word || text(pid, 'cmdline').includes(word));
}
