import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Actor } from '../../auth/actor';
import { AuditService } from '../../auth/audit/audit.service';
import { AccountRegistry } from '../../xmpp/login/agent-accounts';
import { DeviceTransport } from '../../xmpp/device-transport';
import type { AgentAccounts, ScramAlgorithm, ScramKeys } from '../../xmpp/login/agent-accounts';
import type { AgentEntity } from './agent.entity';
import { AgentsRepository } from './agents.repository';
import { DeviceEvents } from '../device-events';
import { UnknownAgent } from '../devices.errors';

/** The agents' accounts as the control channel and administrators use them. */
@Injectable()
export class AgentsService implements AgentAccounts, OnModuleInit {
  constructor(
    private readonly repository: AgentsRepository,
    private readonly transport: DeviceTransport,
    private readonly registry: AccountRegistry,
    private readonly events: DeviceEvents,
    private readonly audit: AuditService,
  ) {}

  onModuleInit(): void {
    this.registry.use(this);
  }

  all(): Promise<AgentEntity[]> {
    return this.repository.all();
  }
  isOnline(agentId: string): boolean {
    return this.transport.isOnline(agentId);
  }

  /** The key pinned at enrolment. */
  async signingKey(agentId: string): Promise<string | undefined> {
    return (await this.repository.find(agentId))?.signingKey ?? undefined;
  }

  async scramKeys(agentId: string, algorithm: ScramAlgorithm): Promise<ScramKeys | undefined> {
    const agent = await this.repository.find(agentId);
    if (!agent) return undefined;
    const { salt, iterations, storedKey, serverKey } = algorithm === 'sha1' ? agent.scramSha1 : agent.scramSha256;
    const bytes = (text: string): Buffer => Buffer.from(text, 'base64');
    return { salt: bytes(salt), iterations, storedKey: bytes(storedKey), serverKey: bytes(serverKey) };
  }

  /** @throws UnknownAgent */
  async remove(actor: Actor, agentId: string): Promise<void> {
    if (!(await this.repository.remove(agentId))) throw new UnknownAgent(agentId);
    this.transport.disconnect(agentId);
    this.events.publish('removed', agentId);
    await this.audit.record(actor, 'agent.removed', agentId, '');
  }
}
