import { Element } from 'node-xmpp-server';
import { NS_PING } from '../../../protocol/control-channel';
import { jittered } from '../../../protocol/waits';
import type { AgentStream } from '../stream/agent-stream';
import type { IqRequests } from './iq-requests';
import { AgentRefused } from '../xmpp.errors';
import type { XmppLimits } from '../xmpp-limits';

/** Pings every stream that has been idle for a while (XEP-0199 4.1) and disconnects those that do not answer. */
export class PingSweep {
  private readonly due = new Map<AgentStream, number>();
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
    this.due.clear();
  }

  /** The first ping is early by up to half the interval, so that agents that connected together are spread out. */
  watch(stream: AgentStream): void {
    this.due.set(stream, Date.now() + jittered(this.limits.XMPP_PING_INTERVAL_MS, { least: 0.5, most: 1 }));
  }

  /** The stream has sent something: it is alive. */
  received(stream: AgentStream): void {
    if (this.due.get(stream) !== Infinity) this.postpone(stream);
  }

  forget(stream: AgentStream): void {
    this.due.delete(stream);
  }

  private sweep(): void {
    const now = Date.now();
    for (const [stream, due] of this.due) if (due <= now) void this.ping(stream);
  }

  /** Pings a stream. @returns whether the agent is alive */
  async answers(stream: AgentStream, timeoutMs: number): Promise<boolean> {
    try {
      await this.requests.ask(stream, 'get', new Element('ping', { xmlns: NS_PING }), timeoutMs);
      return true;
    } catch (error) {
      // an error is an answer, too: a client need not support XEP-0199
      return error instanceof AgentRefused;
    }
  }

  private async ping(stream: AgentStream): Promise<void> {
    this.due.set(stream, Infinity);
    if (!(await this.answers(stream, this.limits.XMPP_PING_TIMEOUT_MS))) return stream.destroy();
    this.postpone(stream);
  }

  private postpone(stream: AgentStream): void {
    if (this.due.has(stream)) this.due.set(stream, Date.now() + this.limits.XMPP_PING_INTERVAL_MS);
  }
}
