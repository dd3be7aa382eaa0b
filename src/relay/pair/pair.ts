import type { Journal } from '../../journal/journal';
import { LIMITS } from '../../protocol/limits';
import { HALVES, type EndReason, type Ending, type Half } from '../../protocol/remote-session';
import { timerMs } from '../../protocol/waits';
import { CloudHub, type RefusedHere } from './cloud-hub';
import { HalfEnding } from './half-ending';
import type { ResumeRequest } from './half-resumption';
import type { MasterPeer, PlacedLink } from '../pair-rpc';
import type { PeerSocket } from './peer-socket';
import { RelayedSession } from './relayed-session';
import { WebAgent } from './web-agent';

/** The session and half of a session ID. */
export interface Place {
  readonly session: RelayedSession;
  readonly half: Half;
}
interface Entry {
  readonly session: RelayedSession;
  readonly hashes: readonly string[];
  connecting: NodeJS.Timeout | undefined;
  expiry?: NodeJS.Timeout;
}

/** One Cloud Hub with its one Web Agent (E10), the sessions they serve, and those sessions' deadlines. */
export class Pair {
  readonly #entries = new Map<string, Entry>();
  /** By the hash of a session ID, so that memory does not contain usable session IDs. */
  readonly #places = new Map<string, Place>();
  readonly #ending: HalfEnding;
  readonly #cloudHub: CloudHub;
  readonly #webAgent: WebAgent;
  readonly #counting = setInterval(() => {
    this.#readAhead();
    void this.#reportBytes();
  }, LIMITS.RELAY_COUNT_MS).unref();

  constructor(
    private readonly master: MasterPeer,
    private readonly journal: Journal,
  ) {
    this.#ending = new HalfEnding(master, (session) => this.#onEnded(session), journal);
    const deadlines = {
      expires: (session: RelayedSession) => this.#scheduleExpiry(session),
      connected: (session: RelayedSession) => this.#clearConnecting(session),
    };
    this.#cloudHub = new CloudHub(master, this.#ending, deadlines, journal);
    this.#webAgent = new WebAgent(this.#cloudHub, journal);
  }

  get sessions(): RelayedSession[] {
    return [...this.#entries.values()].map(({ session }) => session);
  }

  /** S63: the Master has chosen this pair for a link. */
  addLink({ linkId, remoteSessionId, connectBefore, sessionIdHashes, trial }: PlacedLink): void {
    const session = new RelayedSession(linkId, remoteSessionId, Date.parse(connectBefore), trial, this.journal);
    const connecting = at(session.connectBefore, () => {
      for (const half of HALVES)
        if (session.halves[half].state === 'waiting') this.#ending.start(session, half, { reason: 'never-connected' });
    });
    this.#entries.set(linkId, { session, hashes: Object.values(sessionIdHashes), connecting });
    for (const half of HALVES) this.#places.set(sessionIdHashes[half], { session, half });
  }

  forgetLink(linkId: string): void {
    const session = this.#entries.get(linkId)?.session;
    if (session) this.#forget(session);
  }

  placeOf(sessionIdHash: string): Place | undefined {
    return this.#places.get(sessionIdHash);
  }

  serve(session: RelayedSession, half: Half, peer: PeerSocket, token: string): Promise<void> {
    const side = half === 'device' ? this.#cloudHub : this.#webAgent;
    return side.serve(session, peer, token);
  }

  /** @returns the refusal, if the peer does not become that of the half */
  resume(session: RelayedSession, half: Half, peer: PeerSocket, request: ResumeRequest): RefusedHere | undefined {
    return this.#cloudHub.resume(session, half, peer, request);
  }

  /** S331. @returns whether there is such a half that has not ended */
  endHalf(linkId: string, half: Half, ending: Ending): boolean {
    const session = this.#entries.get(linkId)?.session;
    if (!session || session.halves[half].state === 'ended') return false;
    this.#ending.start(session, half, { reason: 'control-plane', ending });
    return true;
  }

  /** Ends every half; resolves when all have ended and their peers are notified. */
  async endAll(reason: EndReason): Promise<void> {
    const { sessions } = this;
    for (const session of sessions) this.#endBoth(session, reason);
    await Promise.all(
      sessions.flatMap((session) => HALVES.map((half) => session.halves[half].ended ?? Promise.resolve())),
    );
  }

  /** The Master has exited: stops all timers. */
  forgetAll(): void {
    clearInterval(this.#counting);
    for (const { session } of this.#entries.values()) this.#forget(session);
  }

  /** Counts are reported on the way, because a pair that is killed reports none at the end. */
  async #reportBytes(): Promise<void> {
    const changed = this.sessions.filter((session) => !session.trial && session.hasNewBytes());
    const counts = changed.map((session) => session.byteCounts());
    // If it fails, the next change is reported, and the end logs have the final counts.
    if (counts.length > 0) await this.master.call('report-bytes', { counts }).catch(() => undefined);
  }

  #readAhead(): void {
    let halves: number = LIMITS.RELAY_READ_AHEAD_HALVES;
    for (const { session } of this.#entries.values()) halves -= session.link.readAhead(halves);
  }

  #scheduleExpiry(session: RelayedSession): void {
    const entry = this.#entries.get(session.linkId);
    if (!entry) return;
    clearTimeout(entry.expiry);
    const until = session.validUntil! + LIMITS.RELAY_EXPIRY_GRACE_MS;
    entry.expiry = at(until, () => this.#endBoth(session, 'expired'));
  }

  #clearConnecting({ linkId }: RelayedSession): void {
    const entry = this.#entries.get(linkId);
    if (!entry) return;
    clearTimeout(entry.connecting);
    entry.connecting = undefined;
  }

  #endBoth(session: RelayedSession, reason: EndReason): void {
    for (const half of HALVES) this.#ending.start(session, half, { reason });
  }

  #onEnded(session: RelayedSession): void {
    if (!session.over || !this.#forget(session)) return;
    // Fails only if the Master has exited.
    void this.master.call('over', { linkId: session.linkId }).catch(() => undefined);
  }

  /** @returns whether it was there */
  #forget({ linkId }: RelayedSession): boolean {
    const entry = this.#entries.get(linkId);
    clearTimeout(entry?.connecting);
    clearTimeout(entry?.expiry);
    for (const hash of entry?.hashes ?? []) this.#places.delete(hash);
    return this.#entries.delete(linkId);
  }
}

const at = (moment: number, act: () => void): NodeJS.Timeout => setTimeout(act, timerMs(moment - Date.now()));
