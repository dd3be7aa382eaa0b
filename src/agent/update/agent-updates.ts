import { setTimeout as delay } from 'node:timers/promises';
import { productVersion } from '../../journal/product-version';
import type { Journal } from '../../journal/journal';
import type { WeeklyHours } from '../../protocol/access-conditions';
import type { ReportedUpdate } from '../../protocol/agent-update';
import { offerUpdate, reportUpdate } from '../../protocol/control-channel';
import { LIMITS } from '../../protocol/limits';
import { ProblemError } from '../../protocol/problems';
import type { ReleaseManifest } from '../../protocol/release';
import { momentOf, withinHours } from '../../protocol/weekly-hours';
import type { ControlChannel } from '../channel/control-channel';
import { downloadFirmware, type OwnServer } from '../maintenance/firmware-download';
import type { AgentVersions } from './agent-versions';
import { SUPERVISED, supervisorMessage, type AgentMessage } from './supervisor-messages';
import { refusalOfUpdate } from './update-refusal';

export interface AgentUpdatesOptions {
  /** When the owner permits updates; empty: always. undefined: never. */
  readonly hours: readonly WeeklyHours[] | undefined;
  readonly releaseKey: string | undefined;
  readonly versions: AgentVersions;
  readonly server: OwnServer;
  readonly channel: Pick<ControlChannel, 'handle' | 'request' | 'stop' | 'start'>;
  /** Whether a session is requested or open, or a job is being carried out. */
  readonly isBusy: () => boolean;
  readonly journal: Journal;
}

const NOTHING = { phase: 'none', version: null, detail: '' } as const;

/** The agent's part in its update: takes an offer, downloads it, waits until it may be installed, and has it installed. */
export class AgentUpdates {
  /** Whether a supervisor can install another version. */
  readonly #isSupervised = process.env[SUPERVISED] !== undefined && process.send !== undefined;
  readonly #stopping = new AbortController();
  #state: Omit<ReportedUpdate, 'permitted'> = NOTHING;
  #running: Promise<void> | undefined;

  constructor(private readonly options: AgentUpdatesOptions) {
    options.channel.handle(offerUpdate, ({ manifest, token, retry }) => {
      this.#take(manifest, token, retry);
      return {};
    });
  }

  /** Whether the owner permits updates. */
  get #permitted(): boolean {
    return this.options.hours !== undefined && this.#isSupervised;
  }

  /** Reads what became of the last update. Before the control channel opens. */
  async load(): Promise<void> {
    if (!this.#permitted) return;
    const { failed } = await this.options.versions.state();
    if (failed) this.#state = { phase: 'put-back', version: failed.version, detail: failed.detail.slice(0, 200) };
  }

  /** After each login: the server has accepted the announcement. */
  online(): void {
    tell({ type: 'online' });
    this.#report();
  }

  stop(): void {
    this.#stopping.abort();
  }

  /** @throws ProblemError forbidden */
  #take(manifest: ReleaseManifest, token: string, retry: boolean): void {
    const forbidden = (why: string) => new ProblemError('forbidden', why);
    if (!this.#permitted) throw forbidden('the owner of this agent does not permit updates');
    const refusal = refusalOfUpdate(manifest, { releaseKey: this.options.releaseKey, running: productVersion() });
    if (refusal !== undefined) throw forbidden(refusal);
    const { phase, version } = this.#state;
    if (phase === 'put-back' && version === manifest.version && !retry) throw forbidden(`${version} has failed before`);
    if (this.#running) return; // with this release, or another one first
    this.#running = this.#update(manifest, token)
      .catch((error: unknown) => {
        if (this.#stopping.signal.aborted) return;
        this.options.journal.error('the update failed', {
          version: manifest.version,
          detail: (error as Error).message,
        });
        this.#enter('refused', manifest.version, (error as Error).message);
      })
      .finally(() => (this.#running = undefined));
  }

  async #update(manifest: ReleaseManifest, token: string): Promise<void> {
    const { version } = manifest;
    const { versions, releaseKey, journal } = this.options;
    journal.info('a new version of the agent is offered', { version });
    if ((await versions.refusalOf(version, { releaseKey, running: productVersion() })) !== undefined) {
      this.#enter('downloading', version);
      await this.#download(manifest, token);
    }
    for (;;) {
      if (this.#mayInstall()) {
        const refusal = await this.#install(version);
        if (refusal !== undefined) throw new Error(refusal);
      }
      this.#enter('waiting', version);
      await delay(LIMITS.UPDATE_WAIT_MS, undefined, { signal: this.#stopping.signal });
    }
  }

  async #download(manifest: ReleaseManifest, token: string): Promise<void> {
    const { versions, server } = this.options;
    const { origin, trust, outbound } = server;
    if (origin === undefined) throw new Error('this agent does not know the address of its server: enrol it again');
    // the address is never one that the server names
    const url = `${origin}/api/agent/releases/${encodeURIComponent(manifest.version)}`;
    const { bytes, sha256 } = manifest;
    const path = await versions.newDraft();
    const options = { onBytes: () => undefined, signal: this.#stopping.signal };
    await downloadFirmware({ url, trust, outbound, token, bytes, sha256 }, path, options);
    await versions.place(manifest);
  }

  #mayInstall(): boolean {
    const { hours = [], isBusy } = this.options;
    const now = momentOf(Date.now());
    return !isBusy() && (hours.length === 0 || hours.some((each) => withinHours(each, now)));
  }

  /**
   * Closes the control channel first, so that nothing can start meanwhile.
   * @returns why the supervisor refuses; undefined: something had started. It does not return if the agent is being stopped.
   */
  async #install(version: string): Promise<string | undefined> {
    const { channel, isBusy } = this.options;
    this.#enter('installing', version);
    await channel.stop();
    if (isBusy()) {
      channel.start();
      return undefined;
    }
    const refused = new Promise<string>((resolve, reject) => {
      setTimeout(() => resolve('the supervisor does not answer'), LIMITS.UPDATE_STOP_MS).unref();
      process.on('message', (input) => {
        const { data } = supervisorMessage.safeParse(input);
        if (data) resolve(data.detail);
      });
      this.#stopping.signal.addEventListener('abort', () => reject(new Error('the agent is being stopped')));
    });
    tell({ type: 'install', version });
    const detail = await refused;
    channel.start();
    return detail;
  }

  #enter(phase: ReportedUpdate['phase'], version: string, detail = ''): void {
    const { phase: before } = this.#state;
    this.#state = { phase, version, detail: detail.slice(0, 200) };
    if (phase !== before) this.#report();
  }

  /** Repeated after the next login if it does not arrive. A server of an earlier version does not know it. */
  #report(): void {
    const { channel, journal } = this.options;
    channel
      .request(reportUpdate, { permitted: this.#permitted, ...this.#state })
      .catch((error: Error) => journal.debug('the state of the update was not reported', { detail: error.message }));
  }
}

function tell(message: AgentMessage): void {
  if (process.env[SUPERVISED] !== undefined) process.send?.(message, () => undefined);
}
