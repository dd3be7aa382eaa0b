import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { removeFolder } from '../remove-folder';
import { until } from '../until';

const SNMPD = '/usr/sbin/snmpd';
const ENGINE_ID = '0x80001f8880504c4154';
const run = promisify(execFile);

/** An object of the agent: `[oid, type, value]` as snmpd.conf(5) has them; `rw`: it may be set. */
export type SnmpdObject = readonly [
  oid: string,
  type: 'integer' | 'counter' | 'timeticks' | 'octet_str' | 'object_id',
  value: string | number,
  access?: 'rw',
];

/** A user with SHA-256 and AES, unless `protocol` says otherwise. */
export interface SnmpdUser {
  readonly name: string;
  readonly authentication: string;
  readonly privacy?: string;
  readonly protocol?: string;
  /** It may set objects. */
  readonly writes?: true;
}

/** Where an agent listens; by default at a free port on loopback. */
export interface SnmpdPlace {
  readonly address: string;
  readonly port: number;
  /** The command line that runs a program there. */
  readonly on: (...command: string[]) => [string, ...string[]];
}

/** Net-SNMP's agent with the objects of a printer. */
export class Snmpd {
  #process: ChildProcess | undefined;

  private constructor(
    readonly port: number,
    private readonly folder: string,
    private readonly users: readonly SnmpdUser[],
    private readonly place: SnmpdPlace | undefined,
  ) {}

  static async start(
    objects: readonly SnmpdObject[],
    users: readonly SnmpdUser[] = [],
    place?: SnmpdPlace,
  ): Promise<Snmpd> {
    const folder = await mkdtemp(join(tmpdir(), 'platen-snmpd-'));
    const agent = new Snmpd(place?.port ?? (await freePort()), folder, users, place);
    await agent.restart(objects);
    return agent;
  }

  /** @param boots as which the engine counts its last start (snmpEngineBoots, RFC 3414 2.2); its ID stays the same */
  async restart(objects: readonly SnmpdObject[], boots = 7): Promise<void> {
    await this.#stop();
    const configuration = join(this.folder, 'agent.conf');
    const lines = [
      `agentaddress udp:${this.place?.address ?? '127.0.0.1'}:${this.port}`,
      `exactEngineID ${ENGINE_ID}`,
      `oldEngineID ${ENGINE_ID}`,
      `engineBoots ${boots}`,
      `rocommunity public ${this.place ? 'default' : '127.0.0.1'}`,
      'rocommunity s3cret-community 127.0.0.1',
      'rwcommunity wr1te-community 127.0.0.1',
      ...this.users.flatMap(({ name, authentication, privacy, protocol = 'SHA-256', writes }) => [
        `createUser ${name} ${protocol} ${authentication}${privacy === undefined ? '' : ` AES ${privacy}`}`,
        `${writes ? 'rwuser' : 'rouser'} ${name} ${privacy === undefined ? 'authNoPriv' : 'authPriv'}`,
      ]),
      ...objects.map(
        ([oid, type, value, access]) =>
          `override ${access ? '-rw ' : ''}${oid} ${type} ${type === 'octet_str' ? `"${value}"` : value}`,
      ),
    ];
    await writeFile(configuration, `${lines.join('\n')}\n`);
    const env = { ...process.env, SNMP_PERSISTENT_DIR: this.folder, MIBS: '' };
    const command = [SNMPD, '-f', '-Lo', '-C', '-c', configuration] as const;
    const [file, ...args] = this.place ? this.place.on(...command) : command;
    const child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#process = child;
    const printed: string[] = [];
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on('line', (line) => printed.push(line));
    await until('snmpd listens', () => {
      if (child.exitCode !== null) throw new Error(printed.join('\n'));
      return printed.some((line) => line.startsWith('NET-SNMP version'));
    });
  }

  /** A value as `snmpget` reads it. */
  async get(oid: string): Promise<string> {
    const options = ['-v2c', '-c', 'public', '-Oqvt', '-m', ''];
    const { stdout } = await run('snmpget', [...options, `127.0.0.1:${this.port}`, oid]);
    return stdout.trim().replace(/^"(.*)"$/s, '$1');
  }

  async stop(): Promise<void> {
    await this.#stop();
    await removeFolder(this.folder);
  }

  async #stop(): Promise<void> {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill();
    await exited;
  }
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}
