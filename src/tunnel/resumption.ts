import { setTimeout as delay } from 'node:timers/promises';
import { LIMITS } from '../protocol/limits';
import { jittered } from '../protocol/waits';
import { watchHeartbeat } from './heartbeat';
import { mayDialAgain, RelayRefused } from './relay-connection.errors';
import { askRelay, openRelaySocket, type RelayAddress } from './relay-dial';
import type { ClientWebSocket } from './websocket/client-web-socket';

/** The half that resumes. */
export interface ResumingHalf {
  /** Whether its WebSocket carries nothing. */
  readonly isSilent: boolean;
  /** The relay has replaced its WebSocket by this one. */
  onRenewed(ws: ClientWebSocket, renewal: number): void;
}

/** Dials the relay again for a half whose WebSocket carries nothing. */
export class Resumption {
  #attempts = 0;
  #isRunning = false;
  /**
   * WebSockets on which the relay was asked, with their attempts. The relay may have accepted one without its answer having
   * arrived, and would end the half if that one were closed: it stays open until the relay has accepted a later one.
   */
  readonly #asked = new Map<ClientWebSocket, number>();
  readonly #over = new AbortController();

  constructor(
    private readonly address: RelayAddress,
    private readonly secret: string,
    private readonly half: ResumingHalf,
  ) {}

  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** Resolves when the half carries again, the relay has refused, or LIMITS.RESUME_MS have passed. Never rejects. */
  async run(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    const { signal } = this.#over;
    const deadline = performance.now() + LIMITS.RESUME_MS;
    while (this.half.isSilent && !signal.aborted && performance.now() < deadline) {
      if ((await this.#attempt()) === 'refused') break;
      if (!this.half.isSilent) break;
      const pause = jittered(LIMITS.RESUME_PAUSE_MS, { least: 0.5, most: 1 });
      await delay(pause, undefined, { signal }).catch(() => undefined);
    }
    this.#isRunning = false;
  }

  /** The half has ended. */
  end(): void {
    this.#over.abort();
    this.#closeAsked(() => true);
  }

  async #attempt(): Promise<'renewed' | 'refused' | 'failed'> {
    const attempt = ++this.#attempts;
    const { sessionId } = this.address.info;
    const ws = openRelaySocket(this.address);
    // Before the question is sent.
    ws.once('open', () => {
      if (this.half.isSilent) this.#asked.set(ws, attempt);
      else ws.terminate();
    });
    ws.once('close', () => this.#asked.delete(ws));
    const question = { type: 'resume', sessionId, secret: this.secret, attempt } as const;
    try {
      const within = { signal: this.#over.signal, timeoutMs: LIMITS.RESUME_DIAL_MS };
      await askRelay(
        ws,
        question,
        (answer) => (answer.type === 'renewed' ? this.#accept(ws, answer.renewal) : undefined),
        within,
      );
      return 'renewed';
    } catch (error) {
      const isRefused = error instanceof RelayRefused;
      if (isRefused || this.#over.signal.aborted || !this.#asked.has(ws)) ws.terminate();
      else watchHeartbeat(ws, LIMITS.RELAY_PING_INTERVAL_MS, () => ws.terminate());
      return isRefused && !mayDialAgain(error) ? 'refused' : 'failed';
    }
  }

  #accept(ws: ClientWebSocket, renewal: number): true {
    const attempt = this.#asked.get(ws);
    if (attempt === undefined) return true; // a later one was accepted before, or the half has ended
    this.#asked.delete(ws);
    this.#closeAsked((itsAttempt) => itsAttempt < attempt);
    this.half.onRenewed(ws, renewal);
    return true;
  }

  #closeAsked(isOver: (attempt: number) => boolean): void {
    for (const [ws, attempt] of this.#asked) {
      if (!isOver(attempt)) continue;
      this.#asked.delete(ws);
      ws.terminate();
    }
  }
}
