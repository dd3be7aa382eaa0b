import type { WebSocket } from 'ws';
import { LIMITS } from '../../protocol/limits';
import { LIVE_CLOSES, type LiveClose, type LiveEvent } from '../../protocol/live';
import { watchHeartbeat } from '../../tunnel/heartbeat';
import type { Actor } from '../auth/actor';

/** For the closing handshake, which a client that does not read its events does not answer either. */
const CLOSE_MS = 2_000;

/** One console on the live channel. */
export class LiveClient {
  private timer: NodeJS.Timeout;

  /**
   * @param actor the user who was logged in when the client connected
   * @param currentActor returns the user who is logged in now
   */
  constructor(
    private readonly ws: WebSocket,
    private actor: Actor,
    private readonly currentActor: () => Promise<Actor | undefined>,
    checkMs: number,
  ) {
    this.timer = setInterval(() => void this.check(), checkMs);
    ws.on('message', () => this.end('not-expected'));
    ws.once('close', () => clearInterval(this.timer));
    watchHeartbeat(ws, LIMITS.LIVE_PING_INTERVAL_MS, () => ws.terminate());
  }

  get userId(): string {
    return this.actor.userId;
  }

  /** @param text the event as JSON, made once for all clients */
  send(event: LiveEvent, text: string): void {
    if (this.ws.readyState !== this.ws.OPEN || !maySee(this.actor, event)) return;
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
    const actor = await this.currentActor().catch(() => undefined);
    if (actor) this.actor = actor;
    else this.end('logged-out');
  }
}

/** Same rule as the REST API: technicians see devices and sessions; only administrators see agents and deployments. */
const maySee = (actor: Actor, { type }: LiveEvent): boolean =>
  (type !== 'agent' && type !== 'deployment') || actor.role === 'admin';
