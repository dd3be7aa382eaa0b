import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { removeFolder } from '../remove-folder';
import { shared } from '../run/shared';
import { Program } from '../../../src/demo/programs';

const run = promisify(execFile);
const MAKE_MS = 10 * 60_000;

/** A minimal Debian of this computer's release, from this computer's own mirror. Needs root and debootstrap. @returns its folder */
export async function bootstrapDebian(): Promise<string> {
  const root = await newFolder();
  const release = /^VERSION_CODENAME=(.*)$/m.exec(await readFile('/etc/os-release', 'utf8'))![1]!;
  const wanted = ['--format', '$(REPO_URI)', 'Created-By: Packages', 'Origin: Debian', `Codename: ${release}`];
  const mirror = (await run('apt-get', ['indextargets', ...wanted])).stdout.split('\n')[0]!;
  await run('debootstrap', ['--variant=minbase', '--include=adduser', release, root, mirror], { timeout: MAKE_MS });
  return root;
}

/** Not in memory: that file system may not have devices, which Debian needs. */
async function newFolder(): Promise<string> {
  const root = await mkdtemp('/var/tmp/clean-debian-');
  await chmod(root, 0o755);
  return root;
}

/** A minimal Debian in a folder. Needs root. */
export class CleanDebian {
  private constructor(readonly root: string) {}

  /** A Debian that is in a folder. */
  static at(root: string): CleanDebian {
    return new CleanDebian(root);
  }

  static async make(): Promise<CleanDebian> {
    const root = await newFolder();
    await run('cp', ['-a', `${await shared('debian')}/.`, root]);
    return new CleanDebian(root);
  }

  /** Starts a command as one of its users, with its own /proc and nothing of this process's environment. */
  start(name: string, user: string, command: string[], input?: string): Program {
    const home = user === 'root' ? '/root' : `/var/lib/${user}`;
    const script =
      'mount -t proc proc "$0/proc" && user=$1 && home=$2 && shift 2 && exec chroot --userspec="$user" "$0" env -i HOME="$home" PATH=/usr/sbin:/usr/bin:/sbin:/bin sh -c \'cd && exec "$@"\' sh "$@"';
    const inside = ['sh', '-c', script, this.root, `${user}:${user}`, home, ...command];
    return Program.start(name, ['unshare', '--mount', ...inside], { input });
  }

  /** Runs a command to its end. @returns what it printed @throws if it fails */
  async run(user: string, command: string[], input?: string): Promise<string> {
    const program = this.start(command[0]!, user, command, input);
    const status = await program.exited;
    const printed = program.printed.join('\n');
    if (status !== 0) throw new Error(`${command.join(' ')} ended with ${status}: ${printed}`);
    return printed;
  }

  /** The command and the user of an installed systemd unit, which nothing starts here. */
  async startUnit(unit: string): Promise<Program> {
    const text = await readFile(join(this.root, 'usr/lib/systemd/system', unit), 'utf8');
    const field = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(text)![1]!;
    return this.start(unit, field('User'), field('ExecStart').split(' '));
  }

  async remove(): Promise<void> {
    await removeFolder(this.root);
  }
}
