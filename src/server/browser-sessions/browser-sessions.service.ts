import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Journal } from '../../journal/journal';
import { LIMITS } from '../../protocol/limits';
import { RelayNotEncrypted, RelayRefused, RelayUnreachable } from '../../tunnel/relay-connection.errors';
import { StreamRefused } from '../../tunnel/http2-tunnel.errors';
import type { Actor } from '../auth/actor';
import { DatabaseUnavailable } from '../database/database-errors';
import { DevicesService } from '../devices/devices.service';
import { RelayPort } from '../sessions/relay.port';
import { SessionEvents } from '../sessions/session-events';
import { SessionOver, UnknownSession, WrongState } from '../sessions/session.errors';
import { SessionsService } from '../sessions/sessions.service';
import { BrowserSession } from './browser-session';
import { BrowserAccessUnavailable, NotConnected } from './browser-sessions.errors';
import type { SessionEnd } from './session-end';
import { SessionOrigins } from './site/session-origins';
import { openTerminalHalf } from './relaying/terminal-half';

/** Time for both halves of all sessions together to end in order when the server stops. */
const STOP_MS = 8_000;

/** The user who opens a browser session, and the console it is opened from. */
export interface Opener {
  readonly actor: Actor;
  readonly consoleOrigin: string;
  readonly loginIsGood: () => Promise<boolean>;
}

export interface EndedOrigin extends SessionEnd {
  readonly consoleOrigin: string;
}

