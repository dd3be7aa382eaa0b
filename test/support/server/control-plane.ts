import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../../ormconfig';
import { freePorts } from '../../../src/demo/free-ports';
import { session, sessionWithSteps, type Session, type SessionConnection } from '../../../src/protocol/api';
import {
  announce,
  announcedDevice,
  approval,
  type ConnectionInfo,
  type Enrolment,
} from '../../../src/protocol/control-channel';
import { operation } from '../../../src/protocol/maintenance';
import type { SessionState } from '../../../src/protocol/remote-session';
import { readConfig, type Config } from '../../../src/server/config/config';
import { loadSecrets } from '../../../src/server/config/secrets';
import { openDatabase } from '../../../src/server/database/open-database';
import { startServer, type RunningServer } from '../../../src/server/main';
import { relaySecret } from '../../../src/server/relays/relay-secret';
import { HalfLogEntity } from '../../../src/server/sessions/half-log.entity';
import { SessionEntity } from '../../../src/server/sessions/session.entity';
import { ScriptedAgent } from '../agent/scripted-agent';
import { ScriptedRelay, type ScriptedLink, type ScriptedRelayOptions } from '../relay/scripted-relay';
import { hashCheaply } from './cheap-hash';
import { databaseSettings } from './new-database';
import { storeUsers } from './stored-users';
import { until } from '../until';

/** Of all users. */
export const PASSWORD = 'a long enough password';
const USERS = { ada: 'admin', tom: 'technician', tess: 'technician' } as const;
export type Who = keyof typeof USERS;

export interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}
/** A session whose halves both may connect. */
export interface Prepared {
  readonly id: string;
  readonly link: ScriptedLink;
  readonly device: ConnectionInfo;
  readonly terminal: ConnectionInfo;
}

/** The real server in this process; agents and relays are scripted peers on its real wires. Can be closed and started again. */
export class ControlPlane {
  config!: Config;
  agent!: ScriptedAgent;
  relay!: ScriptedRelay;
  private server!: RunningServer;
  private account!: Enrolment;
  /** The site of the agents, whose customer all technicians are assigned to. */
  siteId!: string;
  private readonly tokens = new Map<Who, string>();
  private addresses = 0;
  private environment: Readonly<Record<string, string>>;

  private constructor(
    private readonly data: string,
    private readonly initial: Readonly<Record<string, string>>,
  ) {
    this.environment = initial;
  }

  /**
   * With the agent `box` (device `printer`, application `web`) and the relay `local` connected.
   * @param prepare done before the server starts
   */
  static async start(
    overrides: Record<string, string> = {},
    prepare: (config: Config) => Promise<void> = () => Promise.resolve(),
  ): Promise<ControlPlane> {
    hashCheaply();
    const data = mkdtempSync(join(tmpdir(), 'platen-control-plane-'));
    const [port, xmpp] = await freePorts(2);
    const it = new ControlPlane(data, {
      ...(await databaseSettings()),
      PLATEN_DATA: data,
      PLATEN_PORT: String(port),
      PLATEN_XMPP_PORT: String(xmpp),
      PLATEN_RELAY: 'remote',
      PLATEN_LOG_LEVEL: process.env.PLATEN_TEST_LOG ?? 'silent',
      PLATEN_TRUST_PROXY: 'yes',
      ...overrides,
    });
    it.config = it.readSettings();
    const users = Object.entries(USERS).map(([username, role]) => ({ username, role }));
    await storeUsers(
      it.config,
      users.map((user) => ({ ...user, password: PASSWORD, displayName: user.username.toUpperCase() })),
    );
    await prepare(it.config);
    await it.serve();
    for (const who of Object.keys(USERS) as Who[]) await it.login(who);
    await it.addDefaultCustomer();
    it.account = await it.enrol('box');
    await it.connectAgent();
    await it.connectRelay();
    return it;
  }

  get url(): string {
    return this.server.url;
  }

  /** Stops the server as SIGTERM would; agent and relay lose their connections. */
  async halt(): Promise<void> {
    await this.server.stop();
  }
  /** Starts the server again on the same data, with other settings if wanted; no agent or relay is connected yet. */
  async boot(overrides: Record<string, string> = {}): Promise<void> {
    this.config = this.readSettings(overrides);
    await this.serve();
  }
  /** An XMPP engine may be connected later than the server starts; it refuses logins of agents until then. */
  private async serve(): Promise<void> {
    this.server = await startServer(this.config);
    if (!this.config.xmpp.component) return;
    await until('the engine to be connected', async () => {
      const { error = {} } = (await (await fetch(`${this.url}/readyz`)).json()) as { error?: object };
      return !('xmpp-engine' in error);
    });
  }

