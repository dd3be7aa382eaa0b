import { Injectable } from '@nestjs/common';
import { Journal } from '../../../journal/journal';
import type { AgentCheck } from '../../../protocol/api';
import { problem, type CheckFinding } from '../../../protocol/check-finding';
import { checkConnections } from '../../../protocol/control-channel';
import { LIMITS } from '../../../protocol/limits';
import { toInstant } from '../../../protocol/names';
import { ProblemError } from '../../../protocol/problems';
import type { Actor } from '../../auth/actor';
import { AuditService } from '../../auth/audit/audit.service';
import { DeviceTransport } from '../../xmpp/device-transport';
import { AgentOffline, AgentRefused } from '../../xmpp/xmpp.errors';
import { CheckRunning, UnknownAgent } from '../devices.errors';
import { DevicesRepository } from '../devices.repository';
import { AgentsRepository } from './agents.repository';

/** RFC 6120 8.3.3, of an agent that does not know the exchange. */
const UNKNOWN_EXCHANGE = ['feature-not-implemented', 'service-unavailable'];
const OLD_AGENT = 'the agent is of an earlier version, which cannot check its connections; update it';

type Check = { -readonly [Name in keyof AgentCheck]: AgentCheck[Name] };

/** Checks of agents' connections, on request of an administrator: one at a time for each agent, in memory. */
@Injectable()
export class AgentChecks {
  /** The last check of each agent, the latest last. */
  private readonly checks = new Map<string, Check>();

  constructor(
    private readonly agents: AgentsRepository,
    private readonly devices: DevicesRepository,
    private readonly transport: DeviceTransport,
    private readonly audit: AuditService,
    private readonly journal: Journal,
  ) {}

  /** @throws UnknownAgent */
  async last(agentId: string): Promise<AgentCheck | null> {
    if (!(await this.agents.find(agentId))) throw new UnknownAgent(agentId);
    return this.checks.get(agentId) ?? null;
  }

  /** Resolves when the check has started. @throws UnknownAgent, AgentOffline, CheckRunning */
  async start(actor: Actor, agentId: string): Promise<AgentCheck> {
    if (!(await this.agents.find(agentId))) throw new UnknownAgent(agentId);
    if (!this.transport.isOnline(agentId)) throw new AgentOffline(agentId);
    const deviceIds = (await this.devices.of(agentId)).map(({ id }) => id).sort();
    if (this.checks.get(agentId)?.endedAt === null) throw new CheckRunning(agentId);
    const check: Check = { startedAt: toInstant(Date.now()), endedAt: null, findings: [] };
    this.checks.delete(agentId);
    this.checks.set(agentId, check);
    this.forgetOldest();
    await this.audit.record(actor, 'agent.checked', agentId, '');
    void this.run(agentId, check, deviceIds).catch((error: unknown) =>
      this.journal.unexpected(error, 'checking the connections of an agent'),
    );
    return check;
  }

  /** The ways to the server first, then the devices, some at a time. */
  private async run(agentId: string, check: Check, deviceIds: string[]): Promise<void> {
    const until = performance.now() + LIMITS.CHECK_MS;
    const add = (findings: CheckFinding[]): void =>
      void (check.findings = [...check.findings, ...findings].slice(0, LIMITS.CHECK_LINES));
    const work = async (): Promise<void> => {
      while (deviceIds.length > 0 && performance.now() < until && this.transport.isOnline(agentId))
        add(await this.findings(agentId, deviceIds.shift() as string));
    };
    try {
      add(await this.findings(agentId, null));
      await Promise.all(Array.from({ length: LIMITS.CHECKS_AT_ONCE }, work));
      if (deviceIds.length > 0) add([problem('devices', `not checked: ${deviceIds.join(', ')}`.slice(0, 500))]);
    } finally {
      check.endedAt = toInstant(Date.now());
    }
  }

  /** Never rejects for what the agent does. */
  private async findings(agentId: string, deviceId: string | null): Promise<CheckFinding[]> {
    try {
      return (await this.transport.request(agentId, checkConnections, { deviceId })).findings;
    } catch (error) {
      if (!(error instanceof AgentRefused || error instanceof ProblemError)) throw error;
      const isOld = error instanceof AgentRefused && UNKNOWN_EXCHANGE.includes(error.code);
      return [problem(deviceId ?? 'server', isOld ? OLD_AGENT : `not checked: ${error.message}`.slice(0, 500))];
    }
  }

  private forgetOldest(): void {
    const ended = [...this.checks].filter(([, { endedAt }]) => endedAt !== null);
    for (const [agentId] of ended.slice(0, Math.max(0, this.checks.size - LIMITS.CHECKS_KEPT)))
      this.checks.delete(agentId);
  }
}