/** The remote sessions for which this server is the terminal. Held in memory only, because their tunnels are, too. */
@Injectable()
export class BrowserSessions implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly byLabel = new Map<string, BrowserSession>();
  /** By remote session ID: concurrent requests for the same session share one connection attempt. */
  private readonly opening = new Map<string, Promise<BrowserSession>>();
  /** By label: the endings of recent sessions, for browsers that still request their pages. */
  private readonly endedOrigins = new Map<string, EndedOrigin>();
  /** Seen once without a login. A login also ends with the user's access; SessionRevocation ends those sessions first. */
  private readonly loggedOut = new WeakSet<BrowserSession>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly devices: DevicesService,
    private readonly sessions: SessionsService,
    private readonly events: SessionEvents,
    private readonly relays: RelayPort,
    private readonly origins: SessionOrigins,
    private readonly journal: Journal,
  ) {}

  onApplicationBootstrap(): void {
    this.events.on('changed', (session) => session.ending && this.bySession(session.id)?.note(session));
    this.timer = setInterval(() => void this.sweep(), LIMITS.BROWSER_LOGIN_CHECK_MS);
  }

  /** Runs while the connections that the sessions need to end are still open. */
  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    const open = [...this.byLabel.values()];
    const bothHalves = this.endOf(new Set(open.map(({ facts }) => facts.remoteSessionId)));
    const ends = Promise.allSettled([...open.map((session) => session.end('shutdown')), bothHalves]);
    await Promise.race([ends, delay(STOP_MS, undefined, { ref: false })]);
  }

  /** Resolves when the devices' halves of all these sessions have ended, too. */
  private endOf(remoteSessionIds: Set<string>): Promise<void> {
    return new Promise((resolve) => {
      if (remoteSessionIds.size === 0) resolve();
      this.events.on('changed', ({ id, state }) => {
        if (state === 'ended' && remoteSessionIds.delete(id) && remoteSessionIds.size === 0) resolve();
      });
    });
  }

  /**
   * Opens the session for the browser of the user who requested it, or issues one more entry ticket for it.
   * @throws UnknownSession, SessionOver, WrongState, BrowserAccessUnavailable, NotConnected
   */
  async open(opener: Opener, id: string): Promise<{ session: BrowserSession; ticket: string }> {
    await this.sessions.get(opener.actor, id); // it may be out of reach by now
    const session = this.bySession(id) ?? (await this.opened(opener, id));
    if (session.facts.userId !== opener.actor.userId) throw new UnknownSession(id);
    return { session, ticket: session.tickets.issue(LIMITS.BROWSER_TICKET_MS) };
  }

  /** S261: ends the session for its user. @throws UnknownSession */
  async end(actor: Actor, id: string): Promise<void> {
    const session = this.bySession(id);
    if (session?.facts.userId !== actor.userId) throw new UnknownSession(id);
    await session.end('asked');
  }

  find(label: string): BrowserSession | undefined {
    return this.byLabel.get(label);
  }
  ended(label: string): EndedOrigin | undefined {
    return this.endedOrigins.get(label);
  }

  private bySession(id: string): BrowserSession | undefined {
    return [...this.byLabel.values()].find(({ facts, ending }) => facts.remoteSessionId === id && !ending);
  }

  private opened(opener: Opener, id: string): Promise<BrowserSession> {
    const running = this.opening.get(id);
    if (running) return running;
    const opening = this.connect(opener, id).finally(() => this.opening.delete(id));
    this.opening.set(id, opening);
    return opening;
  }

  private async connect({ actor, consoleOrigin, loginIsGood }: Opener, id: string): Promise<BrowserSession> {
    const { session: asked } = await this.sessions.get(actor, id);
    if (asked.userId !== actor.userId) throw new UnknownSession(id);
    if (!this.origins.available)
      throw new BrowserAccessUnavailable('No domain for sessions is configured here.', asked);
    if (this.byLabel.size + this.opening.size >= LIMITS.BROWSER_SESSIONS)
      throw new BrowserAccessUnavailable('All browser sessions are taken.', asked);

    this.journal.step('S201', id);
    const answer = await this.sessions.connection(actor, id);
    if (answer.status === 'over') throw new SessionOver(id, answer.ending);
    if (answer.status === 'waiting') throw new WrongState(id, answer.state, 'be opened in the browser');
    const { device } = await this.devices.application(actor, asked.deviceId, asked.applicationId);
    if (device.applications.some((each) => each.id === asked.applicationId && each.protocol === 'box'))
      throw new BrowserAccessUnavailable('A document box is for programs.', asked);
    this.journal.step('S203', id);
    this.journal.step('S204', id);
    const half = await openTerminalHalf(answer.connection).catch((error: unknown) => this.giveUp(actor, id, error));
    const label = this.origins.newLabel();
    const facts = { remoteSessionId: id, userId: actor.userId, label, consoleOrigin, loginIsGood };
    const session = new BrowserSession({ ...facts, origin: this.origins.originOf(label) }, half, this.journal);
    this.byLabel.set(label, session);
    void session.over.then((end) => {
      this.byLabel.delete(label);
      this.rememberEnd(label, { ...end, consoleOrigin });
      this.journal.info('browser session over', { remoteSessionId: id, detail: end.text });
    });
    return session;
  }

  private rememberEnd(label: string, end: EndedOrigin): void {
    this.endedOrigins.set(label, end);
    const [oldest] = this.endedOrigins.keys();
    if (this.endedOrigins.size > LIMITS.BROWSER_ENDED_KEPT && oldest !== undefined) this.endedOrigins.delete(oldest);
  }

  private async giveUp(actor: Actor, id: string, error: unknown): Promise<never> {
    const { session: known } = await this.sessions.get(actor, id);
    if (known.ending) throw new SessionOver(id, known.ending);
    const detail = (error as Error).message;
    this.journal.warn('a browser session could not be connected', { remoteSessionId: id, detail });
    // a refusal or a missing device half does not speak against the relay
    const isRelayAtFault = error instanceof RelayUnreachable || error instanceof RelayNotEncrypted;
    if (isRelayAtFault && known.relayId !== null) this.relays.noteFailure(known.relayId);
    // end the session, so that access can be requested again at once
    await this.sessions.endUnconnected(actor, id, detail).catch(() => undefined);
    const expected = [RelayNotEncrypted, RelayRefused, RelayUnreachable, StreamRefused].some(
      (known) => error instanceof known,
    );
    if (!expected) this.journal.unexpected(error, `connecting session ${id} for a browser`);
    throw new NotConnected(detail);
  }

  private async sweep(): Promise<void> {
    for (const session of this.byLabel.values()) {
      if (session.ending) continue;
      if (session.idleMs >= LIMITS.BROWSER_IDLE_MS) void session.end('idle');
      // without the database, no user has logged out either; if it fails otherwise, the login counts as ended
      else if (await session.facts.loginIsGood().catch((error) => error instanceof DatabaseUnavailable))
        this.loggedOut.delete(session);
      else if (this.loggedOut.has(session)) void session.end('logged-out');
      else this.loggedOut.add(session);
    }
  }
}
