import { setTimeout as delay } from 'node:timers/promises';
import type { Duplex } from 'node:stream';
import type { Journal } from '../../journal/journal';
import { LIMITS } from '../../protocol/limits';
import type { Ending } from '../../protocol/remote-session';
import type { SessionEntity } from '../sessions/session.entity';
import { DeviceConnections } from './relaying/device-connections';
import { DeviceStream } from '../../tunnel/device-http/device-stream';
import { StreamRefused } from '../../tunnel/http2-tunnel.errors';
import type { Origins } from './translation/device-urls';
import { IssuedSecrets } from './issued-secrets';
import { endBy, endOf, HALTED, REQUESTED_ENDS, type RequestedEnd, type SessionEnd } from './session-end';
import { CheckedCookies } from './site/tossed-cookies';
import type { TerminalHalf } from './relaying/terminal-half';

/** When a relay connection closes, the tunnel breaks first; the reason follows within this time. */
const SETTLE_MS = 5_000;
/** When a tunnel closes, its streams break first; the tunnel follows within this time. */
const BREAK_MS = 200;

export interface BrowserSessionFacts {
  readonly remoteSessionId: string;
  readonly userId: string;
  readonly label: string;
  /** The origin under which the browser shows the device. */
  readonly origin: string;
  /** The console that may show the device's pages in a frame. */
  readonly consoleOrigin: string;
  /** Whether the login that opened the session is still valid. */
  readonly loginIsGood: () => Promise<boolean>;
}

/** One remote session whose terminal is a browser, with this server as its client. */
export class BrowserSession {
  readonly tickets = new IssuedSecrets(LIMITS.BROWSER_ENTRIES);
  /** Take a browser that has entered to the session's other sites. */
  readonly crossings = new IssuedSecrets(LIMITS.BROWSER_ENTRIES * LIMITS.APPLICATION_ORIGINS);
  /** Values of the entry cookies of browsers that have entered: in a tab, and in a frame of the console. */
  readonly entries = {
    tab: new IssuedSecrets(LIMITS.BROWSER_ENTRIES * (1 + LIMITS.APPLICATION_ORIGINS)),
    frame: new IssuedSecrets(LIMITS.BROWSER_ENTRIES * (1 + LIMITS.APPLICATION_ORIGINS)),
  };
  readonly cookies = new CheckedCookies();
  /** By site. */
  private readonly pools = new Map<number, DeviceConnections>();
  /** Resolves when the half has ended; never rejects. */
  readonly over: Promise<SessionEnd>;
  private ended: SessionEnd | undefined;
  private endRequested = false;
  private known: { ending: Ending; detail: string } | undefined;
  private exchanges = 0;
  private lastUsed = performance.now();
  private used = false;
  private originsKnown = false;
  /** As the agent has named them. One that the owner revokes keeps its place: no site becomes that of another origin. */
  private readonly named: string[] = [];

  constructor(
    readonly facts: BrowserSessionFacts,
    private readonly half: TerminalHalf,
    private readonly journal: Journal,
  ) {
    this.over = half.relay.closed.then((closed) => {
      const asked = closed.kind === 'terminated' && closed.message.reason === 'control-plane';
      const end = endOf(closed, this.known);
      if (end === HALTED) this.showHalt();
      if (asked && !this.endRequested) journal.step('S338', facts.remoteSessionId);
      half.tunnel.close();
      return (this.ended ??= end);
    });
    void half.tunnel.closed.then(async () => {
      if (!(await this.causeOfCut())) await this.end('broken');
    });
  }

  /** Stores the ending that the control plane has decided, before the relay has ended the halves. */
  note({
    ending,
    detail,
    deviceHalf,
    terminalHalf,
  }: Pick<SessionEntity, 'ending' | 'detail' | 'deviceHalf' | 'terminalHalf'>): void {
    if (!ending) return;
    this.known ??= { ending, detail };
    // S315: the device's half has ended
    if (ending === 'halted-by-deployment' && (deviceHalf === 'ended' || terminalHalf === 'ended')) this.showHalt();
    // the relay reports the end of this half before it notifies it (S334, S337): nothing reaches the device any more
    if (terminalHalf === 'ended') this.ended ??= endBy({ ending, detail });
  }

  private showHalt(): void {
    if (this.ended) return;
    this.journal.step('S316', this.facts.remoteSessionId);
    this.ended = HALTED;
  }

  /** Set as soon as no more data is sent to the device. */
  get ending(): SessionEnd | undefined {
    return this.ended;
  }

