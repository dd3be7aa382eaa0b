import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import WebSocket from 'ws';
import { RELAY_SUBPROTOCOL } from '../../../src/protocol/version';

const LONGEST_MS = 4 * 60_000;

/**
 * Unauthenticated peers at a relay's address, one after the other: each connects, is upgraded, presents a session ID that
 * was never created, and must be refused in order.
 */
export class UnauthenticatedPeers {
  /** Attempts under way at a time. */
  static readonly AT_ONCE = 8;
  /** Answers in order, of a relay that serves and of one that is just stopping. */
  static readonly ANSWERS: readonly string[] = ['unknown-session', 'draining'];
  /** Answer (`unknown-session`), or what came in its place (`ECONNREFUSED`), to how often. */
  readonly outcomes = new Map<string, number>();
  /** Longest time from dialling to the answer, in milliseconds. */
  slowestMs = 0;
  readonly #until = Date.now() + LONGEST_MS;
  readonly #workers: Promise<void>[];
  #stopped = false;

  /** @param pauseMs after each attempt, where the machine has other work */
  constructor(
    private readonly url: string,
    { atOnce = UnauthenticatedPeers.AT_ONCE, pauseMs = 0 } = {},
  ) {
    this.#workers = Array.from({ length: atOnce }, () => this.#work(pauseMs));
  }

  /** What came in place of an answer. */
  get unanswered(): string[] {
    return [...this.outcomes.keys()].filter((outcome) => !UnauthenticatedPeers.ANSWERS.includes(outcome));
  }

  get attempts(): number {
    return [...this.outcomes.values()].reduce((sum, each) => sum + each, 0);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#workers);
  }

  async #work(pauseMs: number): Promise<void> {
    while (!this.#stopped && Date.now() < this.#until) {
      const start = performance.now();
      const outcome = await attempt(this.url);
      this.slowestMs = Math.max(this.slowestMs, performance.now() - start);
      this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
      if (pauseMs > 0) await delay(pauseMs);
    }
  }
}

function attempt(url: string): Promise<string> {
  const ws = new WebSocket(url, RELAY_SUBPROTOCOL, { perMessageDeflate: false, handshakeTimeout: 20_000 });
  const id = () => randomBytes(32).toString('base64url');
  let outcome = 'cut after the upgrade';
  return new Promise((resolve) => {
    ws.on('open', () => ws.send(JSON.stringify({ type: 'establish', sessionId: id(), token: id() })));
    ws.on('message', (data: Buffer) => (outcome = (JSON.parse(data.toString()) as { code: string }).code));
    ws.on('error', (error: NodeJS.ErrnoException) => (outcome = error.code ?? error.message));
    ws.on('close', () => resolve(outcome));
  });
}
