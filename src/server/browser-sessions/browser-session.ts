import { setTimeout as delay } from 'node:timers/promises';
import type { Duplex } from 'node:stream';
import type { Journal } from '../../journal/journal';
import { LIMITS } from '../../protocol/limits';
import type { Ending } from '../../protocol/remote-session';
import type { SessionEntity } from '../sessions/session.entity';
import { DeviceConnections } from './relaying/device-connections';
import type { Origins } from './translation/device-urls';
import { HandedOut } from './site/handed-out';
import { endOf, HALTED, OWN_ENDS, type OwnEnd, type SessionEnd } from './session-end';
import type { TerminalHalf } from './relaying/terminal-half';

/** A relay connection that closes breaks the tunnel first and says why a moment later. */
const SETTLE_MS = 1_000;
/** The streams of a tunnel that closes break a moment before it. */
const BREAK_MS = 200;

export interface BrowserSessionFacts {
  readonly remoteSessionId: string;
  readonly userId: string;
  readonly label: string;
  /** Where the browser sees the device. */
  readonly origin: string;
  /** Where the console is that may show the device's pages in a frame. */
  readonly consoleOrigin: string;
  /** Whether the login that opened the session is still good. */
  readonly loginIsGood: () => Promise<boolean>;
}

/** One remote session whose terminal is a browser, with this server as its client. */
export class BrowserSession {
  readonly tickets = new HandedOut(LIMITS.BROWSER_ENTRIES);
  /** What the cookies of the browsers that were let in hold: in a tab, and in a frame of the console. */
  readonly entries = { tab: new HandedOut(LIMITS.BROWSER_ENTRIES), frame: new HandedOut(LIMITS.BROWSER_ENTRIES) };
  readonly connections = new DeviceConnections(() => this.dial());
  /** Resolves when the half has ended; never rejects. */
  readonly over: Promise<SessionEnd>;
  private ended: SessionEnd | undefined;
  private endsItself = false;
  private known: { ending: Ending; detail: string } | undefined;
  private exchanges = 0;
  private lastUsed = performance.now();
  private used = false;
  private learnt = false;

  constructor(
    readonly facts: BrowserSessionFacts,
    private readonly half: TerminalHalf,
    private readonly journal: Journal,
  ) {
    this.over = half.relay.closed.then((closed) => {
      const asked = closed.kind === 'terminated' && closed.message.reason === 'control-plane';
      const end = endOf(closed, this.known);
      if (end === HALTED) this.showHalt();
      if (asked && !this.endsItself) journal.step('S338', facts.remoteSessionId);
      half.tunnel.close();
      return (this.ended ??= end);
    });
    void half.tunnel.closed.then(async () => {
      if (!(await this.whyCut())) await this.end('broken');
    });
  }

  /** What the control plane knows of the session's end, before the relay has carried it out. */
  note({ ending, detail, deviceHalf }: Pick<SessionEntity, 'ending' | 'detail' | 'deviceHalf'>): void {
    if (!ending) return;
    this.known ??= { ending, detail };
    // S315: the device's half has ended
    if (ending === 'halted-by-deployment' && deviceHalf === 'ended') this.showHalt();
  }

  private showHalt(): void {
    if (this.ended) return;
    this.journal.step('S316', this.facts.remoteSessionId);
    this.ended = HALTED;
  }

  /** Set once nothing goes to the device any more. */
  get ending(): SessionEnd | undefined {
    return this.ended;
  }

  /** Who may show pages of this session in a frame (CSP 3, 6.4.2). */
  get frameAncestors(): string {
    return `frame-ancestors 'self' ${this.facts.consoleOrigin}`;
  }

  /** How long nothing has been asked of it and nothing was open, in milliseconds. */
  get idleMs(): number {
    return this.exchanges > 0 ? 0 : performance.now() - this.lastUsed;
  }

  /**
   * A request, WebSocket or byte stream begins.
   * @returns to be called, once, when it is over; undefined when there are too many
   */
  begin(): (() => void) | undefined {
    if (this.exchanges >= LIMITS.BROWSER_EXCHANGES) return undefined;
    this.exchanges++;
    return () => {
      this.exchanges--;
      this.lastUsed = performance.now();
    };
  }

  /** One more connection to the application. @throws StreamRefused */
  async dial(): Promise<Duplex> {
    if (!this.used) {
      this.journal.step('S231', this.facts.remoteSessionId);
      this.journal.step('S232', this.facts.remoteSessionId);
    }
    this.used = true;
    return this.half.tunnel.connect();
  }

  /**
   * Both names of the application; undefined where it does not speak HTTP. Its agent says so with the first connection.
   * @throws StreamRefused
   */
  async origins(): Promise<Origins | undefined> {
    if (!this.learnt) await this.connections.prepare();
    this.learnt = true;
    const device = this.half.tunnel.applicationOrigin;
    return device === undefined ? undefined : { device, session: this.facts.origin };
  }

  /** How the application can be shown; a device that cannot be reached at the moment is taken to have pages. */
  async view(): Promise<'pages' | 'stream'> {
    const speaksHttp = await this.origins().then(
      (origins) => origins !== undefined,
      () => true,
    );
    return speaksHttp ? 'pages' : 'stream';
  }

  /** After a connection to the device has failed: how the session ended, if that is why. */
  async whyCut(): Promise<SessionEnd | undefined> {
    if (this.ended) return this.ended;
    const settled = delay(SETTLE_MS, undefined, { ref: false });
    const cut = await Promise.race([this.half.tunnel.closed.then(() => true), delay(BREAK_MS, false)]);
    return cut ? Promise.race([this.over, settled]) : undefined;
  }

  /** Ends the half in order (S261-S273). */
  async end(why: OwnEnd): Promise<void> {
    if (this.ended) return void (await this.over);
    this.ended = OWN_ENDS[why];
    this.endsItself = true;
    const { remoteSessionId } = this.facts;
    if (why === 'asked' || why === 'logged-out') this.journal.step('S261', remoteSessionId);
    this.journal.step('S262', remoteSessionId);
    await this.half.relay.terminate();
    this.journal.step('S273', remoteSessionId);
  }
}
