import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ControlPlaneStandIn } from './control-plane-stand-in';
import { CLI } from './test-stage';
import { until } from './until';

/** `platen relay` as a real process on a data folder of its own; can be killed and started again on it. */
export class RelayProcess {
  readonly lines: Record<string, unknown>[] = [];
  port = 0;
  child!: ChildProcess;

  static async start(serverUrl: string, env: NodeJS.ProcessEnv = {}): Promise<RelayProcess> {
    const folder = await mkdtemp(join(tmpdir(), 'platen-relay-'));
    await writeFile(join(folder, 'secret'), ControlPlaneStandIn.SECRET, { mode: 0o600 });
    const relay = new RelayProcess(folder, {
      PLATEN_RELAY_SECRET_FILE: join(folder, 'secret'),
      PLATEN_RELAY_DATA: join(folder, 'data'),
      PLATEN_RELAY_PORT: '0',
      PLATEN_SERVER_URL: serverUrl,
      ...env,
    });
    await relay.again();
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
    });
    this.child = child;
    const from = this.lines.length;
    createInterface(child.stderr).on('line', (line) => this.lines.push(parse(line)));
    const listening = () => this.lines.slice(from).find(({ msg }) => msg === 'relay listening');
    await until('the relay to listen', () => listening() !== undefined || child.exitCode !== null, 20_000);
    if (!listening()) throw new Error(`the relay exited: ${JSON.stringify(this.lines.slice(from))}`);
    this.port = Number(listening()!.port);
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
    await this.kill('SIGKILL');
    await rm(this.folder, { recursive: true, force: true });
  }
}

const parse = (line: string): Record<string, unknown> => {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return { msg: line };
  }
};
