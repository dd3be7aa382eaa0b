import type { WebSocket } from 'ws';
import { LIMITS } from '../../protocol/limits';
import { LIVE_CLOSES, type LiveClose, type LiveEvent } from '../../protocol/live';
import { limitPings, watchHeartbeat } from '../../tunnel/heartbeat';
import type { Actor } from '../auth/actor';
import { reaches, type Place, type Reach } from '../customers/reach';

/** For the closing handshake, which a client that does not read its events does not answer either. */
const CLOSE_MS = 2_000;

/** Who looks at a console, and what they see. */
export interface Viewer {
  readonly actor: Actor;
  readonly reach: Reach;
}

/** One console on the live channel. */
export class LiveClient {
  private timer: NodeJS.Timeout;

  /**
   * @param viewer the user who was logged in when the client connected
   * @param current returns the user who is logged in now
   */
  constructor(
    private readonly ws: WebSocket,
    private viewer: Viewer,
    private readonly current: () => Promise<Viewer | undefined>,
    checkMs: number,
  ) {
    this.timer = setInterval(() => void this.check(), checkMs);
    ws.on('message', () => this.end('not-expected'));
    ws.once('close', () => clearInterval(this.timer));
    void this.check(); // a change since the handshake began may have been missed
    limitPings(ws, () => this.end('too-many-pings'));
    watchHeartbeat(ws, LIMITS.LIVE_PING_INTERVAL_MS, () => ws.terminate());
  }

  get userId(): string {
    return this.viewer.actor.userId;
  }

  /** @param places the user has to see what is at one of them @param text the event as JSON, made once for all clients */
  send(event: LiveEvent, places: readonly Place[], text: string): void {
    if (this.ws.readyState !== this.ws.OPEN || !places.some((place) => maySee(this.viewer, event, place))) return;
    if (this.ws.bufferedAmount + text.length > LIMITS.LIVE_QUEUE_BYTES) return this.end('too-slow');
    this.ws.send(text);
  }

  end(why: LiveClose): void {
    this.ws.close(LIVE_CLOSES[why].close, why);
    setTimeout(() => this.ws.terminate(), CLOSE_MS).unref();
  }

  /** Closes this client if its login has ended. */
  async check(): Promise<void> {
    // if the database fails, the login counts as ended
    const viewer = await this.current().catch(() => undefined);
    if (viewer) this.viewer = viewer;
    else this.end('logged-out');
  }
}

/** Same rule as the REST API: users see what is within their reach; only administrators see agents, what they find, and deployments. */
const maySee = ({ actor, reach }: Viewer, { type }: LiveEvent, place: Place): boolean =>
  FOR_ADMINS.includes(type) ? actor.role === 'admin' : reaches(reach, place);
const FOR_ADMINS: readonly LiveEvent['type'][] = ['agent', 'found-devices', 'deployment'];
