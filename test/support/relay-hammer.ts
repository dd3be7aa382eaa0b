import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import WebSocket from 'ws';
import { RELAY_PATHS, relayMessage } from '../../src/protocol/relay-messages';
import { RELAY_SUBPROTOCOL } from '../../src/protocol/version';

const PAUSE_MS = 15;
const ANSWER_MS = 10_000;
const NOBODY = { type: 'establish', sessionId: 'x'.repeat(43), token: 'x'.repeat(43) };

/**
 * Dials a relay again and again as a peer with a session ID that nobody knows: each time it has to be answered, which
 * shows that somebody listens and serves. Bounded: one connection per port at a time, with a pause after each.
 */
export class RelayHammer {
  /** What was answered or went wrong -> how often. */
  readonly outcomes = new Map<string, number>();
  #going = true;
  readonly #done: Promise<unknown>;

  constructor(ports: readonly number[]) {
    this.#done = Promise.all(ports.map((port) => this.#dialAgain(port)));
  }

  async stop(): Promise<Record<string, number>> {
    this.#going = false;
    await this.#done;
    return Object.fromEntries(this.outcomes);
  }

  async #dialAgain(port: number): Promise<void> {
    while (this.#going) {
      const outcome = await dial(port).catch((error: NodeJS.ErrnoException) => error.code ?? error.message);
      this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
      await delay(PAUSE_MS);
    }
  }
}

/** @returns the code of the refusal */
async function dial(port: number): Promise<string> {
  const ws = new WebSocket(`ws://127.0.0.1:${port}${RELAY_PATHS.terminal}`, RELAY_SUBPROTOCOL);
  const signal = AbortSignal.timeout(ANSWER_MS);
  try {
    const answered = once(ws, 'message', { signal });
    answered.catch(() => undefined); // the error of `open` is the one that is told
    await once(ws, 'open', { signal });
    ws.send(JSON.stringify(NOBODY));
    const closed = once(ws, 'close').then(() => Promise.reject(new Error('closed without an answer')));
    const [data] = (await Promise.race([answered, closed])) as [Buffer];
    const answer = relayMessage.parse(JSON.parse(data.toString()));
    return answer.type === 'refused' ? answer.code : answer.type;
  } finally {
    ws.on('error', () => undefined).terminate();
  }
}
