import { randomInt } from 'node:crypto';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { z } from 'zod';
import { Journal } from '../../../journal/journal';
import { wake } from '../../../protocol/control-channel';
import { LIMITS } from '../../../protocol/limits';
import { wakeContext, type WakeRequest } from '../../../protocol/wake';
import { seal } from '../../../tunnel/sealed-text';
import { DeviceTransport } from '../../xmpp/device-transport';
import { AgentOffline } from '../../xmpp/xmpp.errors';
import { AgentsRepository } from './agents.repository';
import type { AgentEntity } from './agent.entity';
import { AgentNotWoken, NoSubstitute } from '../devices.errors';

/** Number of substitutes that are tried. */
const SUBSTITUTES = 3;

/** Brings an agent that saves power back to the control channel, through another agent of its site (A2-A5). */
@Injectable()
export class AgentWake implements OnModuleInit {
  /** By agent. A second request for an agent that is being woken waits for the first. */
  private readonly underWay = new Map<string, Promise<void>>();
  private readonly awaited = new Map<string, Set<() => void>>();

  constructor(
    private readonly agents: AgentsRepository,
    private readonly transport: DeviceTransport,
    private readonly journal: Journal,
  ) {}

  onModuleInit(): void {
    this.transport.onPresence(({ agentId, online }) => {
      if (online) for (const resolve of this.awaited.get(agentId) ?? []) resolve();
    });
  }

  /** Returns if a substitute could wake the agent now. @throws NoSubstitute */
  async checkWakeable(agentId: string): Promise<void> {
    const agent = await this.agents.find(agentId);
    if (!agent) throw new NoSubstitute(agentId, null);
    await this.substitutes(agent);
  }

  /** A2: online agents that are enrolled at the same site. @throws NoSubstitute */
  private async substitutes(agent: AgentEntity): Promise<string[]> {
    const { id, siteId } = agent;
    const others = siteId === null ? [] : await this.agents.ofSite(siteId);
    const online = others.filter((other) => other !== id && this.transport.isOnline(other));
    if (online.length === 0) throw new NoSubstitute(id, siteId);
    return online;
  }

  /**
   * Resolves when the agent is online again. The message that wakes it carries the request, so it need not wait for the
   * server.
   * @throws AgentOffline if it does not sleep, NoSubstitute, AgentNotWoken with the outcome of each substitute
   */
  wake(agentId: string, request: WakeRequest['approval']): Promise<void> {
    const underWay = this.underWay.get(agentId);
    if (underWay) return underWay;
    const waking = this.start(agentId, request).finally(() => this.underWay.delete(agentId));
    this.underWay.set(agentId, waking);
    return waking;
  }

  private async start(agentId: string, approval: WakeRequest['approval']): Promise<void> {
    const agent = await this.agents.find(agentId);
    if (!agent?.wake) throw new AgentOffline(agentId);
    const substitutes = sample(await this.substitutes(agent), SUBSTITUTES);
    const { address, key } = agent.wake;
    const request: WakeRequest = { agentId, approval };
    const sealed = seal(Buffer.from(key, 'base64url'), wakeContext(agentId), JSON.stringify(request));
    const settled = new AbortController();
    const online = this.nextOnline(agentId, settled.signal).then(() => true);
    try {
      if (this.transport.isOnline(agentId)) return; // it came back before it could be awaited
      const outcomes: string[] = [];
      for (const substitute of substitutes) {
        const outcome = await Promise.race([this.wakeThrough(substitute, { agentId, wake: address, sealed }), online]);
        if (outcome === true) return;
        outcomes.push(`${substitute}: ${outcome}`);
        if (outcome !== 'taken') continue;
        if (await Promise.race([online, pause(LIMITS.WAKE_LOGIN_MS, settled.signal)])) return;
      }
      throw new AgentNotWoken(agentId, outcomes.join('; '));
    } finally {
      settled.abort();
    }
  }

  /** @returns the outcome, for messages; `taken` if the sleeping agent has the request */
  private async wakeThrough(substitute: string, body: z.infer<typeof wake.request>): Promise<string> {
    try {
      const timeoutMs = LIMITS.WAKE_SEND_MS + LIMITS.XMPP_IQ_TIMEOUT_MS / 2;
      const { outcome, detail } = await this.transport.request(substitute, wake, body, { timeoutMs });
      this.journal.info('waking an agent', { substitute, outcome, detail });
      return detail ? `${outcome} (${detail})` : outcome;
    } catch (error) {
      return (error as Error).message;
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
    const timer = setTimeout(() => resolve(false), ms);
    signal.addEventListener('abort', () => clearTimeout(timer));
  });
