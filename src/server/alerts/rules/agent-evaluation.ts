import { Injectable, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import { Journal } from '../../../journal/journal';
import { LIMITS } from '../../../protocol/limits';
import { toInstant } from '../../../protocol/names';
import { DeviceTransport } from '../../xmpp/device-transport';
import { AlertChanges } from '../alert-changes';
import type { AlertEntity } from '../alert.entity';
import { AlertsRepository } from '../alerts.repository';
import { AlertSettingsService } from '../settings/alert-settings.service';
import type { Condition } from './conditions';
import { ended, reconcile, type AlertChange, type Target } from './reconcile';
import { ServerCertificate } from './server-certificate';
import { ServerConditions } from './server-conditions';
import { outagesOf, type CustomerOutage, type SilentAgent } from './outages';
import { TargetsRepository, type AgentTarget } from './targets.repository';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** A certificate that expires this soon is an error. */
const URGENT_DAYS = 3;
const SERVER: Target = { customerId: null, siteId: null, agentId: null, deviceId: null, deviceName: '' };

/**
 * Compares agents and this server with the rules, once a minute. When an agent was last seen is in the database, so the time
 * until an alert is due survives a restart; but no agent counts as silent for longer than this server has been running,
 * because it could not have connected before.
 */
@Injectable()
export class AgentEvaluation implements OnModuleInit, OnApplicationBootstrap {
  /** When this server began to wait for its agents, in ms since 1970. */
  startedAt = Date.now();
  /** Agents that have an open alert, as far as this process knows. */
  private readonly alerted = new Set<string>();

  constructor(
    private readonly targets: TargetsRepository,
    private readonly alerts: AlertsRepository,
    private readonly settings: AlertSettingsService,
    private readonly changes: AlertChanges,
    private readonly transport: DeviceTransport,
    private readonly certificate: ServerCertificate,
    private readonly ofServer: ServerConditions,
    private readonly journal: Journal,
  ) {}

  onModuleInit(): void {
    this.transport.onPresence(({ agentId, online }) => {
      if (!online || !this.alerted.delete(agentId)) return;
      this.resolve(agentId).catch((error: unknown) =>
        this.journal.unexpected(error, 'resolving the alert of an agent'),
      );
    });
  }

  async onApplicationBootstrap(): Promise<void> {
    this.note(await this.alerts.ofNoDevice());
  }

  private note(standing: readonly AlertEntity[]): void {
    for (const { agentId } of standing) if (agentId !== null) this.alerted.add(agentId);
  }

  /** The alerts of an agent that has connected are resolved without a wait for the next check. */
  private async resolve(agentId: string): Promise<void> {
    const now = new Date();
    const standing = await this.alerts.ofAgents([agentId]);
    await this.changes.make(
      standing.map((alert) => ended(alert, now, 'cleared')),
      now,
    );
  }

  async check(now: Date): Promise<void> {
    // agents are still returning to a server that has just started
    if (now.getTime() < this.startedAt + LIMITS.ALERT_GRACE_MS) return;
    const agents = await this.targets.agents();
    const standing = await this.alerts.ofNoDevice();
    this.note(standing);
    const ofOutages = standing.filter(({ rule }) => rule === 'customer-agents-silent');
    const alerted = new Set(standing.map(({ agentId }) => agentId));
    const silent = await this.silent(agents, alerted, now);
    const { outages, alone } = outagesOf(silent, ofOutages);
    const ofMost = this.outageOfMost(agents, silent, standing);
    const server = standing.filter(({ agentId, rule }) => agentId === null && rule !== 'customer-agents-silent');
    const { found, unknown } = await this.ofServer.check(now);
    const conditions = [...ofMost, ...(await this.certificateConditions(now)), ...found];
    const changes = reconcile(server, conditions, SERVER, now, (rule) => !unknown.has(rule));
    // while most agents are silent, no alert is raised about some of them
    const isHeld = ofMost.length > 0;
    for (const outage of outages)
      if (outage.alert || !isHeld) changes.push(...(await this.changesOfOutage(outage, agents, now)));
    const raised = new Set(isHeld ? [] : alone.map(({ agentId }) => agentId));
    const byAgent = new Map<string | null, AlertEntity[]>();
    for (const alert of standing) byAgent.set(alert.agentId, [...(byAgent.get(alert.agentId) ?? []), alert]);
    for (const agent of agents) {
      const ofAgent = byAgent.get(agent.agentId) ?? [];
      if (ofAgent.length > 0 || raised.has(agent.agentId)) changes.push(...(await this.changesOf(agent, ofAgent, now)));
    }
    await this.changes.make(changes, now);
  }

  /** Silent agents without an alert of their own, and which of them have been so for as long as their rule says. */
  private async silent(
    agents: readonly AgentTarget[],
    alerted: ReadonlySet<string | null>,
    now: Date,
  ): Promise<SilentAgent[]> {
    const silent: SilentAgent[] = [];
    for (const agent of agents) {
      const { lastSeenAt } = agent;
      if (lastSeenAt === null || !this.isSilent(agent) || alerted.has(agent.agentId)) continue;
      const { enabled, minutes } = (await this.settings.for(agent.customerId)).rules['agent-silent'];
      const isDue = enabled && this.silentSince(agent) + minutes * MINUTE_MS <= now.getTime();
      silent.push({ ...agent, lastSeenAt, isDue });
    }
    return silent;
  }

  /** So many are silent at the same time that the network of this server is the likelier cause. */
  private outageOfMost(
    agents: readonly AgentTarget[],
    silent: readonly SilentAgent[],
    standing: readonly AlertEntity[],
  ): Condition[] {
    const connected = this.countConnected(agents);
    const isOpen = standing.some(({ rule }) => rule === 'many-agents-silent');
    const due = silent.filter(({ isDue }) => isDue).length;
    const raises = due >= LIMITS.ALERT_OUTAGE_AGENTS && silent.length > connected;
    // most have returned when a quarter of those connected is missing
    const keeps = isOpen && silent.length >= LIMITS.ALERT_OUTAGE_AGENTS && silent.length * 4 > connected;
    if (!raises && !keeps) return [];
    const facts = { silent: silent.length, connected };
    return [{ rule: 'many-agents-silent', subject: '', severity: 'error', facts, raises, holdMs: 0 }];
  }

  private async changesOfOutage(
    { since, agents, alert }: CustomerOutage,
    all: readonly AgentTarget[],
    now: Date,
  ): Promise<AlertChange[]> {
    const customerId = alert ? alert.customerId : agents[0]!.customerId;
    const { enabled } = (await this.settings.for(customerId)).rules['agent-silent'];
    if (alert && (agents.length === 0 || !enabled)) return [ended(alert, now, enabled ? 'cleared' : 'rule-off')];
    const ids = agents.map(({ agentId }) => agentId);
    const facts = {
      silent: agents.length,
      connected: this.countConnected(all.filter((each) => each.customerId === customerId)),
      devices: await this.targets.countDevices(ids),
      agents: ids.slice(0, LIMITS.ALERT_AGENTS_LISTED),
    };
    const found = { rule: 'customer-agents-silent', severity: 'error', raises: true, holdMs: 0 } as const;
    const condition = { ...found, subject: `${customerId} ${since.getTime()}`, facts, since };
    // where it is: at the site that has been silent for longest
    const siteId = alert ? alert.siteId : agents[0]!.siteId;
    return reconcile(alert ? [alert] : [], [condition], { ...SERVER, customerId, siteId }, now);
  }

  private countConnected(agents: readonly AgentTarget[]): number {
    return agents.filter(({ agentId }) => this.transport.isOnline(agentId)).length;
  }

  private async changesOf(agent: AgentTarget, standing: readonly AlertEntity[], now: Date): Promise<AlertChange[]> {
    const { enabled } = (await this.settings.for(agent.customerId)).rules['agent-silent'];
    if (!enabled || !this.isSilent(agent))
      return standing.map((alert) => ended(alert, now, enabled ? 'cleared' : 'rule-off'));
    const devices = await this.targets.countDevices([agent.agentId]);
    const since = new Date(this.silentSince(agent));
    const found = { rule: 'agent-silent', subject: '', severity: 'error', facts: { devices } } as const;
    return reconcile(standing, [{ ...found, raises: true, holdMs: 0, since }], agent, now);
  }

  /** An agent that saves power is not silent, and neither is one that has never connected. */
  private isSilent({ agentId, asleepSince, lastSeenAt }: AgentTarget): boolean {
    return !this.transport.isOnline(agentId) && asleepSince === null && lastSeenAt !== null;
  }

  private silentSince({ lastSeenAt }: AgentTarget): number {
    return Math.max(lastSeenAt?.getTime() ?? 0, this.startedAt);
  }

  private async certificateConditions(now: Date): Promise<Condition[]> {
    const rule = (await this.settings.for(null)).rules['certificate-expiring'];
    const validTo = this.certificate.validTo();
    if (!rule.enabled || validTo === undefined) return [];
    const days = (validTo.getTime() - now.getTime()) / DAY_MS;
    if (days >= rule.days) return [];
    const severity = days < URGENT_DAYS ? 'error' : 'warning';
    const found = {
      rule: 'certificate-expiring',
      subject: '',
      severity,
      facts: { expiresAt: toInstant(validTo) },
    } as const;
    return [{ ...found, raises: true, holdMs: 0 }];
  }
}
