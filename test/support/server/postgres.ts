import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../../../src/demo/free-ports';
import { until } from '../until';

/** Where Debian's packages are, a folder for each version. */
export const VERSIONS = '/usr/lib/postgresql';
export const program = (name: string): string => {
  const newest = readdirSync(VERSIONS).sort((a, b) => Number(b) - Number(a))[0]!;
  return join(VERSIONS, newest, 'bin', name);
};

/** PostgreSQL does not run as root; Debian's package has made a user for it. */
export const asItsUser = (): { uid?: number; gid?: number } => {
  if (process.getuid!() !== 0) return {};
  const id = (flag: string) => Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout);
  return { uid: id('-u'), gid: id('-g') };
};

/** Nothing of it has to survive a crash of the machine. A crash of PostgreSQL must not lose what it has acknowledged. */
const SETTINGS = {
  fsync: 'off',
  full_page_writes: 'off',
  autovacuum: 'off',
  shared_buffers: '16MB',
  max_connections: '200',
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
};

/** Debian's PostgreSQL, with a data folder and a port of its own. It ends when this process does. */
export class PostgresServer {
  private server: ChildProcess | undefined;

  private constructor(
    private readonly folder: string,
    private readonly port: number,
    private readonly password: string,
  ) {}

  static async start(): Promise<PostgresServer> {
    const folder = mkdtempSync(join(tmpdir(), 'platen-postgres-'));
    const [port] = await freePorts(1);
    const it = new PostgresServer(folder, port!, randomBytes(12).toString('hex'));
    const passwordFile = join(folder, 'password');
    writeFileSync(passwordFile, it.password);
    const { uid, gid } = asItsUser();
    if (uid !== undefined) for (const path of [folder, passwordFile]) chownSync(path, uid, gid!);
    chmodSync(folder, 0o700);
    const options = ['-D', it.data, '-U', 'platen', '-A', 'password', '--pwfile', passwordFile, '-E', 'UTF8'];
    const made = spawnSync(program('initdb'), [...options, '--no-locale', '--no-sync', '--no-instructions'], {
      ...{ uid, gid, cwd: folder, encoding: 'utf8' },
    });
    if (made.status !== 0) throw new Error(`initdb: ${made.error?.message ?? made.stderr}`);
    await it.start();
    return it;
  }

  private get data(): string {
    return join(this.folder, 'data');
  }

  /** Of the database that it has from the beginning. */
  get url(): string {
    return `postgres://platen:${this.password}@127.0.0.1:${this.port}/postgres`;
  }

  /** Resolves when it accepts statements. */
  async start(): Promise<void> {
    const settings = Object.entries({ ...SETTINGS, port: this.port }).flatMap(([name, value]) => [
      '-c',
      `${name}=${value}`,
    ]);
    const command = ['--pdeathsig', 'QUIT', program('postgres'), '-D', this.data, ...settings];
    const server = spawn('setpriv', command, { ...asItsUser(), cwd: this.folder, stdio: ['ignore', 'ignore', 'pipe'] });
    this.server = server;
    let output = '';
    server.stderr.on('data', (text: Buffer) => (output = `${output}${text.toString()}`.slice(-10_000)));
    server.once('error', (error) => (output += error.message));
    await until('PostgreSQL to accept connections', () => {
      if (server.exitCode !== null) throw new Error(`PostgreSQL has ended: ${output}`);
      return output.includes('database system is ready to accept connections');
    });
  }

  /** Ends it, and with it every connection: `SIGINT` after rolling back, `SIGQUIT` as in a crash. */
  async stop(signal: 'SIGINT' | 'SIGQUIT' = 'SIGINT'): Promise<void> {
    const { server } = this;
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    server.kill(signal);
    await once(server, 'exit');
  }

  /** It keeps all connections, but answers nothing, until `resume`. */
  pause(): void {
    this.signalAll('SIGSTOP');
  }
  resume(): void {
    this.signalAll('SIGCONT');
  }

  async remove(): Promise<void> {
    this.resume();
    await this.stop('SIGQUIT');
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** The postmaster and the processes of its connections. */
  private signalAll(signal: NodeJS.Signals): void {
    const pid = this.server?.pid;
    try {
      const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
      for (const each of [pid!, ...children.map(Number)]) process.kill(each, signal);
    } catch {
      // it has ended
    }
  }
}
