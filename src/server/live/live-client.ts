import type { WebSocket } from 'ws';
import { LIMITS } from '../../protocol/limits';
import { LIVE_CLOSES, type LiveClose, type LiveEvent } from '../../protocol/live';
import { watchHeartbeat } from '../../tunnel/heartbeat';
import type { Actor } from '../auth/actor';

/** For the closing handshake; a client that does not take its events does not answer it either. */
const CLOSE_MS = 2_000;

/** One console that listens. */
export class LiveClient {
  private timer: NodeJS.Timeout;

  /**
   * @param look finds out who is logged in, now
   * @param actor who was, when the client came
   */
  constructor(
    private readonly ws: WebSocket,
    private actor: Actor,
    private readonly look: () => Promise<Actor | undefined>,
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

  private async check(): Promise<void> {
    // a database that cannot be asked proves no login
    const actor = await this.look().catch(() => undefined);
    if (actor) this.actor = actor;
    else this.end('logged-out');
  }
}

/** As the REST API: every technician sees every device and session; agents and deployments are the administrators'. */
const maySee = (actor: Actor, { type }: LiveEvent): boolean =>
  (type !== 'agent' && type !== 'deployment') || actor.role === 'admin';
