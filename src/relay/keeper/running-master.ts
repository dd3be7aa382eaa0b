import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { KeeperStatus, RelayRun } from '../../protocol/keeper-rpc';
import { LastLines } from './last-lines';
import { masterMessage, type KeeperMessage, type MasterMessage } from '../master-messages';

/** Script of the built-in relay. */
const BUILT_IN_SCRIPT = join(__dirname, '../release.js');
/** Where releases find packages with native code, which cannot be bundled. */
const NODE_PATH = dirname(dirname(require.resolve('sqlite3/package.json')));
/** Wait for the last lines; pairs may keep standard error open longer. */
const LAST_LINES_MS = 250;

type Description = NonNullable<KeeperStatus['serving']>;

/** One Master process, from start to exit. */
export class RunningMaster {
  readonly instance = randomUUID();
  /** How it exited; never rejects. */
  readonly exited: Promise<string>;
  /** Resolves when it has reported ready; false: it exited first. */
  readonly ready: Promise<boolean>;
  /** Resolves when it has reported orphaned; false: it exited first. */
  readonly orphaned: Promise<boolean>;
  readonly #serving: Promise<boolean>;
  readonly #child: ChildProcess;
  readonly #lines: LastLines;
  readonly #messages = new EventEmitter();
  #state: Description['state'] = 'starting';
  #version: string | null = null;
  #protocol: number | null = null;
  #serveSent = false;
  #failure: string | undefined;

  /**
   * @param sockets descriptors of its pairs' listening sockets
   * @param pass receives its standard error, in whole lines
   */
  constructor(
    readonly run: RelayRun,
    sockets: readonly number[],
    env: NodeJS.ProcessEnv,
    pass: (text: string) => void,
  ) {
    this.#lines = new LastLines(pass);
    this.#child = spawn(process.execPath, [run.file ?? BUILT_IN_SCRIPT, 'master'], {
      env: { ...env, NODE_PATH, PLATEN_RELAY_INSTANCE: this.instance, PLATEN_RELAY_PAIRS: String(run.pairs) },
      stdio: ['ignore', 'inherit', 'pipe', 'ipc', ...sockets],
      // Ctrl-C must reach only the keeper, which stops its relays in order.
      detached: true,
    });
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => this.#lines.append(text));
    this.#child.on('message', (message) => this.#onMessage(message));
    this.exited = this.#exit();
    const reported = (type: MasterMessage['type']) =>
      Promise.race([once(this.#messages, type).then(() => true), this.exited.then(() => false)]);
    this.ready = reported('ready');
    this.#serving = reported('serving');
    this.orphaned = reported('orphaned');
  }

  get state(): Description['state'] {
    return this.#state;
  }

  /** Its last lines on standard error. */
  get lines(): string {
    return this.#lines.toString();
  }

  /** Resolves when it serves; false: it exited first. */
  serve(): Promise<boolean> {
    this.#serveSent = true;
    this.#send({ type: 'serve' });
    return this.#serving;
  }

  recover(running: string[]): void {
    this.#send({ type: 'recover', running });
  }

  /**
   * Stops it in order; kills it after `ms`.
   * @param because the keeper's reason, for the report of its exit
   */
  async stop(ms: number, because?: string): Promise<void> {
    this.#failure ??= because;
    this.#state = 'stopping';
    this.#child.kill('SIGTERM');
    const force = setTimeout(() => this.#kill(), ms);
    await this.exited;
    clearTimeout(force);
  }

  /** null: the process could not be started. */
  describe(): Description | null {
    const { pid } = this.#child;
    const { run, instance, state } = this;
    return pid === undefined
      ? null
      : { ...run, instance, pid, state, version: this.#version, protocol: this.#protocol };
  }

  #onMessage(input: unknown): void {
    const { success, data: message } = masterMessage.safeParse(input);
    if (!success || this.#state === 'stopping') return;
    if (message.type === 'failed') this.#failure ??= message.detail;
    if (message.type === 'ready') {
      if (this.#state !== 'starting') return;
      this.#state = 'ready';
      this.#version = message.version;
      this.#protocol = message.protocol;
    }
    if (message.type === 'serving') {
      if (!this.#serveSent) return;
      this.#state = 'serving';
    }
    this.#messages.emit(message.type);
  }

  #send(message: KeeperMessage): void {
    // Ignored if it has just exited; `exited` reports that.
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  async #exit(): Promise<string> {
    const child = this.#child;
    const closed = once(child, 'close');
    const how = await new Promise<string>((resolve) => {
      child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
      child.on('error', (error) => child.pid === undefined && resolve(error.message));
    });
    this.#state = 'stopping';
    await Promise.race([closed.catch(() => undefined), delay(LAST_LINES_MS)]);
    this.#lines.end();
    return this.#failure ? `${this.#failure} (${how})` : how;
  }

  /** Kills its process group, which includes its pairs. */
  #kill(): void {
    try {
      process.kill(-this.#child.pid!, 'SIGKILL');
    } catch {
      this.#child.kill('SIGKILL');
    }
  }
}
