import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Journal } from '../../../journal/journal';
import { nextKey } from '../../../protocol/control-channel';
import { CERTIFICATE, type Certificate } from '../../config/certificate';
import { DeviceTransport } from '../../xmpp/device-transport';
import { AgentRefused } from '../../xmpp/xmpp.errors';
import type { AgentEntity } from './agent.entity';
import { AgentsRepository } from './agents.repository';

const LISTED = 20;

/** Announces the next key of the control channel to the agents, and knows which have stored it. */
@Injectable()
export class NextKey implements OnApplicationBootstrap {
  private readonly next: Certificate['controlChannel']['next'];

  constructor(
    private readonly repository: AgentsRepository,
    private readonly transport: DeviceTransport,
    private readonly journal: Journal,
    @Inject(CERTIFICATE) { controlChannel }: Pick<Certificate, 'controlChannel'>,
  ) {
    this.next = controlChannel.next;
  }

  /** null: there is no next key. */
  isKnownTo({ nextPin }: Pick<AgentEntity, 'nextPin'>): boolean | null {
    return this.next ? nextPin === this.next.pin : null;
  }

  async onApplicationBootstrap(): Promise<void> {
    if (!this.next) return;
    const unaware = (await this.repository.all()).filter((agent) => !this.isKnownTo(agent)).map(({ id }) => id);
    const about = { agents: unaware.length, agentIds: unaware.slice(0, LISTED) };
    if (unaware.length > 0)
      this.journal.warn('these agents do not know the next key of the control channel yet; do not change it', about);
    else this.journal.info('all agents know the next key of the control channel');
  }

  /** After an announcement of the agent, that is, after each login. Never rejects. */
  async announceTo(agentId: string): Promise<void> {
    const { next } = this;
    if (!next) return;
    try {
      if (await this.repository.knowsNextKey(agentId, next.pin)) return;
      await this.transport.request(agentId, nextKey, next);
      await this.repository.learnedNextKey(agentId, next.pin);
      this.journal.info('the agent knows the next key of the control channel', { agentId });
    } catch (error) {
      const detail = (error as Error).message;
      if (error instanceof AgentRefused)
        this.journal.warn('the agent does not accept the next key of the control channel', { agentId, detail });
      else this.journal.info('the agent was not informed of the next key of the control channel', { agentId, detail });
    }
  }
}
