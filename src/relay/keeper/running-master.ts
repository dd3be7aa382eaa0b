import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { KeeperStatus, RelayRun } from '../../protocol/keeper-rpc';
import { LastLines } from './last-lines';
import { masterMessage, type KeeperMessage, type MasterMessage } from '../master-messages';

/** The relay that is part of this installation. */
const BUILT_IN_SCRIPT = join(__dirname, '../release.js');
/** Where a release, wherever its file lies, finds the packages with native parts, which no bundle can hold. */
const NODE_PATH = dirname(dirname(require.resolve('sqlite3/package.json')));
/** For its last lines to be read; its pairs may hold standard error open for longer. */
const LAST_LINES_MS = 250;

type Description = NonNullable<KeeperStatus['serving']>;

/** One Master, as a process of its own, from its start to its exit. */
export class RunningMaster {
  readonly instance = randomUUID();
  /** How it ended; never rejects. */
  readonly exited: Promise<string>;
  /** Resolves when it has reported ready; false: it has exited before. */
  readonly ready: Promise<boolean>;
  /** Resolves when it has reported orphaned, or has exited without. */
  readonly orphaned: Promise<boolean>;
  readonly #serving: Promise<boolean>;
  readonly #child: ChildProcess;
  readonly #lines: LastLines;
  readonly #heard = new EventEmitter();
  #state: Description['state'] = 'starting';
  #version: string | null = null;
  #protocol: number | null = null;
  #askedToServe = false;
  #failure: string | undefined;

  /**
   * @param sockets descriptors of its pairs' listening sockets
   * @param pass takes what it writes on standard error, in whole lines
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
      // A Ctrl-C at the terminal is for the keeper, which ends its relays in order.
      detached: true,
    });
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => this.#lines.take(text));
    this.#child.on('message', (message) => this.#take(message));
    this.exited = this.#exit();
    const said = (type: MasterMessage['type']) =>
      Promise.race([once(this.#heard, type).then(() => true), this.exited.then(() => false)]);
    this.ready = said('ready');
    this.#serving = said('serving');
    this.orphaned = said('orphaned');
  }

  get state(): Description['state'] {
    return this.#state;
  }

  /** Its last lines on standard error. */
  get lines(): string {
    return this.#lines.toString();
  }

  /** @returns whether it serves now; false: it has exited instead */
  serve(): Promise<boolean> {
    this.#askedToServe = true;
    this.#send({ type: 'serve' });
    return this.#serving;
  }

  recover(running: string[]): void {
    this.#send({ type: 'recover', running });
  }

  /**
   * Asks it to end, by force after `ms`.
   * @param because what is said of its exit, where that has a reason of the keeper's
   */
  async stop(ms: number, because?: string): Promise<void> {
    this.#failure ??= because;
    this.#state = 'stopping';
    this.#child.kill('SIGTERM');
    const force = setTimeout(() => this.#kill(), ms);
    await this.exited;
    clearTimeout(force);
  }

  /** null: it never became a process. */
  describe(): Description | null {
    const { pid } = this.#child;
    const { run, instance, state } = this;
    return pid === undefined
      ? null
      : { ...run, instance, pid, state, version: this.#version, protocol: this.#protocol };
  }

  #take(input: unknown): void {
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
      if (!this.#askedToServe) return;
      this.#state = 'serving';
    }
    this.#heard.emit(message.type);
  }

  #send(message: KeeperMessage): void {
    // It may have exited a moment ago, which `exited` tells.
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

  /** With its pairs, which belong to its process group. */
  #kill(): void {
    try {
      process.kill(-this.#child.pid!, 'SIGKILL');
    } catch {
      this.#child.kill('SIGKILL');
    }
  }
}
