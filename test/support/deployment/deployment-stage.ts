import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Database, OPEN_READONLY } from 'sqlite3';
import { removeFolder } from '../remove-folder';
import { request } from '../../../src/demo/api-request';
import { Program, type LogLine } from '../../../src/demo/programs';
import { finished, SAMPLE_USERS } from '../../../src/demo/stage';
import type { Deployment, DeploymentState } from '../../../src/protocol/deployment';
import type { KeeperStatus } from '../../../src/protocol/keeper-rpc';
import type { Notice } from '../../../src/protocol/notice';
import { halfLog } from '../../../src/protocol/relay-rpc';
import type { Half } from '../../../src/protocol/remote-session';
import { askKeeper } from '../relay/ask-keeper';
import { relayProcesses } from '../relay/relay-process';
import { buildRelease } from './built-release';
import { spoil, type Flaw } from './spoilt-release';
import { CLI, TestStage } from '../stage/test-stage';
import { slowDownload, type Transfer } from './transfer';
import { until } from '../until';

const BYTES_PER_SECOND = 100 * 1024;
/** Version of the built release, replaced in its script. */
const PLACEHOLDER = '99.98.97';
/** Sessions that are opened at the same time; more would only wait for each other's processes. */
const SIDE_BY_SIDE = 5;
const FINAL: DeploymentState[] = ['deployed', 'rolled-back', 'aborted', 'failed'];

/** A live session with a transfer under way. */
export interface Carried {
  readonly id: string;
  readonly url: string;
  readonly connect: Program;
  readonly transfer: Transfer;
}

/** A stage with many devices, on which releases of the relay are made, signed, uploaded and deployed. */
export class DeploymentStage {
  /** The script of the release that all others are made of. */
  private built: Promise<string> | undefined;
  private admin: { cookie: string; env: Record<string, string> } | undefined;

  private constructor(
    readonly stage: TestStage,
    readonly devices: readonly string[],
    private readonly folder: string,
  ) {}

  static async set(devices: number, env: Record<string, string> = {}): Promise<DeploymentStage> {
    const folder = await mkdtemp(join(tmpdir(), 'platen-releases-'));
    await finished(platen(['release', 'keys', '--out', folder]));
    const ids = Array.from({ length: devices }, (_, index) => `mfp-${index + 1}`);
    const key = join(folder, 'release.pub');
    const stage = await TestStage.set({ moreDevices: ids, env: { PLATEN_RELEASE_PUBLIC_KEY: key, ...env } });
    const it = new DeploymentStage(stage, ids, folder);
    await it.logIn();
    return it;
  }

  async strike(): Promise<void> {
    await this.stage.strike();
    await removeFolder(this.folder);
  }

  /** The administrator's `platen`. */
  platen(args: string[], input?: string): Program {
    return platen(args, this.admin?.env, input);
  }
  /** The REST API as the administrator. */
  async ask<T>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<T> {
    return (await request(this.stage.stage.serverUrl, method, path, body, this.admin?.cookie)).body as T;
  }

  /** Builds the relay as a release (once), sets its version, spoils it where wanted, signs it and uploads it. */
  async upload(version: string, { flaw, builtAs = version }: { flaw?: Flaw; builtAs?: string } = {}): Promise<void> {
    this.built ??= buildRelease(PLACEHOLDER, this.folder).then((built) => readFile(built, 'utf8'));
    const good = (await this.built).replaceAll(PLACEHOLDER, builtAs);
    const script = join(this.folder, `${version}.cjs`);
    await writeFile(script, flaw ? spoil(good, flaw) : good);
    const file = join(this.folder, `${version}.release`);
    const key = join(this.folder, 'release.key');
    await finished(platen(['release', 'pack', script, '--release-version', version, '--key', key, '--out', file]));
    await finished(this.platen(['release', 'upload', file]));
  }

  /** Live sessions with the first of the devices, each with a transfer of `bytes` that has begun. */
  async carry(count: number, bytes: number): Promise<Carried[]> {
    const carried: Carried[] = [];
    for (let first = 0; first < count; first += SIDE_BY_SIDE) {
      const devices = this.devices.slice(first, Math.min(first + SIDE_BY_SIDE, count));
      const sessions = await Promise.all(devices.map((device) => this.stage.connect(device)));
      carried.push(...sessions.map((each) => ({ ...each, transfer: this.download(each.url, bytes) })));
    }
    for (const { id, transfer } of carried) await until(`bytes of session ${id}`, () => transfer.received() > 0);
    return carried;
  }
  download(url: string, bytes: number): Transfer {
    return slowDownload(`${url}files/job-log-export.bin?size=${bytes}`, BYTES_PER_SECOND);
  }

