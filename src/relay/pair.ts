import type { Journal } from '../journal/journal';
import { LIMITS } from '../protocol/limits';
import { HALVES, type EndReason, type Half } from '../protocol/remote-session';
import { CloudHub } from './cloud-hub';
import type { ControlPlane } from './control-plane';
import { HalfEnding, type EndCause } from './half-ending';
import type { LogReporter } from './log-reporter';
import type { PeerSocket } from './peer-socket';
import type { RelayedSession } from './relayed-session';
import type { SessionLog } from './session-log';
import { WebAgent } from './web-agent';

/** setTimeout's longest time. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** One Cloud Hub with its one Web Agent (E10), the sessions they serve, and those sessions' deadlines. */
export class Pair {
  readonly #sessions = new Map<RelayedSession, Set<NodeJS.Timeout>>();
  readonly #ending: HalfEnding;
  readonly #cloudHub: CloudHub;
  readonly #webAgent: WebAgent;

  /** @param onOver called when both halves of a session have ended */
  constructor(
    controlPlane: ControlPlane,
    sessionLog: SessionLog,
    reporter: LogReporter,
    private readonly onOver: (session: RelayedSession) => void,
    journal: Journal,
  ) {
    this.#ending = new HalfEnding(sessionLog, reporter, controlPlane, (session) => this.#onEnded(session), journal);
    const onValidUntil = (session: RelayedSession) => this.#expireInTime(session);
    this.#cloudHub = new CloudHub(controlPlane, sessionLog, reporter, this.#ending, onValidUntil, journal);
    this.#webAgent = new WebAgent(this.#cloudHub, journal);
  }

  get size(): number {
    return this.#sessions.size;
  }

  take(session: RelayedSession): void {
    this.#sessions.set(session, new Set());
    this.#at(session, session.connectBefore.getTime(), () => {
      for (const half of HALVES)
        if (session.halves[half].state === 'waiting') this.#ending.begin(session, half, { reason: 'never-connected' });
    });
  }

  serve(session: RelayedSession, half: Half, peer: PeerSocket, token: string): Promise<void> {
    const side = half === 'device' ? this.#cloudHub : this.#webAgent;
    return side.serve(session, peer, token);
  }

  end(session: RelayedSession, half: Half, cause: EndCause): void {
    this.#ending.begin(session, half, cause);
  }

  /** Ends every half; resolves when all have ended and their peers are told. */
  async endAll(reason: EndReason): Promise<void> {
    const sessions = [...this.#sessions.keys()];
    for (const session of sessions) this.#endBoth(session, reason);
    await Promise.all(
      sessions.flatMap((session) => HALVES.map((half) => session.halves[half].ended ?? Promise.resolve())),
    );
  }

  #expireInTime(session: RelayedSession): void {
    const until = session.validUntil!.getTime() + LIMITS.RELAY_EXPIRY_GRACE_MS;
    this.#at(session, until, () => this.#endBoth(session, 'expired'));
  }

  #endBoth(session: RelayedSession, reason: EndReason): void {
    for (const half of HALVES) this.#ending.begin(session, half, { reason });
  }

  #at(session: RelayedSession, moment: number, act: () => void): void {
    const wait = Math.min(Math.max(0, moment - Date.now()), MAX_TIMER_MS);
    this.#sessions.get(session)?.add(setTimeout(act, wait));
  }

  #onEnded(session: RelayedSession): void {
    if (!session.over) return;
    for (const timer of this.#sessions.get(session) ?? []) clearTimeout(timer);
    if (this.#sessions.delete(session)) this.onOver(session);
  }
}
