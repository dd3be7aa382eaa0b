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
import { hasDesiredSettings, LOCAL_RELAY, RELAY_FOLDER, relayEnvironment } from './relay-environment';
import { endProcess, pidFileOf, portInUse, runningRelay, desiredPairs } from './relay-process';
import { relaySecret } from './relay-secret';

const CLI = join(__dirname, '../../cli.js');

/**
 * Runs the local relay beside the server: starts its keeper process, restarts it when it exits, and stops it with the
 * server. A relay that outlived a killed server is adopted with its sessions, unless its settings do not fit this
 * server. The keeper stores the release and the number of pairs that a deployment has set.
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

  /** @param serverUrl the address of this server for the relay */
  start(serverUrl: string): void {
    if (!this.config.relay.local || this.stopping) return;
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    const secret = relaySecret(this.secrets.localRelaySecret, LOCAL_RELAY);
    this.environment = relayEnvironment(this.config, this.certificate, { folder: this.folder, secret, serverUrl });
    this.checkReach();
    const earlier = runningRelay(this.folder);
    this.pid = earlier?.pid;
    if (!earlier) return this.launch();
    if (!hasDesiredSettings(earlier.environment, this.environment)) return this.replace(earlier.pid);
    this.journal.info('adopted the relay of an earlier run', { childPid: earlier.pid });
    this.watchAdopted(earlier.pid);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    clearTimeout(this.timer);
    if (this.pid === undefined) return;
    await endProcess(this.pid, LIMITS.RELAY_STOP_MS);
    rmSync(pidFileOf(this.folder), { force: true });
  }

  /** Warns of a setting that is easily forgotten: without it only remote devices fail to connect. */
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
    if (await this.hasBusyPort()) {
      this.launchLater();
      return;
    }
    if (this.stopping) return;
    const child = spawn(process.execPath, [CLI, 'relay'], {
      env: { ...process.env, ...this.environment },
      stdio: ['ignore', 'inherit', 'inherit'],
      detached: true, // Ctrl-C at the server must not end sessions before the server stops the relay
    });
    const started = performance.now();
    child.once('exit', (code, killedBy) => this.exited(child, code ?? killedBy, started));
    child.once('error', (error) => child.pid === undefined && this.exited(child, error.message, started));
    this.pid = child.pid;
    if (child.pid !== undefined) writeFileSync(pidFileOf(this.folder), String(child.pid), { mode: 0o600 });
  }

  /** Logged once. After an unclean stop the keeper waits for orphaned processes, so their ports do not count. */
  private async hasBusyPort(): Promise<boolean> {
    if (existsSync(pidFileOf(this.folder))) return false;
    const { host, port: first, pairs } = this.config.relay;
    const port = await portInUse(host, first, desiredPairs(this.folder, pairs));
    if (port !== undefined && !this.portIsBusy)
      this.journal.error('another program uses a port of the relay; retrying', { host, port });
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
    if (performance.now() - started > LIMITS.RETRY_MAX_MS) this.backoff.reset();
    this.journal.warn('the relay has exited; restarting it', { exit: how, retryMs: this.launchLater() });
  }

  /** The old relay ends its sessions; its successor in the same folder reports the remaining logs. */
  private replace(pid: number): void {
    this.journal.warn('the relay of an earlier run has other settings; replacing it', { childPid: pid });
    void endProcess(pid, LIMITS.RELAY_STOP_MS).then(() => {
      this.pid = undefined;
      this.launch();
    });
  }

  /** Polls, because an adopted process is not a child and its exit raises no event. */
  private watchAdopted(pid: number): void {
    this.timer = setTimeout(() => {
      if (runningRelay(this.folder)?.pid === pid) return this.watchAdopted(pid);
      this.pid = undefined;
      this.journal.warn('the relay of an earlier run has exited; restarting it');
      this.launch();
    }, LIMITS.RELAY_WATCH_MS);
  }
}
