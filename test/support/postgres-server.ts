import { execFileSync, spawnSync } from 'node:child_process';
import { chownSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import type { Program } from '../../src/demo/programs';
import type { CustomerNetworks } from './customer-networks';
import { until } from './until';

/** It refuses to run as root. */
const OWNER = 'postgres';

const found = spawnSync('sh', ['-c', 'command -v initdb || ls -d /usr/lib/postgresql/*/bin/initdb']);
const initdb = found.stdout.toString().trim().split('\n').at(-1) ?? '';

/** undefined: PostgreSQL can be started here; otherwise why not. */
export function postgresMissing(): string | undefined {
  if (initdb === '') return 'PostgreSQL is not installed';
  return userInfo().uid === 0 ? undefined : 'only root can start it in a network namespace';
}

/** A new PostgreSQL server on 127.0.0.1:5432 of a network namespace, and on a Unix socket, without passwords. */
export class PostgresServer {
  private constructor(
    private readonly folder: string,
    private readonly program: Program,
  ) {}

  static async start(networks: CustomerNetworks): Promise<PostgresServer> {
    // the temporary folder of a test may be private
    const folder = mkdtempSync('/tmp/platen-postgres-');
    const [uid, gid] = ['-u', '-g'].map((what) => Number(execFileSync('id', [what, OWNER])));
    chownSync(folder, uid!, gid!);
    const owner = ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
    const data = join(folder, 'data');
    execFileSync(owner[0]!, [...owner.slice(1), initdb, '-D', data, '-A', 'trust', '-U', OWNER, '--no-sync']);
    const binary = join(dirname(realpathSync(initdb)), 'postgres');
    const settings = ['-k', folder, '-c', 'listen_addresses=127.0.0.1', '-c', 'fsync=off'];
    const server = new PostgresServer(folder, networks.start('internet', [...owner, binary, '-D', data, ...settings]));
    const answers = () => spawnSync('psql', ['-c', 'SELECT 1', 'postgres'], { env: server.env }).status === 0;
    await until('PostgreSQL to answer', answers, undefined, 200);
    return server;
  }

  /** For its own commands, as its administrator. */
  get env(): NodeJS.ProcessEnv {
    return { ...process.env, PGHOST: this.folder, PGUSER: OWNER };
  }

  /** Through the Unix socket, which is the same in all network namespaces. */
  urlFor(user: string, database: string): string {
    return `postgres://${user}@/${database}?host=${encodeURIComponent(this.folder)}`;
  }

  async stop(): Promise<void> {
    await this.program.stop('SIGINT');
    rmSync(this.folder, { recursive: true, force: true });
  }
}
