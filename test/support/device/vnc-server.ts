import { spawn, type ChildProcess } from 'node:child_process';
import { createCipheriv } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { removeFolder } from '../remove-folder';
import { freePorts } from '../../../src/demo/free-ports';

const XVNC = '/usr/bin/Xtigervnc';
const XEV = '/usr/bin/xev';
const START_MS = 60_000;
const POLL_MS = 20;
const KILL_MS = 10_000;

export interface VncServerOptions {
  /** Up to 8 characters: RFB's own authentication (RFC 6143 7.2.2). Without: none (7.2.1). */
  password?: string;
  width?: number;
  height?: number;
  /** Name of the desktop. */
  name?: string;
}

/** Input as it arrives at the X client in the server, from xev. */
export interface VncInput {
  type: 'KeyPress' | 'KeyRelease' | 'ButtonPress' | 'ButtonRelease' | 'MotionNotify';
  /** In the window, which covers the whole desktop. */
  x: number;
  y: number;
  /** Name of the keysym, such as `a` or `Return`. */
  key?: string;
  button?: number;
}

export interface VncServer {
  /** Of loopback; RFB. */
  readonly port: number;
  /** Its X display, such as `:40123`. */
  readonly display: string;
  /** Every key and pointer event so far. */
  readonly input: readonly VncInput[];
  /** Ids of the processes behind it. */
  readonly pids: number[];
  stop(): Promise<void>;
}

/**
 * Starts Debian's TigerVNC (tigervnc-standalone-server) on a free port of loopback, with one client: `xev` (x11-utils)
 * in a window as large as the desktop, which shows a square in a frame and prints the input that it gets.
 */
export async function startVncServer(options: VncServerOptions = {}): Promise<VncServer> {
  const { password, width = 800, height = 480, name = 'VNC test panel' } = options;
  const folder = await mkdtemp(join(tmpdir(), 'vnc-'));
  const children: ChildProcess[] = [];
  const stop = async (): Promise<void> => {
    for (const child of [...children].reverse()) await end(child);
    await removeFolder(folder);
  };
  try {
    const port = (await freePorts(1))[0]!;
    const display = `:${port}`; // as free as the port
    const secret = join(folder, 'passwd');
    if (password !== undefined) await writeFile(secret, obscured(password), { mode: 0o600 });
    const security = password === undefined ? ['None'] : ['VncAuth', '-PasswordFile', secret];
    const server = spawn(
      XVNC,
      [
        ...[display, '-rfbport', String(port), '-interface', '127.0.0.1', '-localhost', '-AlwaysShared'],
        ...['-geometry', `${width}x${height}`, '-depth', '24', '-desktop', name, '-nolisten', 'tcp'],
        ...['-SecurityTypes', ...security],
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    const said: string[] = [];
    createInterface({ input: server.stderr }).on('line', (line) => said.push(line));
    children.push(server);
    await ready(server, said, () => said.some((line) => line.includes(`port ${port}`)));

    const input: VncInput[] = [];
    const heard: string[] = [];
    const client = spawn(
      XEV,
      [
        '-geometry',
        `${width}x${height}+0+0`,
        '-bw',
        '0',
        '-event',
        'keyboard',
        '-event',
        'mouse',
        '-event',
        'structure',
      ],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, DISPLAY: display },
      },
    );
    const onEvent = eventReader((event) => input.push(event));
    createInterface({ input: client.stdout }).on('line', (line) => {
      if (heard.length < 100) heard.push(line);
      onEvent(line);
    });
    createInterface({ input: client.stderr }).on('line', (line) => heard.push(line));
    children.push(client);
    await ready(client, heard, () => heard.some((line) => line.startsWith('MapNotify')));
    return { port, display, input, pids: children.map(({ pid }) => pid!), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** xev prints `KeyPress event, ...`, a line with `(x,y)`, and one with the key or button that ends with `same_screen`. */
function eventReader(take: (event: VncInput) => void): (line: string) => void {
  let event: VncInput | undefined;
  return (line) => {
    const type = /^(KeyPress|KeyRelease|ButtonPress|ButtonRelease|MotionNotify) event/.exec(line)?.[1];
    if (type) event = { type: type as VncInput['type'], x: 0, y: 0 };
    if (!event) return;
    const at = /, \((-?\d+),(-?\d+)\), root/.exec(line);
    if (at) Object.assign(event, { x: Number(at[1]), y: Number(at[2]) });
    const key = /keysym 0x[0-9a-f]+, (\w+)\)/.exec(line)?.[1];
    if (key) event.key = key;
    const button = /button (\d+)/.exec(line)?.[1];
    if (button) event.button = Number(button);
    if (!line.includes('same_screen')) return;
    take(event);
    event = undefined;
  };
}

/** Password file of VNC: the password, cut or padded to 8 bytes, encrypted by DES with a published key. */
function obscured(password: string): Buffer {
  const plain = Buffer.alloc(8);
  plain.write(password.slice(0, 8), 'latin1');
  return vncDes(Buffer.from([23, 82, 107, 6, 35, 78, 88, 7]), plain);
}

/** The answer to the 16-byte challenge of RFC 6143 7.2.2. */
export function vncResponse(password: string, challenge: Buffer): Buffer {
  const key = Buffer.alloc(8);
  key.write(password.slice(0, 8), 'latin1');
  return vncDes(key, challenge);
}

/** DES as VNC uses it, each key byte with its bits in reverse; as triple DES with one key, which OpenSSL 3 still has. */
function vncDes(key: Buffer, plain: Buffer): Buffer {
  const mirrored = key.map((byte) =>
    Number.parseInt(byte.toString(2).padStart(8, '0').split('').reverse().join(''), 2),
  );
  const cipher = createCipheriv('des-ede3', Buffer.concat([mirrored, mirrored, mirrored]), null).setAutoPadding(false);
  return Buffer.concat([cipher.update(plain), cipher.final()]);
}

async function ready(child: ChildProcess, said: string[], condition: () => boolean): Promise<void> {
  child.on('error', () => undefined); // reported below
  const deadline = Date.now() + START_MS;
  while (!condition()) {
    if (child.pid === undefined) throw new Error(`${child.spawnfile} is not installed`);
    const over = child.exitCode !== null || child.signalCode !== null || Date.now() > deadline;
    if (over) throw new Error(`${child.spawnfile} did not start: ${said.slice(-5).join(' | ')}`);
    await delay(POLL_MS);
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const kill = setTimeout(() => child.kill('SIGKILL'), KILL_MS);
  await exited;
  clearTimeout(kill);
}
