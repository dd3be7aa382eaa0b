import { execFileSync, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { Program } from '../../../src/demo/programs';
import type { CustomerNetworks } from '../customer-networks';
import { until } from '../until';
import { asItsUser, program, VERSIONS } from './postgres';

/** As Debian names it. */
const ADMINISTRATOR = 'postgres';

/** undefined: PostgreSQL can be started in a network namespace; otherwise why not. */
export function postgresMissing(): string | undefined {
  if (!existsSync(VERSIONS)) return 'PostgreSQL is not installed';
  return userInfo().uid === 0 ? undefined : 'only root can start it as its user there';
}

/** A new PostgreSQL at 127.0.0.1:5432 of a network namespace, and on a Unix socket, as after the installation: without Platen. */
export class PostgresInNetwork {
  private constructor(
    private readonly folder: string,
    private readonly server: Program,
  ) {}

  static async start(networks: CustomerNetworks): Promise<PostgresInNetwork> {
    const folder = mkdtempSync(join(tmpdir(), 'platen-postgres-'));
    const { uid, gid } = asItsUser();
    chownSync(folder, uid!, gid!);
    const data = join(folder, 'data');
    const options = ['-D', data, '-A', 'trust', '-U', ADMINISTRATOR, '--no-sync'];
    execFileSync(program('initdb'), options, { uid, gid, cwd: folder });
    const owner = ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
    const settings = ['-k', folder, '-c', 'listen_addresses=127.0.0.1', '-c', 'fsync=off'];
    const server = networks.start('internet', [...owner, program('postgres'), '-D', data, ...settings]);
    const postgres = new PostgresInNetwork(folder, server);
    const answers = () => spawnSync('psql', ['-c', 'SELECT 1'], { env: postgres.env }).status === 0;
    await until('PostgreSQL to answer', answers, undefined, 200);
    return postgres;
  }

  /** For its own commands, as its administrator. */
  get env(): NodeJS.ProcessEnv {
    return { ...process.env, PGHOST: this.folder, PGUSER: ADMINISTRATOR };
  }

  /** Through the Unix socket, which is the same in all network namespaces. */
  urlFor(user: string, database: string): string {
    return `postgres://${user}@/${database}?host=${encodeURIComponent(this.folder)}`;
  }

  async stop(): Promise<void> {
    await this.server.stop('SIGINT');
    rmSync(this.folder, { recursive: true, force: true });
  }
}
