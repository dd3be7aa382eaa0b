import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Journal } from '../../journal/journal';
import { productVersion } from '../../journal/product-version';
import type { AgentUpdates, NewRollout, Rollout, RolloutState } from '../../protocol/agent-update';
import { offerUpdate, reportUpdate } from '../../protocol/control-channel';
import { LIMITS } from '../../protocol/limits';
import { toInstant } from '../../protocol/names';
import { isNewer } from '../../protocol/newer-version';
import { ProblemError } from '../../protocol/problems';
import { jittered } from '../../protocol/waits';
import { secretHash } from '../../tunnel/sha256';
import { COMMAND_LINE, type Actor } from '../auth/actor';
import { ServerConditions } from '../alerts/rules/server-conditions';
import { AuditService } from '../auth/audit/audit.service';
import { CustomersService } from '../customers/customers.service';
import { ReleaseFiles } from '../deployment/releases/release-files';
import { ReleasesService } from '../deployment/releases/releases.service';
import { UnknownRelease } from '../deployment/releases/releases.errors';
import { AgentsService } from '../devices/agents/agents.service';
import { DeviceEvents } from '../devices/device-events';
import { SerialWork } from '../events/serial-work';
import { DeviceTransport } from '../xmpp/device-transport';
import { AgentRefused } from '../xmpp/xmpp.errors';
import type { RolloutEntity } from './agent-update.entities';
import { RolloutOpen, UnknownRollout } from './agent-updates.errors';
import { AgentUpdatesRepository } from './agent-updates.repository';
import { isInScope, nextStep, runs, type RolloutAgent } from './rollout-plan';

