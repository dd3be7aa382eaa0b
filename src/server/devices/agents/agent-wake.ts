import { randomInt } from 'node:crypto';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Journal } from '../../../journal/journal';
import type { Exchange } from '../../../protocol/control-channel';
import { LIMITS } from '../../../protocol/limits';
import type { WakeTry } from '../../../protocol/wake-try';
import { DeviceTransport } from '../../xmpp/device-transport';
import { AgentOffline, AgentRefused, AgentSilent } from '../../xmpp/xmpp.errors';
import { AgentsRepository } from './agents.repository';
import { AgentNotWoken, NoSubstitute } from '../devices.errors';
import { SubstituteChannels, type SubstituteChannel } from './substitute-channels';

/** Number of substitutes that are tried. */
const SUBSTITUTES = 3;

/** The first request through a new channel; it wakes the agent. */
type First<Answer> = (channel: SubstituteChannel) => Promise<Answer>;
type Outcome<Answer> = { readonly online: true } | { readonly answer: Answer };

export interface AgentRequestOptions {
  readonly timeoutMs?: number;
  /** Called after each substitute that was tried. */
  readonly onTry?: (tried: WakeTry) => void;
}

/**
 * Reaches agents that have no stream, because they save power or have lost it, through another agent of their site (A2-A5).
 */
@Injectable()
export class AgentWake implements OnModuleInit {
  /** By agent: resolves when it can be asked. Further requests for it wait. */
  private readonly underWay = new Map<string, Promise<void>>();
  private readonly awaited = new Map<string, Set<() => void>>();
  /** By agent: when it lost its stream (`performance.now`). */
  private readonly lostAt = new Map<string, number>();

  constructor(
    private readonly agents: AgentsRepository,
    private readonly transport: DeviceTransport,
    private readonly channels: SubstituteChannels,
    private readonly journal: Journal,
  ) {}

  onModuleInit(): void {
    this.transport.onPresence(({ agentId, online }) => {
      if (!online) return void this.lostAt.set(agentId, performance.now());
      this.lostAt.delete(agentId);
      for (const resolve of this.awaited.get(agentId) ?? []) resolve();
    });
  }

  /** Returns if a substitute could wake the agent now. @throws AgentOffline if it has no wake address, NoSubstitute */
  async checkWakeable(agentId: string): Promise<void> {
    await this.withSubstitutes(agentId);
  }

  /**
   * Sends a request to an agent: over its stream, otherwise through a substitute. A request that is lost with the stream or
   * the substitute is repeated once.
   * @throws AgentOffline if it has no wake address, NoSubstitute, AgentNotWoken with each try; AgentSilent, AgentRefused
   */
  async request<Request, Response>(
    agentId: string,
    exchange: Exchange<Request, Response>,
    body: Request,
    { timeoutMs, onTry }: AgentRequestOptions = {},
  ): Promise<Response> {
    for (let attempt = 1; ; attempt++) {
      const underWay = this.underWay.get(agentId);
      if (underWay) await underWay;
      else if (!this.transport.reaches(agentId, exchange)) {
        const first: First<Response> = (channel) => channel.request(exchange, body, timeoutMs);
        const outcome = await this.begin(agentId, first, onTry);
        if ('answer' in outcome) return outcome.answer;
      }
      try {
        return await this.transport.request(agentId, exchange, body, { timeoutMs });
      } catch (error) {
        // a carrier that does not answer has been closed
        const isLost =
          error instanceof AgentOffline || (error instanceof AgentSilent && !this.transport.isOnline(agentId));
        if (!isLost || attempt > 1) throw error;
      }
    }
  }

  /**
   * Resolves when the agent has a stream.
   * @throws AgentOffline if it has no wake address, NoSubstitute, AgentNotWoken with each try
   */
  async bringOnline(agentId: string): Promise<void> {
    const settled = new AbortController();
    const online = this.nextOnline(agentId, settled.signal).then(() => true);
    try {
      if (this.transport.isOnline(agentId)) return;
      const tries: WakeTry[] = [];
      if (!this.transport.carrierOf(agentId)) {
        const first: First<void> = (channel) => channel.wakeUp();
        const failed = ({ outcome }: WakeTry) => outcome !== 'woken';
        const onTry = (tried: WakeTry) => void (failed(tried) && tries.push(tried));
        await (this.underWay.get(agentId) ?? this.begin(agentId, first, onTry));
      }
      if (this.transport.isOnline(agentId)) return;
      if (await Promise.race([online, pause(LIMITS.WAKE_LOGIN_MS, settled.signal)])) return;
      const substitute = this.transport.carrierOf(agentId)?.substitute;
      if (substitute !== undefined) tries.push({ substitute, outcome: 'no-login', detail: '' });
      throw new AgentNotWoken(agentId, tries);
    } finally {
      settled.abort();
    }
  }

