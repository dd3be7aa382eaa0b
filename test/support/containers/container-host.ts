import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Program } from '../../../src/demo/programs';
import { removeFolder } from '../remove-folder';
import { until } from '../until';
import { storageIn } from './images';

const run = promisify(execFile);

/** Address of the computer with the containers. */
export const HOST = '203.0.113.10';

const CONTAINERS_CONF = `
[containers]
# Podman's own are too high for a computer that may not raise them
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "none"
[network]
network_backend = "netavark"
`;

const start = (hosts: string) => `
mount -t tmpfs tmpfs /run
mount --bind ${hosts} /etc/hosts
ip link set lo up
ip link add public type bridge && ip addr add ${HOST}/24 dev public && ip link set public up
ip route add default dev public
exec podman "$@"`;

/**
 * A computer with a container engine: Podman, with the socket of Docker, in a network of its own, whose ports are free. Needs
 * root. No systemd is asked to check the health of the containers: `healthy` does.
 */
export class ContainerHost {
  private constructor(
    private readonly folder: string,
    private readonly images: string,
    private readonly engine: ChildProcess,
  ) {}

  /**
   * @param images where the images are stored
   * @param names that lead to this computer
   */
  static async start(images: string, names: readonly string[]): Promise<ContainerHost> {
    const folder = await mkdtemp('/var/tmp/container-host-');
    await writeFile(join(folder, 'hosts'), `127.0.0.1 localhost\n${HOST} ${names.join(' ')}\n`);
    await writeFile(
      join(folder, 'containers.conf'),
      `${CONTAINERS_CONF}network_config_dir = "${join(folder, 'networks')}"\n`,
    );
    const socket = join(folder, 'docker.sock');
    const service = [...storageIn(images), 'system', 'service', '--time', '0', `unix://${socket}`];
    const script = ['sh', '-ec', start(join(folder, 'hosts')), 'sh', ...service];
    const engine = spawn('unshare', ['--net', '--mount', ...script], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: ContainerHost.env(folder),
    });
    let said = '';
    engine.stderr.on('data', (text: Buffer) => (said = `${said}${text.toString()}`.slice(-2_000)));
    const host = new ContainerHost(folder, images, engine);
    await until('the engine listens', () => {
      if (engine.exitCode !== null) throw new Error(`no container engine: ${said}`);
      return existsSync(socket);
    });
    return host;
  }

  private static env = (folder: string): NodeJS.ProcessEnv => ({
    ...process.env,
    CONTAINERS_CONF: join(folder, 'containers.conf'),
    DISABLE_HC_SYSTEMD: 'true',
    DOCKER_HOST: `unix://${join(folder, 'docker.sock')}`,
  });

  /** The command line that runs a program on this computer. */
  on(...command: string[]): [string, ...string[]] {
    const env = ['CONTAINERS_CONF', 'DISABLE_HC_SYSTEMD'].map(
      (name) => `${name}=${ContainerHost.env(this.folder)[name]}`,
    );
    return [
      'nsenter',
      '--net',
      '--mount',
      '--target',
      String(this.engine.pid),
      '--wd=.',
      '--',
      'env',
      ...env,
      ...command,
    ];
  }
  podman = (...args: string[]): [string, ...string[]] => this.on('podman', ...storageIn(this.images), ...args);

  /** @returns what it printed @throws if it fails */
  async run([file, ...args]: [string, ...string[]], input = ''): Promise<string> {
    const program = Program.start(args.find((word) => !word.startsWith('-')) ?? file, [file, ...args], { input });
    const status = await program.exited;
    const printed = [...program.printed, ...program.log.map(({ msg }) => msg)].join('\n');
    if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${printed}`);
    return printed;
  }

  /** Docker Compose, in the folder of an installation. @returns what it printed @throws with that if it fails */
  async compose(installation: string, ...args: string[]): Promise<string> {
    const { PATH } = process.env;
    const { DOCKER_HOST } = ContainerHost.env(this.folder);
    const done = run('docker-compose', args, { cwd: installation, env: { PATH, DOCKER_HOST } });
    const { stdout, stderr } = await done;
    return `${stdout}${stderr}`;
  }

  /** Checks the health of a container, as the engine does every few seconds, until it is healthy. */
  healthy(container: string): Promise<unknown> {
    const check = this.podman('healthcheck', 'run', container);
    return until(
      `${container} is healthy`,
      () =>
        run(check[0], check.slice(1))
          .then(() => true)
          .catch(() => false),
      180_000,
      1_000,
    );
  }

  /** A container may reach its own published ports: Docker's proxy permits it, this version of Netavark does not. */
  async permitHairpin(): Promise<void> {
    const links = (await this.run(this.on('bridge', 'link'))).match(/\bveth\d+/g) ?? [];
    for (const link of links) await this.run(this.on('bridge', 'link', 'set', 'dev', link, 'hairpin', 'on'));
  }

  /** Removes all containers, networks and volumes. */
  async clear(): Promise<void> {
    await this.run(this.podman('rm', '--all', '--force', '--volumes', '--time', '0'));
    for (const kind of ['network', 'volume']) await this.run(this.podman(kind, 'prune', '--force'));
  }

  async remove(): Promise<void> {
    await this.clear().catch(() => undefined);
    const ended = new Promise((resolve) => this.engine.once('exit', resolve));
    if (this.engine.exitCode === null && this.engine.kill()) await ended;
    await removeFolder(this.folder);
  }
}
