import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { Journal } from '../../journal/journal';
import { LIMITS } from '../../protocol/limits';
import { Backoff } from '../../tunnel/backoff';
import { CERTIFICATE, type Certificate } from '../config/certificate';
import { CONFIG, type Config } from '../config/config';
import { isLoopback } from '../../protocol/loopback';
import { SECRETS, type Secrets } from '../config/secrets';
import { isAsWanted, LOCAL_RELAY, RELAY_FOLDER, relayEnvironment } from './relay-environment';
import { endProcess, pidFileOf, portInUse, runningRelay, wantedPairs } from './relay-process';
import { relaySecret } from './relay-secret';

const CLI = join(__dirname, '../../cli.js');

/**
 * Keeps one relay running beside the server: a keeper in a process of its own, which runs the relay. Started, started
 * again when it exits, stopped in order with the server. A relay that has outlived a killed server is taken over with
 * all the sessions it carries, unless it runs with settings with which it could not serve this one. What a deployment
 * has changed is the keeper's to remember.
 */
@Injectable()
export class RelaySupervisor implements BeforeApplicationShutdown {
  private readonly folder: string;
  private readonly backoff = new Backoff({ firstMs: 200, maxMs: 30_000 });
  private environment: Record<string, string> = {};
  private pid: number | undefined;
  private timer: NodeJS.Timeout | undefined;
  private portIsBusy = false;
  private stopping = false;

  constructor(
    private readonly journal: Journal,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(SECRETS) private readonly secrets: Secrets,
    @Inject(CERTIFICATE) private readonly certificate: Certificate,
  ) {
    this.folder = join(config.data, RELAY_FOLDER);
  }

  /** @param serverUrl where the relay dials its control plane: this server as it listens now */
  start(serverUrl: string): void {
    if (!this.config.relay.local || this.stopping) return;
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    const secret = relaySecret(this.secrets.localRelaySecret, LOCAL_RELAY);
    this.environment = relayEnvironment(this.config, this.certificate, { folder: this.folder, secret, serverUrl });
    this.checkReach();
    const earlier = runningRelay(this.folder);
    this.pid = earlier?.pid;
    if (!earlier) return this.launch();
    if (!isAsWanted(earlier.environment, this.environment)) return this.replace(earlier.pid);
    this.journal.info('took over the relay of an earlier run', { pid: earlier.pid });
    this.watchAdopted(earlier.pid);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    clearTimeout(this.timer);
    if (this.pid === undefined) return;
    await endProcess(this.pid, LIMITS.RELAY_STOP_MS);
    rmSync(pidFileOf(this.folder), { force: true });
  }

  /** A setting that is easily forgotten, and shows only when a device far away cannot connect. */
  private checkReach(): void {
    const url = this.environment.PLATEN_RELAY_PUBLIC_URL;
    const { publicUrl } = this.config.http;
    if (!url || !publicUrl || isLoopback(new URL(publicUrl).hostname) || !isLoopback(new URL(url).hostname)) return;
    this.journal.warn('only this machine can reach the relay; set PLATEN_RELAY_PUBLIC_URL', { url });
  }

  private launch(): void {
    this.launchNow().catch((error: unknown) => {
      this.journal.error('the relay could not be started', { detail: String(error) });
      this.launchLater();
    });
  }

  private async launchNow(): Promise<void> {
    if (await this.lacksPort()) {
      this.launchLater();
      return;
    }
    if (this.stopping) return;
    const child = spawn(process.execPath, [CLI, 'relay'], {
      env: { ...process.env, ...this.environment },
      stdio: ['ignore', 'inherit', 'inherit'],
      detached: true, // a Ctrl-C at the server must not end sessions before the server has asked for it
    });
    const started = Date.now();
    child.once('exit', (code, killedBy) => this.exited(child, code ?? killedBy, started));
    child.once('error', (error) => child.pid === undefined && this.exited(child, error.message, started));
    this.pid = child.pid;
    if (child.pid !== undefined) writeFileSync(pidFileOf(this.folder), String(child.pid), { mode: 0o600 });
  }

  /** Reported once. If a relay was not stopped in order, its keeper waits for the orphaned processes. */
  private async lacksPort(): Promise<boolean> {
    if (existsSync(pidFileOf(this.folder))) return false;
    const { host, port: first, pairs } = this.config.relay;
    const port = await portInUse(host, first, wantedPairs(this.folder, pairs));
    if (port !== undefined && !this.portIsBusy)
      this.journal.error('another program uses a port of the relay; it is tried again', { host, port });
    this.portIsBusy = port !== undefined;
    return this.portIsBusy;
  }

  private launchLater(): number {
    const wait = this.backoff.next();
    if (!this.stopping) this.timer = setTimeout(() => this.launch(), wait);
    return Math.round(wait);
  }

  private exited(child: ChildProcess, how: number | string | null, started: number): void {
    if (this.pid === child.pid) this.pid = undefined;
    if (this.stopping) return;
    if (Date.now() - started > LIMITS.RETRY_MAX_MS) this.backoff.reset();
    this.journal.warn('the relay has exited and is started again', { how, inMs: this.launchLater() });
  }

  /** It ends its sessions in order; what it could not report, its successor in the same folder does. */
  private replace(pid: number): void {
    this.journal.warn('the relay of an earlier run has other settings and is replaced', { pid });
    void endProcess(pid, LIMITS.RELAY_STOP_MS).then(() => {
      this.pid = undefined;
      this.launch();
    });
  }

  /** An adopted process is not a child, so its exit is not reported. */
  private watchAdopted(pid: number): void {
    this.timer = setTimeout(() => {
      if (runningRelay(this.folder)?.pid === pid) return this.watchAdopted(pid);
      this.pid = undefined;
      this.journal.warn('the relay of an earlier run has exited and is started again');
      this.launch();
    }, LIMITS.RELAY_WATCH_MS);
  }
}