  /** Origins that may show pages of this session in a frame (CSP 3, 6.4.2). */
  get frameAncestors(): string {
    const { sites } = this;
    return ["frame-ancestors 'self'", ...(sites.length > 1 ? sites : []), this.facts.consoleOrigin].join(' ');
  }

  /** Milliseconds since the last exchange ended; 0 while one is open. */
  get idleMs(): number {
    return this.exchanges > 0 ? 0 : performance.now() - this.lastUsed;
  }

  /**
   * Counts a request, WebSocket or byte stream as open.
   * @returns a function to call once when it ends; undefined when too many are open
   */
  startExchange(): (() => void) | undefined {
    if (this.exchanges >= LIMITS.BROWSER_EXCHANGES) return undefined;
    this.exchanges++;
    return () => {
      this.exchanges--;
      this.lastUsed = performance.now();
    };
  }

  /** The origins of its sites, the application's own first: one for each origin of the application. */
  get sites(): string[] {
    const { origin, label } = this.facts;
    const others = this.otherOrigins.map((_, at) => origin.replace(`s-${label}`, `s-${label}-${at + 1}`));
    return [origin, ...others];
  }

  private get otherOrigins(): readonly string[] {
    for (const origin of this.half.tunnel.otherOrigins)
      if (!this.named.includes(origin) && this.named.length < LIMITS.APPLICATION_ORIGINS) this.named.push(origin);
    return this.named;
  }

  /** Connections for the HTTP requests to a site. */
  connections(site: number): DeviceConnections {
    const known = this.pools.get(site) ?? new DeviceConnections(async () => new DeviceStream(await this.dial(site)));
    this.pools.set(site, known);
    return known;
  }

  /** Opens another connection to the application, at its origin with this site. @throws StreamRefused */
  async dial(site = 0): Promise<Duplex> {
    if (!this.used) {
      this.journal.step('S231', this.facts.remoteSessionId);
      this.journal.step('S232', this.facts.remoteSessionId);
    }
    this.used = true;
    return this.half.tunnel.connect(site === 0 ? {} : { origin: this.otherOrigins[site - 1] });
  }

  /**
   * The names of a site and of the others; undefined without HTTP, or without such a site. The agent reports them with the
   * first connection.
   * @throws StreamRefused
   */
  async origins(site = 0): Promise<Origins | undefined> {
    if (!this.originsKnown) await this.connections(0).prepare();
    this.originsKnown = true;
    const { applicationOrigin } = this.half.tunnel;
    if (applicationOrigin === undefined) return undefined;
    const { sites } = this;
    const names = [applicationOrigin, ...this.otherOrigins].map((device, at) => ({ device, session: sites[at]! }));
    const [own] = names.splice(site, 1);
    return own && { ...own, others: names };
  }

  /**
   * Has the owner asked for another origin.
   * @returns its site if it is permitted; otherwise what the agent says @throws StreamRefused for any other reason
   */
  async propose(origin: string): Promise<{ site: string } | { answer: string }> {
    try {
      (await this.half.tunnel.connect({ origin, propose: true })).destroy();
    } catch (error) {
      if (error instanceof StreamRefused && error.status === 403) return { answer: error.detail };
      throw error;
    }
    const at = this.otherOrigins.indexOf(origin);
    const site = this.sites[at + 1];
    return at === -1 || site === undefined ? { answer: 'the session has too many addresses' } : { site };
  }

  /** How to show the application; a device that is unreachable at the moment is assumed to have pages. */
  async view(): Promise<'pages' | 'stream'> {
    const speaksHttp = await this.origins().then(
      (origins) => origins !== undefined,
      () => true,
    );
    return speaksHttp ? 'pages' : 'stream';
  }

  /** After a connection to the device has failed: the end of the session, if that is the cause. */
  async causeOfCut(): Promise<SessionEnd | undefined> {
    if (this.ended) return this.ended;
    const settled = delay(SETTLE_MS, undefined, { ref: false });
    const cut = await Promise.race([this.half.tunnel.closed.then(() => true), delay(BREAK_MS, false)]);
    return cut ? Promise.race([this.over, settled]) : undefined;
  }

  /** Ends the half in order (S261-S273). */
  async end(why: RequestedEnd): Promise<void> {
    if (this.ended) return void (await this.over);
    this.ended = REQUESTED_ENDS[why];
    this.endRequested = true;
    const { remoteSessionId } = this.facts;
    if (why === 'asked' || why === 'logged-out') this.journal.step('S261', remoteSessionId);
    this.journal.step('S262', remoteSessionId);
    await this.half.relay.terminate();
    this.journal.step('S273', remoteSessionId);
  }
}