  /** Changes timeouts and settings of deployments, in the running server and in those started after it, until `clear`. */
  change(settings: Record<string, string>): void {
    this.environment = { ...this.environment, ...settings };
    this.applySettings();
  }
  private applySettings(): void {
    const { timeouts, deployment } = this.readSettings();
    Object.assign(this.config.timeouts, timeouts);
    Object.assign(this.config.deployment, deployment);
  }
  private readSettings(overrides: Record<string, string> = {}): Config {
    const config = readConfig({ ...this.environment, ...overrides });
    return { ...config, timeouts: { ...config.timeouts }, deployment: { ...config.deployment } };
  }

  async stop(): Promise<void> {
    await this.agent.leave();
    await this.relay.leave();
    await this.server.stop();
    rmSync(this.data, { recursive: true, force: true });
  }

  /** An API token of this user, which covers all that the user may do. */
  tokenOf(who: Who): string {
    return this.tokens.get(who)!;
  }

  call(who: Who | undefined, method: string, path: string, body?: unknown): Promise<Answer> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    return this.fetch(who, method, path, 'application/json', text);
  }
  /** Gets a file. */
  async text(who: Who, path: string): Promise<string> {
    const headers = { authorization: `Bearer ${this.tokenOf(who)}` };
    return (await fetch(`${this.url}/api${path}`, { headers })).text();
  }
  /** Posts a file. */
  send(who: Who, path: string, file: Uint8Array<ArrayBuffer>, type: string): Promise<Answer> {
    return this.fetch(who, 'POST', path, type, file);
  }
  private async fetch(
    who: Who | undefined,
    method: string,
    path: string,
    type: string,
    body: string | Uint8Array<ArrayBuffer> | undefined,
  ): Promise<Answer> {
    const response = await fetch(`${this.url}/api${path}`, {
      method,
      headers: {
        'content-type': type,
        // a new address each time, so that the throttle for unauthenticated peers counts none of them
        'x-forwarded-for': `198.51.100.${(this.addresses = (this.addresses + 1) % 250)}`,
        ...(who && { authorization: `Bearer ${this.tokenOf(who)}` }),
      },
      body,
      signal: AbortSignal.timeout(60_000),
    });
    const text = await response.text();
    return { status: response.status, body: text ? (JSON.parse(text) as Record<string, unknown>) : {} };
  }

  /** Of the agents that tests enrol; all users work for it. */
  private async addDefaultCustomer(): Promise<void> {
    const customer = await this.addCustomer('Acme');
    const users = (await this.call('ada', 'GET', '/users')).body.rows as { id: string }[];
    await this.call('ada', 'PUT', `/customers/${customer}/users`, { userIds: users.map(({ id }) => id) });
    this.siteId = await this.addSite(customer, 'Berlin');
  }
  /** @returns its ID */
  async addCustomer(name: string): Promise<string> {
    return String((await this.call('ada', 'POST', '/customers', { name })).body.id);
  }
  /** @returns its ID */
  async addSite(customerId: string, name: string): Promise<string> {
    return String((await this.call('ada', 'POST', `/customers/${customerId}/sites`, { name })).body.id);
  }
  /** A new enrolment code, which covers every device ID. */
  async enrolmentCode(agentId: string, siteId = this.siteId): Promise<string> {
    const body = { agentId, siteId, deviceIds: ['*'] };
    return String((await this.call('ada', 'POST', '/enrolment-codes', body)).body.ticket);
  }
  async enrol(agentId: string, siteId = this.siteId, signingKey?: string): Promise<Enrolment> {
    const [code] = (await this.enrolmentCode(agentId, siteId)).split('.');
    return (await this.call(undefined, 'POST', '/enrolment', { code, signingKey })).body as unknown as Enrolment;
  }
  /** A stream of an enrolled agent. @param resource as in ScriptedAgent.login */
  streamOf(
    { xmpp, agentId, password }: Enrolment,
    resource?: string,
    answers?: ScriptedAgent['answers'],
  ): Promise<ScriptedAgent> {
    return ScriptedAgent.login(xmpp.port, xmpp.domain, agentId, password, resource, answers);
  }

  /** @param answers for requests that follow the announcement at once */
  async connectAgent(answers?: ScriptedAgent['answers']): Promise<ScriptedAgent> {
    this.agent = await this.streamOf(this.account, undefined, answers);
    await this.agent.ask(announce, { agentVersion: '1', devices: [announcedPrinter('printer')] });
    return this.agent;
  }
  /** @param earlier the relay of which this is the same, connected again with all it carries */
  async connectRelay(earlier?: ScriptedRelay): Promise<ScriptedRelay> {
    this.relay = await this.anotherRelay('local', { earlier });
    return this.relay;
  }
  anotherRelay(id: string, options: ScriptedRelayOptions = {}): Promise<ScriptedRelay> {
    const secret = relaySecret(loadSecrets(this.config).localRelaySecret, id);
    return ScriptedRelay.connect(this.url, secret, { id, ...options });
  }

  /** S141. */
  ask(who: Who, deviceId = 'printer', applicationId = 'web'): Promise<Answer> {
    return this.call(who, 'POST', '/sessions', { deviceId, applicationId, reason: 'paper jam', minutes: 30 });
  }
  async requested(who: Who = 'tom'): Promise<string> {
    const { status, body } = await this.ask(who);
    if (status !== 201) throw new Error(`no session: ${JSON.stringify(body)}`);
    const { id } = session.parse(body);
    await this.agent.awaitRequest('request-approval', id);
    return id;
  }
  decide(id: string, decision: 'approved' | 'declined'): Promise<unknown> {
    return this.agent.ask(approval, { remoteSessionId: id, decision });
  }
  async prepared(who: Who = 'tom'): Promise<Prepared> {
    const id = await this.requested(who);
    await this.decide(id, 'approved');
    const device = (await this.agent.awaitRequest('connection-info', id)) as unknown as ConnectionInfo;
    const ready = await this.connection(who, id);
    if (ready.status !== 'ready') throw new Error(`the terminal gets ${JSON.stringify(ready)}`);
    return { id, device, terminal: ready.connection, link: await this.presentedLink(id) };
  }
  /** The relay's link of a prepared session, as if both halves had presented their tokens. */
  async presentedLink(id: string): Promise<ScriptedLink> {
    const found = this.database((database) => database.getRepository(SessionEntity).findOneByOrFail({ id }));
    const { deviceTokenHash: device, terminalTokenHash: terminal } = await found;
    const link = this.relay.linkOf(id);
    Object.assign(link.tokenHashes, { device, terminal });
    return link;
  }
  async established(who: Who = 'tom'): Promise<Prepared> {
    const prepared = await this.prepared(who);
    for (const half of ['device', 'terminal'] as const) await this.relay.start(prepared.link, half);
    await this.reaches(prepared.id, 'established');
    return prepared;
  }
  /** Takes back the settings of a test, and ends what it has left open, as the relay's own logs would. */
  async clear(): Promise<void> {
    this.environment = this.initial;
    this.applySettings();
    for (const link of this.relay.links.values())
      for (const half of ['device', 'terminal'] as const) await this.relay.end(link, half, 'lost');
    this.relay.links.clear();
    const { body } = await this.call('ada', 'GET', '/sessions?state=live');
    for (const { id } of (body as { rows: { id: string }[] }).rows) {
      await this.call('ada', 'POST', `/sessions/${id}/termination`);
      await this.call('ada', 'POST', `/sessions/${id}/override`, { reason: 'the test is over' });
    }
  }

  /** S201. */
  async connection(who: Who, id: string): Promise<SessionConnection> {
    return (await this.call(who, 'GET', `/sessions/${id}/connection`)).body as SessionConnection;
  }
  async session(id: string) {
    return sessionWithSteps.parse((await this.call('ada', 'GET', `/sessions/${id}`)).body);
  }
  reaches(id: string, state: SessionState): Promise<Session> {
    const look = async () => {
      const seen = await this.session(id);
      return seen.state === state && seen;
    };
    return until(`session ${id} to be ${state}`, look, undefined, 50);
  }
  /** `half kind reason` of each log that is kept of a session, in the order in which they came. */
  async logs(id: string): Promise<string[]> {
    const query = { where: { sessionId: id }, order: { keptAt: 'ASC' } } as const;
    const found = await this.database((database) => database.getRepository(HalfLogEntity).find(query));
    return found.map(({ half, kind, reason }) => `${half} ${kind} ${reason ?? ''}`.trim());
  }
  /** Runs a statement, as if the server had ended in the middle of something. */
  async write(sql: string): Promise<void> {
    await this.database((database) => database.query(sql));
  }
  /** As if the server had been away for longer than the wait of the session's state. */
  overdue(id: string): Promise<void> {
    return this.write(`UPDATE remote_sessions SET "deadlineAt" = ${Date.now() - 1_000} WHERE id = '${id}'`);
  }

  private async database<T>(work: (database: DataSource) => Promise<T>): Promise<T> {
    const database = await openDatabase(dataSourceOptions(this.config), loadSecrets(this.config));
    try {
      return await work(database);
    } finally {
      await database.destroy();
    }
  }

  /** Of a new login. */
  async cookieOf(who: Who): Promise<string> {
    const login = await fetch(`${this.url}/api/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username: who, password: PASSWORD }),
    });
    return login.headers.getSetCookie().at(-1)!.split(';')[0]!;
  }

  private async login(who: Who): Promise<void> {
    const cookie = await this.cookieOf(who);
    const made = await fetch(`${this.url}/api/tokens`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', cookie },
      body: JSON.stringify({ name: 'test', accounts: true }),
    });
    this.tokens.set(who, ((await made.json()) as { token: string }).token);
  }
}

export const announcedPrinter = (id: string) =>
  announcedDevice.parse({
    id,
    name: id,
    kind: 'mfp',
    model: '3050ci',
    applications: [{ id: 'web', title: 'Web pages' }],
    operations: operation.options.filter((each) => each !== 'test-page'),
  });