  /** A session with the last device, from its request to its end. */
  works(): Promise<void> {
    return this.stage.works(this.devices.at(-1));
  }

  /** Number of notices of its halt, for each of these sessions. */
  async haltNotices(sessionIds: readonly string[]): Promise<number[]> {
    const { rows } = (await this.stage.get('/api/notices?limit=200')) as { rows: Notice[] };
    return sessionIds.map(
      (id) => rows.filter((notice) => 'remoteSessionId' in notice && notice.remoteSessionId === id).length,
    );
  }

  /** Waits until the server has logged that a deployment is in a state. */
  reached(id: string, state: DeploymentState): Promise<LogLine> {
    return this.stage.logged(
      `deployment ${id} to be ${state}`,
      (line) => line.msg === 'deployment' && line.deploymentId === id && line.state === state,
    );
  }

  /** Waits for the end of a deployment. */
  over(id: string, timeoutMs = 120_000): Promise<Deployment> {
    const look = async () => {
      const deployment = await this.ask<Deployment>('GET', `/api/deployments/${id}`);
      return FINAL.includes(deployment.state) && deployment;
    };
    return until(`the end of deployment ${id}`, look, timeoutMs, 250);
  }

  /**
   * Stops the keeper's process during `work`, so that a deployment which is executed meanwhile waits before its new relay is
   * tried: for LIMITS.DEPLOYMENT_TRIAL_MS at most.
   */
  async withStoppedKeeper(work: () => Promise<void>): Promise<void> {
    const [keeper] = relayProcesses(join(this.stage.folder, 'server/relay'), 'relay');
    process.kill(keeper!, 'SIGSTOP');
    try {
      await work();
    } finally {
      process.kill(keeper!, 'SIGCONT');
    }
  }

  async relay(): Promise<{ version: string; pairs: number; connected: boolean; draining: boolean }> {
    const [relay] = await this.ask<Awaited<ReturnType<DeploymentStage['relay']>>[]>('GET', '/api/relays');
    if (!relay) throw new Error('no relay is connected');
    return relay;
  }

  /** Where its pairs listen. */
  async relayPorts(): Promise<number[]> {
    return (await this.keeper()).addresses.map(({ port }) => port);
  }
  keeper(): Promise<KeeperStatus> {
    return askKeeper(join(this.stage.folder, 'server/relay'), 'status', {});
  }

  /** Why each half of these sessions ended, as the relay's own session log has it. */
  async endsAtRelay(sessionIds: readonly string[]): Promise<Map<string, Partial<Record<Half, string>>>> {
    const rows = await query<{ session: string; log: string }>(
      join(this.stage.folder, 'server/relay/session-log.sqlite'),
      `SELECT link.remote_session_id AS session, half_log.log FROM half_log JOIN link USING (link_id) WHERE kind = 'end'`,
    );
    const ends = new Map(sessionIds.map((id): [string, Partial<Record<Half, string>>] => [id, {}]));
    for (const { session, log } of rows) {
      const { half, event } = halfLog.parse(JSON.parse(log));
      const end = ends.get(session);
      if (end && event.kind === 'end') end[half] = event.reason;
    }
    return ends;
  }

  private async logIn(): Promise<void> {
    const { serverUrl } = this.stage.stage;
    const { username, password } = SAMPLE_USERS.admin;
    const { cookie = '' } = await request(serverUrl, 'POST', '/api/auth/login', { username, password });
    this.admin = { cookie, env: { PLATEN_CREDENTIALS: join(this.folder, 'admin-credentials.json') } };
    await finished(this.platen(['login', serverUrl, '--user', username, '--password-stdin'], `${password}\n`));
  }
}

const platen = (args: string[], env?: Record<string, string>, input?: string): Program =>
  Program.start('terminal', [process.execPath, CLI, ...args], { env, input });

async function query<Row>(file: string, sql: string): Promise<Row[]> {
  const database = new Database(file, OPEN_READONLY);
  try {
    return await new Promise((resolve, reject) =>
      database.all<Row>(sql, (error, rows) => (error ? reject(error) : resolve(rows))),
    );
  } finally {
    database.close();
  }
}
