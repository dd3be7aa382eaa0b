import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { removeFolder } from '../remove-folder';
import type { KeeperMethods, RelayRun } from '../../../src/protocol/keeper-rpc';
import type { Params, Result } from '../../../src/protocol/relay-rpc';
import { askKeeper } from './ask-keeper';
import { FakeControlPlane } from './fake-control-plane';
import { CLI } from '../stage/test-stage';
import { until } from '../until';

/** What the processes of a relay are, by the word in their command line: `relay` is the keeper. */
export type Role = 'relay' | 'master' | 'pair';

/** Those of a data folder that run. */
export const relayProcesses = (data: string, role?: Role): number[] =>
  readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && ofFolder(pid, data) && (!role || wordsOf(pid).includes(role)));

/** `platen relay` as a real process on a data folder of its own; can be killed and started again on it. */
export class RelayProcess {
  readonly lines: Record<string, unknown>[] = [];
  port = 0;
  child!: ChildProcess;

  static async start(serverUrl: string, env: NodeJS.ProcessEnv = {}): Promise<RelayProcess> {
    const folder = await mkdtemp(join(tmpdir(), 'platen-relay-'));
    await writeFile(join(folder, 'secret'), FakeControlPlane.SECRET, { mode: 0o600 });
    const relay = new RelayProcess(folder, {
      PLATEN_RELAY_SECRET_FILE: join(folder, 'secret'),
      PLATEN_RELAY_DATA: join(folder, 'data'),
      PLATEN_RELAY_PORT: '0',
      PLATEN_SERVER_URL: serverUrl,
      ...env,
    });
    await relay.again().catch(async (error: unknown) => {
      await relay.remove();
      throw error;
    });
    return relay;
  }

  private constructor(
    readonly folder: string,
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  /** Starts it (again); resolves when it listens. */
  async again(): Promise<void> {
    const child = spawn(process.execPath, [CLI, 'relay'], {
      env: { PATH: process.env.PATH, ...this.env },
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true, // a process group of its own, as a shell gives to what it starts
    });
    this.child = child;
    const from = this.lines.length;
    createInterface(child.stderr).on('line', (line) => this.lines.push(parse(line)));
    const listening = () => this.lines.slice(from).find(({ msg }) => msg === 'relay listening');
    await until('the relay to listen', () => listening() !== undefined || child.exitCode !== null);
    if (!listening()) throw new Error(`the relay exited: ${JSON.stringify(this.lines.slice(from))}`);
    this.port = Number(listening()!.port);
  }

  get data(): string {
    return join(this.folder, 'data');
  }

  processes(role?: Role): number[] {
    return relayProcesses(this.data, role);
  }

  /** The power fails: all of its processes end at once, and none learns of another's end. */
  async crash(): Promise<void> {
    const all = this.processes();
    for (const signal of ['SIGSTOP', 'SIGKILL'] as const) for (const pid of all) process.kill(pid, signal);
    await until('the end of every process', () => this.processes().length === 0);
    await this.kill('SIGKILL');
  }

  /** Asks the keeper. @throws what the keeper refuses, and RpcUnavailable where there is none */
  keeper<K extends keyof KeeperMethods>(
    method: K,
    params: Params<KeeperMethods, K>,
  ): Promise<Result<KeeperMethods, K>> {
    return askKeeper(this.data, method, params);
  }

  /** Replaces the relay that serves as a deployment does; resolves when the new one serves. @returns its instance */
  async replace(run: RelayRun): Promise<string> {
    const tried = await this.keeper('try', run);
    if (tried.outcome !== 'started') throw new Error(tried.detail);
    const { instance } = tried;
    const status = () => this.keeper('status', {});
    await until('the candidate to be ready', async () => (await status()).candidate?.state === 'ready');
    await this.keeper('take-over', { instance });
    await until('it to serve', async () => (await status()).serving?.instance === instance);
    return instance;
  }

  /** @returns its exit code, or the signal that ended it */
  async kill(signal: NodeJS.Signals): Promise<number | string | null> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return this.child.exitCode;
    const exited = once(this.child, 'exit') as Promise<[number | null, string | null]>;
    this.child.kill(signal);
    const [code, killedBy] = await exited;
    return code ?? killedBy;
  }

  async remove(): Promise<void> {
    await this.crash();
    await removeFolder(this.folder);
  }
}

function ofFolder(pid: number, data: string): boolean {
  return fileOf(pid, 'environ').split('\0').includes(`PLATEN_RELAY_DATA=${data}`);
}
const wordsOf = (pid: number): string[] => fileOf(pid, 'cmdline').split('\0');

function fileOf(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return ''; // it has exited, or is another user's
  }
}

const parse = (line: string): Record<string, unknown> => {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return { msg: line };
  }
};