/** Brings releases to agents whose owners permit it, in the order of the rollout plan. */
@Injectable()
export class RolloutsService implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private checked: Promise<void> = Promise.resolve();
  /** What is being stored about agents, by agent: an agent reports the next phase without waiting for the answer to the last. */
  private readonly storing = new SerialWork();

  constructor(
    private readonly repository: AgentUpdatesRepository,
    private readonly files: ReleaseFiles,
    private readonly releases: ReleasesService,
    private readonly agents: AgentsService,
    private readonly customers: CustomersService,
    private readonly transport: DeviceTransport,
    private readonly deviceEvents: DeviceEvents,
    private readonly audit: AuditService,
    private readonly conditions: ServerConditions,
    private readonly journal: Journal,
  ) {}

  onModuleInit(): void {
    this.conditions.register('rollout-paused', async () => {
      const open = await this.repository.open();
      // one that a person has paused has no reason
      if (open?.state !== 'paused' || open.reason === '') return [];
      return [{ severity: 'error', subject: open.id, facts: { code: open.version, text: open.reason } }];
    });
    this.transport.handle(reportUpdate, async (agentId, reported) => {
      await this.storing.run(agentId, () => this.repository.report(agentId, reported));
      this.journal.info('update of an agent', { agentId, ...reported });
      return {};
    });
    this.deviceEvents.on('removed', (agentId) => {
      this.storing
        .run(agentId, () => this.repository.remove(agentId))
        .catch((error: unknown) => this.journal.unexpected(error, 'forgetting the update of a removed agent'));
    });
  }
  onApplicationBootstrap(): void {
    this.running = this.runAlways().catch(() => undefined); // stopped while it waited
  }
  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    await this.running;
    await this.checked;
  }

  async view(): Promise<AgentUpdates> {
    const releases = (await this.files.all()).sort((one, other) => (isNewer(one.version, other.version) ? -1 : 1));
    const [agents, latest] = [await this.rolloutAgents(), await this.repository.latest()];
    const own = productVersion();
    const newest = releases[0] && isNewer(releases[0].version, own) ? releases[0].version : own;
    return {
      newest,
      releases: releases.map(({ version, bytes, sha256, notes, createdAt, storedAt }) => ({
        ...{ version, bytes, sha256, notes, createdAt, storedAt },
      })),
      rollout: latest && presented(latest, agents),
      agents: agents.map(({ id, version, update }) => ({
        ...{ id, permitted: update?.permitted ?? false, phase: update?.phase ?? 'none' },
        ...{ version: update?.version ?? null, detail: update?.detail ?? '' },
        lags: version !== '' && !runs(newest, { version }),
      })),
    };
  }

  /** @throws UnknownRelease, ReleaseRefused, RolloutOpen */
  async start(actor: Actor, { version, canaries, customerIds, soakMinutes }: NewRollout): Promise<void> {
    await this.releases.verify(version);
    const entity: RolloutEntity = {
      ...{ id: randomUUID(), version, state: 'running', open: 'open', reason: '', retry: true },
      ...{ canaries, customerIds, soakMinutes, canariesUpdatedAt: null },
      ...{ startedAt: new Date(), startedBy: actor.displayName.slice(0, 100), endedAt: null },
    };
    await this.repository.forgetFailures(version);
    if (!(await this.repository.add(entity))) throw new RolloutOpen((await this.repository.open())?.version ?? version);
    const among = customerIds === null ? 'all customers' : `${customerIds.length} customers`;
    await this.audit.record(actor, 'rollout.started', version, `canaries ${canaries.length}, ${among}`);
    this.checkSoon();
  }

  /**
   * In whichever state it is by now: what is carried out meanwhile does not refuse it.
   * @throws UnknownRollout also for one that has ended, unless that is asked for
   */
  async change(actor: Actor, id: string, to: RolloutState): Promise<void> {
    const rollout = await this.repository.find(id);
    if (rollout?.state === to) return;
    if (rollout === null || rollout.state === 'ended') throw new UnknownRollout();
    if (to === 'running') await this.repository.forgetFailures(rollout.version);
    const changes = {
      running: { state: to, reason: '', retry: true },
      paused: { state: to, reason: '' },
      ended: { state: to, open: null, endedAt: new Date() },
    }[to];
    if (!(await this.repository.change(id, ['running', 'paused'], changes))) {
      if (to === 'ended') return;
      throw new UnknownRollout();
    }
    const action = { running: 'rollout.resumed', paused: 'rollout.paused', ended: 'rollout.ended' }[to];
    await this.audit.record(actor, action, rollout.version);
    this.checkSoon();
  }

  /** Carries out the next step of the open rollout, one after another. */
  check(): Promise<void> {
    const done = this.checked.then(() => this.carryOutNextStep());
    this.checked = done.catch(() => undefined);
    return done;
  }

  private async carryOutNextStep(): Promise<void> {
    const now = new Date();
    const open = await this.repository.open();
    if (open?.state !== 'running') return;
    const step = nextStep(open, await this.rolloutAgents(), now, LIMITS.UPDATES_AT_ONCE);
    switch (step.do) {
      case 'observe':
        await this.repository.change(open.id, ['running'], { canariesUpdatedAt: now });
        return;
      case 'pause':
        if (!(await this.repository.change(open.id, ['running'], { state: 'paused', reason: step.reason }))) return;
        this.journal.warn('a rollout is paused, because an agent was not updated', { detail: step.reason });
        await this.audit.record(undefined, 'rollout.paused', open.version, step.reason);
        return;
      case 'end':
        if (!(await this.repository.change(open.id, ['running'], { state: 'ended', open: null, endedAt: now }))) return;
        await this.audit.record(undefined, 'rollout.ended', open.version);
        return;
      case 'offer':
        await Promise.all(step.agentIds.map((agentId) => this.offer(agentId, open)));
    }
  }

  /** What the agent refuses is recorded; the rest is tried again. */
  private async offer(agentId: string, { version, retry }: RolloutEntity): Promise<void> {
    const stored = await this.files.manifestOf(version);
    if (!stored) throw new UnknownRelease(version);
    const { storedAt: _storedAt, ...manifest } = stored;
    const token = randomBytes(32).toString('base64url');
    await this.storing.run(agentId, () => this.repository.offered(agentId, version, secretHash(token)));
    try {
      await this.transport.request(agentId, offerUpdate, { manifest, token, retry });
      this.journal.info('an update was offered', { agentId, version });
    } catch (error) {
      await this.storing.run(agentId, () =>
        error instanceof AgentRefused
          ? this.repository.refused(agentId, version, error.detail || error.code)
          : this.repository.notOffered(agentId, version),
      );
      if (!(error instanceof AgentRefused || error instanceof ProblemError)) throw error;
    }
  }

  private async rolloutAgents(): Promise<RolloutAgent[]> {
    const customerOf = new Map<string, string>();
    for (const { id, sites } of await this.customers.list(COMMAND_LINE))
      for (const site of sites) customerOf.set(site.id, id);
    const updates = await this.repository.all();
    return (await this.agents.all()).map(({ id, version, siteId }) => ({
      ...{ id, version, online: this.agents.isOnline(id), update: updates.get(id) },
      customerId: siteId === null ? null : (customerOf.get(siteId) ?? null),
    }));
  }

  private checkSoon(): void {
    this.check().catch((error: unknown) => this.journal.unexpected(error, 'updating agents'));
  }

  private async runAlways(): Promise<void> {
    for (;;) {
      const ms = jittered(LIMITS.ROLLOUT_CHECK_MS, { least: 0.75, most: 1.25 });
      await wait(ms, undefined, { signal: this.stopping.signal });
      await this.check().catch((error: unknown) => this.journal.unexpected(error, 'updating agents'));
    }
  }
}

const presented = (entity: RolloutEntity, agents: readonly RolloutAgent[]): Rollout => {
  const { id, version, state, reason, canaries, customerIds, soakMinutes, startedBy } = entity;
  const inScope = agents.filter((each) => isInScope(entity, each));
  const pending = inScope.filter((each) => !runs(version, each));
  return {
    ...{ id, version, state, reason, canaries, customerIds, soakMinutes, startedBy },
    canariesUpdatedAt: entity.canariesUpdatedAt && toInstant(entity.canariesUpdatedAt),
    startedAt: toInstant(entity.startedAt),
    endedAt: entity.endedAt && toInstant(entity.endedAt),
    agents: {
      all: inScope.length,
      updated: inScope.length - pending.length,
      notPermitted: pending.filter(({ update }) => update?.permitted !== true).length,
    },
  };
};
