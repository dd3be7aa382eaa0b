import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../../../src/demo/free-ports';
import { Program } from '../../../src/demo/programs';

const CLI = join(__dirname, '../../../dist/src/cli.js');

interface NewUser {
  readonly username: string;
  readonly password: string;
  readonly role: 'admin' | 'technician';
}

/** The built server alone, as a program on loopback, with users. Its name is `localhost`, where browsers have passkeys. */
export class LoneServer {
  private constructor(
    readonly url: string,
    readonly folder: string,
    private readonly env: Record<string, string>,
    private program: Program,
  ) {}

  /** @param env further settings @param prepare writes files that they name */
  static async start(
    users: readonly NewUser[],
    env: (url: string, folder: string) => Record<string, string> = () => ({}),
    prepare: (folder: string) => Promise<void> = () => Promise.resolve(),
  ): Promise<LoneServer> {
    const folder = mkdtempSync(join(tmpdir(), 'platen-lone-'));
    const [port, xmpp] = (await freePorts(2)) as [number, number];
    const url = `http://localhost:${port}`;
    const settings = {
      PLATEN_DATA: join(folder, 'data'),
      PLATEN_PORT: String(port),
      PLATEN_XMPP_PORT: String(xmpp),
      PLATEN_RELAY: 'remote',
      PLATEN_PUBLIC_URL: url,
      ...env(url, folder),
    };
    await prepare(folder);
    for (const user of users) await createUser(settings, user);
    return new LoneServer(url, folder, settings, await running(settings));
  }

  /** Runs `platen server ...`. @returns exit code and output */
  async command(args: readonly string[], input = ''): Promise<{ code: number | string; printed: string }> {
    const done = run(this.env, ['server', ...args], input);
    return { code: await done.exited, printed: done.printed.join('\n') };
  }

  async stop(): Promise<void> {
    this.program.child.kill('SIGTERM');
    await this.program.exited;
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const run = (env: Record<string, string>, args: readonly string[], input?: string): Program =>
  Program.start('server', [process.execPath, CLI, ...args], { env, ...(input !== undefined && { input }) });

async function createUser(env: Record<string, string>, { username, password, role }: NewUser): Promise<void> {
  const args = ['server', 'create-user', username, '--display-name', username, '--role', role, '--password-stdin'];
  const done = run(env, args, `${password}\n`);
  if ((await done.exited) !== 0) throw new Error(`${username} was not created: ${done.printed.join('\n')}`);
}

async function running(env: Record<string, string>): Promise<Program> {
  const program = run(env, ['server']);
  await program.logged('server listening');
  return program;
}
