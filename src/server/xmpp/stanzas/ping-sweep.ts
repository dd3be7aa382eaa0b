import { Element } from 'node-xmpp-server';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { NS_PING } from '../../../protocol/control-channel';
import { jittered } from '../../../protocol/waits';
import type { BoundStream } from '../stream/bound-stream';
import type { IqRequests } from './iq-requests';
import { AgentRefused } from '../xmpp.errors';
import type { XmppLimits } from '../xmpp-limits';

interface Watched {
  /** When the next ping is due (`performance.now`, because the time of day may be set); Infinity while one is unanswered. */
  due: number;
  /** When the agent has sent something, by the same clock. */
  receivedAt: number;
  isProbed: boolean;
}

/**
 * Pings every stream that has been idle for a while (XEP-0199 4.1), and a stream over which a request is sent, and
 * disconnects those that do not answer.
 */
export class PingSweep {
  private readonly watched = new Map<BoundStream, Watched>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly requests: IqRequests,
    private readonly limits: XmppLimits,
  ) {}

  start(): void {
    this.timer = setInterval(() => this.sweep(), Math.min(1_000, this.limits.XMPP_PING_INTERVAL_MS / 2)).unref();
  }

  stop(): void {
    clearInterval(this.timer);
    this.watched.clear();
  }

  /** The first ping is early by up to half the interval, so that agents that connected together are spread out. */
  watch(stream: BoundStream): void {
    const now = performance.now();
    const due = now + jittered(this.limits.XMPP_PING_INTERVAL_MS, { least: 0.5, most: 1 });
    this.watched.set(stream, { due, receivedAt: now, isProbed: false });
  }

  /** The stream has sent something: it is alive. */
  received(stream: BoundStream): void {
    const watched = this.watched.get(stream);
    if (!watched) return;
    watched.receivedAt = performance.now();
    if (watched.due !== Infinity) this.postpone(watched);
  }

  forget(stream: BoundStream): void {
    this.watched.delete(stream);
  }

  /**
   * For a request: the connection may have been forgotten on the way while it was idle. Pings as soon as nothing has arrived
   * for XMPP_PROBE_IDLE_MS, and cuts the stream if nothing arrives within XMPP_PROBE_MS, long before the request times out.
   */
  async probe(stream: BoundStream): Promise<void> {
    const watched = this.watched.get(stream);
    if (!watched || watched.isProbed) return;
    watched.isProbed = true;
    const { receivedAt } = watched;
    const isSilent = () => watched.receivedAt === receivedAt;
    const idleMs = performance.now() - receivedAt;
    if (idleMs < this.limits.XMPP_PROBE_IDLE_MS)
      await delay(this.limits.XMPP_PROBE_IDLE_MS - idleMs, undefined, { ref: false });
    if (isSilent()) await this.answers(stream, this.limits.XMPP_PROBE_MS);
    await nextTurn(); // what has arrived while this process was busy is read first
    watched.isProbed = false;
    if (isSilent()) stream.destroy();
  }

  private sweep(): void {
    const now = performance.now();
    for (const [stream, watched] of this.watched) if (watched.due <= now) void this.ping(stream, watched);
  }

  /** Pings a stream. @returns whether the agent is alive */
  async answers(stream: BoundStream, timeoutMs: number): Promise<boolean> {
    try {
      await this.requests.ask(stream, 'get', new Element('ping', { xmlns: NS_PING }), timeoutMs);
      return true;
    } catch (error) {
      // an error is an answer, too: a client need not support XEP-0199
      return error instanceof AgentRefused;
    }
  }

  private async ping(stream: BoundStream, watched: Watched): Promise<void> {
    watched.due = Infinity;
    if (!(await this.answers(stream, this.limits.XMPP_PING_TIMEOUT_MS))) return stream.destroy();
    this.postpone(watched);
  }

  private postpone(watched: Watched): void {
    watched.due = performance.now() + this.limits.XMPP_PING_INTERVAL_MS;
  }
}
