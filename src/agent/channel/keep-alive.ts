import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Journal } from '../../journal/journal';
import { LIMITS } from '../../protocol/limits';
import { parseJson } from '../../protocol/parse-json';
import { replaceDurably } from '../durable-file';

const FILE = 'keep-alive.json';
const stored = z.object({ intervalMs: z.int().positive() });

/**
 * How often an agent pings its server. Firewalls and NAT forget a TCP connection that is idle for some time, often without
 * a sign to either end; after that has happened, the agent pings twice as often as that time.
 */
export class KeepAlive {
  private constructor(
    private readonly file: string,
    private readonly journal: Journal,
    private learnt: number,
  ) {}

  /** @param folder of the agent's state, which exists */
  static async load(folder: string, journal: Journal): Promise<KeepAlive> {
    const file = join(folder, FILE);
    const text = await readFile(file, 'utf8').catch(() => '');
    return new KeepAlive(file, journal, stored.safeParse(parseJson(text)).data?.intervalMs ?? Infinity);
  }

  get intervalMs(): number {
    return Math.max(LIMITS.XMPP_KEEP_ALIVE_LEAST_MS, Math.min(LIMITS.XMPP_PING_INTERVAL_MS, this.learnt));
  }

  /** A connection that was idle for this long was dead, although the server could be reached. Never rejects. */
  async forgotten(idleMs: number): Promise<void> {
    if (idleMs < LIMITS.XMPP_KEEP_ALIVE_LEAST_MS) return; // it broke for another reason
    const before = this.intervalMs;
    this.learnt = Math.ceil(idleMs / 2);
    if (this.intervalMs >= before) {
      this.learnt = before;
      return;
    }
    const seconds = (ms: number) => Math.round(ms / 1000);
    this.journal.info('idle connections are forgotten on the way to the server; it is pinged more often', {
      idleSeconds: seconds(idleMs),
      pingSeconds: seconds(this.intervalMs),
    });
    await replaceDurably(this.file, JSON.stringify({ intervalMs: this.intervalMs })).catch((error: Error) =>
      this.journal.warn('the ping interval cannot be stored', { detail: error.message }),
    );
  }
}