  /**
   * Waits for an agent that has just lost its stream. Where a connection was forgotten on the way, the agent itself finds out
   * by its next ping.
   * @returns whether it has a stream; false at the latest XMPP_RETURN_MS after the loss
   */
  async returns(agentId: string): Promise<boolean> {
    if (this.transport.isOnline(agentId)) return true;
    const withinMs = (this.lostAt.get(agentId) ?? -Infinity) + LIMITS.XMPP_RETURN_MS - performance.now();
    if (withinMs <= 0) return false;
    const settled = new AbortController();
    const online = this.nextOnline(agentId, settled.signal).then(() => true);
    return Promise.race([online, pause(withinMs, settled.signal)]).finally(() => settled.abort());
  }

  /** IDs of the agents that another one can wake. */
  sameSite(agentId: string): Promise<string[]> {
    return this.agents.besides(agentId);
  }

  /** A2: online agents that are enrolled at the same site. @throws AgentOffline, NoSubstitute */
  private async withSubstitutes(agentId: string) {
    const agent = await this.agents.find(agentId);
    if (!agent?.wake) throw new AgentOffline(agentId);
    const { siteId, wake } = agent;
    const others = siteId === null ? [] : await this.agents.ofSite(siteId);
    const online = others.filter((other) => other !== agentId && this.transport.isOnline(other));
    if (online.length === 0) throw new NoSubstitute(agentId, siteId);
    return { agent: { id: agentId, wake }, substitutes: sample(online, SUBSTITUTES) };
  }

  private begin<Answer>(
    agentId: string,
    first: First<Answer>,
    onTry?: (tried: WakeTry) => void,
  ): Promise<Outcome<Answer>> {
    const started = this.start(agentId, first, onTry);
    const reached = started
      .then(
        () => undefined,
        // the agent has answered
        (error: unknown) => (error instanceof AgentRefused ? undefined : Promise.reject(error as Error)),
      )
      .finally(() => this.underWay.delete(agentId));
    reached.catch(() => undefined);
    this.underWay.set(agentId, reached);
    return started;
  }

  private async start<Answer>(
    agentId: string,
    first: First<Answer>,
    onTry: (tried: WakeTry) => void = () => undefined,
  ): Promise<Outcome<Answer>> {
    const { agent, substitutes } = await this.withSubstitutes(agentId);
    const settled = new AbortController();
    const online = this.nextOnline(agentId, settled.signal).then(() => ({ online: true }) as const);
    try {
      if (this.transport.isOnline(agentId)) return { online: true }; // it came back before it could be awaited
      const tries: WakeTry[] = [];
      for (const substitute of substitutes) {
        const outcome = await Promise.race([this.through(substitute, agent, first), online]);
        if ('online' in outcome) return outcome;
        const tried = 'answer' in outcome ? { substitute, outcome: 'woken' as const, detail: '' } : outcome;
        this.journal.info('an agent is reached through a substitute', { agentId, ...tried });
        onTry(tried);
        if ('answer' in outcome) return outcome;
        tries.push(tried);
      }
      throw new AgentNotWoken(agentId, tries);
    } finally {
      settled.abort();
    }
  }

  /** A3. @throws AgentRefused if the agent has refused the request */
  private async through<Answer>(
    substitute: string,
    agent: Parameters<SubstituteChannels['connect']>[0],
    first: First<Answer>,
  ): Promise<{ answer: Answer } | WakeTry> {
    const connected = await this.channels.connect(agent, substitute).catch((error: Error) => error);
    if (connected instanceof Error) return { substitute, outcome: 'substitute-failed', detail: connected.message };
    if ('outcome' in connected) return { substitute, ...connected };
    try {
      const answer = await first(connected);
      this.transport.setCarrier(agent.id, connected);
      return { answer };
    } catch (error) {
      if (error instanceof AgentRefused) {
        this.transport.setCarrier(agent.id, connected);
        throw error;
      }
      connected.close();
      if (error instanceof AgentOffline) return { substitute, outcome: 'refused', detail: '' };
      if (error instanceof AgentSilent) return { substitute, outcome: 'silent', detail: '' };
      throw error;
    }
  }

  /** Resolves at the next login of the agent. */
  private nextOnline(agentId: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const waiting = this.awaited.get(agentId) ?? new Set();
      this.awaited.set(agentId, waiting.add(resolve));
      signal.addEventListener('abort', () => {
        waiting.delete(resolve);
        if (waiting.size === 0) this.awaited.delete(agentId);
      });
    });
  }
}

/** Some of the items, each with the same probability, in random order. */
function sample<Item>(items: readonly Item[], count: number): Item[] {
  const rest = [...items];
  return Array.from({ length: Math.min(count, items.length) }, () => rest.splice(randomInt(rest.length), 1)[0]!);
}

const pause = (ms: number, signal: AbortSignal): Promise<false> =>
  new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), ms).unref();
    signal.addEventListener('abort', () => clearTimeout(timer));
  });
