import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { z } from 'zod';
import { Journal } from '../../../journal/journal';
import type { agentChange } from '../../../protocol/api';
import type { PresentedInstallation } from '../../../protocol/installation';
import { secretHash } from '../../../tunnel/sha256';
import type { Actor } from '../../auth/actor';
import { AuditService } from '../../auth/audit/audit.service';
import { CustomersService } from '../../customers/customers.service';
import { NoticesService } from '../../notices/notices.service';
import { AccountRegistry } from '../../xmpp/login/agent-accounts';
import { DeviceTransport } from '../../xmpp/device-transport';
import type { AgentAccounts, InstallationRefusal, ScramAlgorithm, ScramKeys } from '../../xmpp/login/agent-accounts';
import { shownDeviceIds, type AgentEntity } from './agent.entity';
import { AgentsRepository } from './agents.repository';
import { DeviceEvents } from '../device-events';
import { UnknownAgent } from '../devices.errors';

/** The agents' accounts as the control channel and administrators use them. */
@Injectable()
export class AgentsService implements AgentAccounts, OnModuleInit {
  constructor(
    private readonly repository: AgentsRepository,
    private readonly customers: CustomersService,
    private readonly transport: DeviceTransport,
    private readonly registry: AccountRegistry,
    private readonly events: DeviceEvents,
    private readonly audit: AuditService,
    private readonly notices: NoticesService,
    private readonly journal: Journal,
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
    const agent = await this.repository.account(agentId);
    const account = agent ?? (await this.repository.findRemoved(agentId));
    if (!account) return undefined;
    const { salt, iterations, storedKey, serverKey } = algorithm === 'sha1' ? account.scramSha1 : account.scramSha256;
    const bytes = (text: string): Buffer => Buffer.from(text, 'base64');
    return { salt: bytes(salt), iterations, storedKey: bytes(storedKey), serverKey: bytes(serverKey), removed: !agent };
  }

  async admit(
    agentId: string,
    presented: PresentedInstallation | undefined,
  ): Promise<'admitted' | InstallationRefusal> {
    if (!presented) return this.admitUnidentified(agentId);
    const { installationId, continuation, next } = presented;
    const continued = { installationId, continuationHash: secretHash(next) };
    if (await this.repository.continueInstallation(agentId, secretHash(continuation), continued)) return 'admitted';
    const agent = await this.repository.find(agentId);
    if (!agent) return 'other'; // removed during the login
    if (agent.installationId === null)
      return (await this.repository.bindInstallation(agentId, continued)) ? 'admitted' : 'other';
    if (agent.installationId !== installationId) return 'other';
    if (agent.continuationHash !== continued.continuationHash) return 'outdated';
    // repeated, because the agent did not learn that it was admitted
    await this.repository.seen(agentId, new Date());
    return 'admitted';
  }

  private async admitUnidentified(agentId: string): Promise<'admitted' | InstallationRefusal> {
    const agent = await this.repository.find(agentId);
    if (!agent || agent.installationId !== null) return 'other';
    await this.repository.seen(agentId, new Date());
    return 'admitted';
  }

  /** Notifies the administrators once, however often the login is repeated. */
  refused(agentId: string, why: InstallationRefusal, address: string): void {
    void this.reportRefusal(agentId, why, address).catch((error: unknown) =>
      this.journal.unexpected(error, 'reporting a refused installation'),
    );
  }

  private async reportRefusal(agentId: string, why: InstallationRefusal, address: string): Promise<void> {
    if (!(await this.notices.notifyOfRefusedAgent(agentId))) return;
    this.journal.warn(
      'an agent is refused, because its account belongs to another installation: its folder was copied. Stop one of both, ' +
        'and enrol it with a code of its own; after a move or a restore, allow another installation',
      { agentId, reason: why, address },
    );
    await this.audit.record(undefined, 'agent.installation-refused', agentId, `${why} ${address}`);
  }

  /**
   * The account belongs to the installation that logs in next.
   * @throws UnknownAgent
   */
  async releaseInstallation(actor: Actor, agentId: string): Promise<void> {
    if (!(await this.repository.releaseInstallation(agentId))) throw new UnknownAgent(agentId);
    await this.audit.record(actor, 'agent.installation-released', agentId, '');
  }

  /** @throws UnknownAgent, UnknownSite */
  async change(actor: Actor, agentId: string, { siteId, deviceIds }: z.infer<typeof agentChange>): Promise<void> {
    const agent = await this.repository.find(agentId);
    if (!agent) throw new UnknownAgent(agentId);
    if (siteId !== undefined) await this.move(actor, agent, siteId);
    if (deviceIds !== undefined) await this.allow(actor, agentId, deviceIds);
  }

  /** Replaces the device IDs that an agent may announce. It keeps its devices, and announces all of its own again. */
  private async allow(actor: Actor, agentId: string, deviceIds: string[]): Promise<void> {
    if (!(await this.repository.allow(agentId, deviceIds))) throw new UnknownAgent(agentId);
    await this.audit.record(actor, 'agent.device-ids-changed', agentId, `devices ${shownDeviceIds(deviceIds)}`);
    this.transport.disconnect(agentId);
  }

  /** Moves an agent to another site. Its open sessions end; those that are over stay with the former site. */
  private async move(actor: Actor, agent: AgentEntity, siteId: string): Promise<void> {
    const agentId = agent.id;
    if (agent.siteId === siteId) return;
    const from = agent.siteId === null ? undefined : await this.customers.site(agent.siteId);
    const to = await this.customers.site(siteId);
    if (!(await this.repository.move(agentId, siteId))) throw new UnknownAgent(agentId);
    this.events.publish('moved', { agentId, from: agent.siteId });
    const detail = from
      ? `from site ${from.name} of customer ${from.customerName} to site ${to.name} of customer ${to.customerName}`
      : `to site ${to.name} of customer ${to.customerName}`;
    await this.audit.record(actor, 'agent.moved', agentId, detail);
  }

  /** @throws UnknownAgent */
  async remove(actor: Actor, agentId: string): Promise<void> {
    if (!(await this.repository.remove(agentId))) throw new UnknownAgent(agentId);
    this.transport.disconnect(agentId);
    this.events.publish('removed', agentId);
    await this.audit.record(actor, 'agent.removed', agentId, '');
  }
}
