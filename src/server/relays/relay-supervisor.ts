import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { Journal } from '../../journal/journal';
import { LIMITS } from '../../protocol/limits';
import { Backoff } from '../../tunnel/backoff';
import { CERTIFICATE, type Certificate } from '../config/certificate';
import { CONFIG, type Config } from '../config/config';
import { isLoopback } from '../config/loopback';
import { SECRETS, type Secrets } from '../config/secrets';
import { relaySecret } from './relay-secret';

const RELAY_ID = 'local';
const CLI = join(__dirname, '../../cli.js');

/**
 * Keeps one relay running beside the server, as a process of its own: started, started again when it exits, stopped
 * in order with the server. A relay that has outlived a killed server is taken over with all the sessions it carries.
 */
@Injectable()
export class RelaySupervisor implements BeforeApplicationShutdown {
  private readonly folder: string;
  private readonly backoff = new Backoff({ firstMs: 200, maxMs: 10_000 });
  private serverUrl = '';
  private pid: number | undefined;
  private timer: NodeJS.Timeout | undefined;
  private stopping = false;

  constructor(
    private readonly journal: Journal,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(SECRETS) private readonly secrets: Secrets,
    @Inject(CERTIFICATE) private readonly certificate: Certificate,
  ) {
    this.folder = join(config.data, 'relay');
  }

  /** @param serverUrl where the relay dials its control plane: this server as it listens now */
  start(serverUrl: string): void {
    if (!this.config.relay.local) return;
    this.serverUrl = serverUrl;
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    const earlier = this.runningRelay();
    if (earlier === undefined) return this.spawn();
    this.pid = earlier;
    this.journal.info('took over the relay of an earlier run', { pid: earlier });
    this.watchAdopted();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    clearTimeout(this.timer);
    if (this.pid === undefined) return;
    const deadline = Date.now() + LIMITS.RELAY_STOP_MS;
    signal(this.pid, 'SIGTERM');
    while (this.pid !== undefined && alive(this.pid) && Date.now() < deadline) await pause(20);
    if (this.pid !== undefined && alive(this.pid)) signal(this.pid, 'SIGKILL');
    rmSync(this.pidFile, { force: true });
  }

  private get pidFile(): string {
    return join(this.folder, 'relay.pid');
  }

  private spawn(): void {
    const child = spawn(process.execPath, [CLI, 'relay'], {
      env: { ...process.env, ...this.environment() },
      stdio: ['ignore', 'inherit', 'inherit'],
      detached: true, // a Ctrl-C at the server must not end sessions before the server has asked for it
    });
    this.pid = child.pid;
    if (child.pid !== undefined) writeFileSync(this.pidFile, String(child.pid), { mode: 0o600 });
    const started = Date.now();
    child.once('error', (error) => this.journal.error('the relay could not be started', { detail: error.message }));
    child.once('exit', (code, killedBy) => this.exited(child, code ?? killedBy, started));
  }

  private exited(child: ChildProcess, how: number | string | null, started: number): void {
    if (this.pid === child.pid) this.pid = undefined;
    if (this.stopping) return;
    if (Date.now() - started > LIMITS.RETRY_MAX_MS) this.backoff.reset();
    const wait = this.backoff.next();
    this.journal.warn('the relay has exited and is started again', { how, inMs: Math.round(wait) });
    this.timer = setTimeout(() => this.spawn(), wait);
  }

  /** An adopted process is not our child: nobody tells us when it exits. */
  private watchAdopted(): void {
    this.timer = setTimeout(() => {
      if (this.pid !== undefined && alive(this.pid)) return this.watchAdopted();
      this.journal.warn('the relay of an earlier run has exited and is started again');
      this.spawn();
    }, LIMITS.RELAY_WATCH_MS);
  }

  private runningRelay(): number | undefined {
    try {
      const pid = Number(readFileSync(this.pidFile, 'utf8'));
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      return command.includes(CLI) && command.includes('relay') ? pid : undefined;
    } catch {
      return undefined; // no such file or process, or a system without /proc: start a new one
    }
  }

  private environment(): Record<string, string> {
    const { host, port, pairs, publicUrl } = this.config.relay;
    const tls = isLoopback(host) || this.config.http.trustProxy ? undefined : this.writeCertificate();
    const fallback = `${tls ? 'wss' : 'ws'}://${this.publicHost()}:${port}`;
    return {
      PLATEN_RELAY_ID: RELAY_ID,
      PLATEN_RELAY_SECRET_FILE: this.write('secret', relaySecret(this.secrets.localRelaySecret, RELAY_ID)),
      PLATEN_RELAY_DATA: this.folder,
      PLATEN_RELAY_HOST: host,
      PLATEN_RELAY_PORT: String(port),
      PLATEN_RELAY_PAIRS: String(pairs),
      PLATEN_RELAY_PUBLIC_URL: publicUrl ?? fallback,
      PLATEN_RELAY_BEHIND_PROXY: this.config.http.trustProxy ? 'yes' : 'no',
      PLATEN_SERVER_URL: this.serverUrl,
      PLATEN_SERVER_PIN: this.certificate.pin,
      PLATEN_LOG_LEVEL: this.config.logLevel,
      PLATEN_TLS_CERTIFICATE: tls?.certificate ?? '',
      PLATEN_TLS_KEY: tls?.key ?? '',
    };
  }

  private publicHost(): string {
    const { publicUrl } = this.config.http;
    if (!isLoopback(this.config.relay.host) && publicUrl) return new URL(publicUrl).hostname;
    return this.config.relay.host;
  }

  private writeCertificate(): { certificate: string; key: string } {
    return {
      certificate: this.write('tls.crt', this.certificate.certificate),
      key: this.write('tls.key', this.certificate.key),
    };
  }

  private write(name: string, text: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // it has exited meanwhile
  }
}
