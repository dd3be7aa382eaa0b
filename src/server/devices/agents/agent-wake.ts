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

/** So many are asked before it is given up. */
const SUBSTITUTES = 3;

/** Brings an agent that saves power back to the control channel, through another agent of its site (A2-A5). */
@Injectable()
export class AgentWake implements OnModuleInit {
  /** By agent. Whoever asks while it is being woken waits for the same. */
  private readonly underWay = new Map<string, Promise<void>>();
  private readonly awaited = new Map<string, Set<() => void>>();

  constructor(
    private readonly agents: AgentsRepository,
    private readonly transport: DeviceTransport,
    private readonly journal: Journal,
  ) {}

  onModuleInit(): void {
    this.transport.onPresence(({ agentId, online }) => {
      if (online) for (const back of this.awaited.get(agentId) ?? []) back();
    });
  }

  /** Whether somebody is there who could wake the agent. @throws NoSubstitute */
  async checkWakeable(agentId: string): Promise<void> {
    const agent = await this.agents.find(agentId);
    if (!agent) throw new NoSubstitute(agentId, null);
    await this.substitutes(agent);
  }

  /** A2: agents that are online and can reach this one. @throws NoSubstitute */
  private async substitutes(agent: AgentEntity): Promise<string[]> {
    const { id, site } = agent;
    const others = site === null ? [] : await this.agents.ofSite(site);
    const online = others.filter((other) => other !== id && this.transport.isOnline(other));
    if (online.length === 0) throw new NoSubstitute(id, site);
    return online;
  }

  /**
   * Resolves once the agent is back. It gets the request with what wakes it, so it need not wait for the server.
   * @throws AgentOffline when it does not sleep, NoSubstitute, AgentNotWoken with what each substitute said
   */
  wake(agentId: string, request: WakeRequest['approval']): Promise<void> {
    const underWay = this.underWay.get(agentId);
    if (underWay) return underWay;
    const waking = this.begin(agentId, request).finally(() => this.underWay.delete(agentId));
    this.underWay.set(agentId, waking);
    return waking;
  }

  private async begin(agentId: string, approval: WakeRequest['approval']): Promise<void> {
    const agent = await this.agents.find(agentId);
    if (!agent?.wake) throw new AgentOffline(agentId);
    const substitutes = (await this.substitutes(agent)).sort(() => Math.random() - 0.5).slice(0, SUBSTITUTES);
    const { address, key } = agent.wake;
    const request: WakeRequest = { agentId, approval };
    const sealed = seal(Buffer.from(key, 'base64url'), wakeContext(agentId), JSON.stringify(request));
    const given = new AbortController();
    const back = this.back(agentId, given.signal).then(() => true);
    try {
      if (this.transport.isOnline(agentId)) return; // by itself, before it could be awaited
      const said: string[] = [];
      for (const substitute of substitutes) {
        const outcome = await Promise.race([this.through(substitute, { agentId, wake: address, sealed }), back]);
        if (outcome === true) return;
        said.push(`${substitute}: ${outcome}`);
        if (outcome !== 'taken') continue;
        if (await Promise.race([back, pause(LIMITS.WAKE_BACK_MS, given.signal)])) return;
      }
      throw new AgentNotWoken(agentId, said.join('; '));
    } finally {
      given.abort();
    }
  }

  /** What came of it, in words; `taken` when the sleeper has it. */
  private async through(substitute: string, body: z.infer<typeof wake.request>): Promise<string> {
    try {
      const timeoutMs = LIMITS.WAKE_SEND_MS + LIMITS.XMPP_IQ_TIMEOUT_MS / 2;
      const { outcome, detail } = await this.transport.request(substitute, wake, body, { timeoutMs });
      this.journal.info('waking an agent', { substitute, outcome, detail });
      return detail ? `${outcome} (${detail})` : outcome;
    } catch (error) {
      return (error as Error).message;
    }
  }

  private back(agentId: string, signal: AbortSignal): Promise<void> {
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

const pause = (ms: number, signal: AbortSignal): Promise<false> =>
  new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), ms);
    signal.addEventListener('abort', () => clearTimeout(timer));
  });
