import { Inject, Injectable } from '@nestjs/common';
import type { z } from 'zod';
import type { relay, relayChange } from '../../protocol/api';
import { toInstant } from '../../protocol/names';
import type { Actor } from '../auth/actor';
import { AuditService } from '../auth/audit/audit.service';
import { CONFIG, type Config } from '../config/config';
import { KnownRelays } from './known-relays';
import { RelayDirectory } from './relay-directory';
import { LOCAL_RELAY } from './relay-environment';
import { RelayLoads } from './relay-loads';
import { OwnRelay, RelayInUse, RelayNotKnown } from './relays.errors';
import type { RelayEntity } from './relay.entity';

export type Relay = z.infer<typeof relay>;

/** What administrators see of relays, and decide about them. */
@Injectable()
export class RelaysService {
  constructor(
    private readonly directory: RelayDirectory,
    private readonly known: KnownRelays,
    private readonly loads: RelayLoads,
    private readonly audit: AuditService,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** By ID, removed ones included. */
  async list(): Promise<Relay[]> {
    const connected = this.directory.candidates().map(({ relayId }) => relayId);
    const ids = new Set([...connected, ...this.known.all().map(({ id }) => id)]);
    return Promise.all([...ids].sort().map((id) => this.get(id)));
  }

  /** @throws RelayNotKnown */
  async change(actor: Actor, id: string, { region, limit }: z.infer<typeof relayChange>): Promise<Relay> {
    const earlier = this.find(id);
    if (region !== undefined && region !== earlier.region) {
      const detail = region ?? 'as the relay reports it';
      await this.known.decide(id, { region });
      await this.audit.record(actor, 'relay.region-set', id, detail);
    }
    if (limit !== undefined && limit !== earlier.sessionLimit) {
      await this.known.decide(id, { sessionLimit: limit });
      await this.audit.record(actor, 'relay.limit-set', id, limit === null ? 'none' : `at most ${limit}`);
    }
    this.directory.noteChange();
    return this.get(id);
  }

  /** No new sessions from now on; those that it carries stay. @throws RelayNotKnown */
  async drain(actor: Actor, id: string): Promise<Relay> {
    if (!this.find(id).drainedSince) {
      await this.known.decide(id, { drainedSince: new Date(), drainedBy: actor.username });
      await this.audit.record(actor, 'relay.drained', id, `open sessions: ${this.directory.candidateOf(id).sessions}`);
      this.directory.noteChange();
    }
    return this.get(id);
  }

  /** New sessions again, also for a removed relay, which may connect again. @throws RelayNotKnown */
  async takeBack(actor: Actor, id: string): Promise<Relay> {
    const { drainedSince, removedAt } = this.find(id);
    if (drainedSince || removedAt) {
      await this.known.decide(id, { drainedSince: null, drainedBy: null, removedAt: null });
      await this.audit.record(actor, 'relay.taken-back', id);
      this.directory.noteChange();
    }
    return this.get(id);
  }

  /** The relay may not connect any more. @throws RelayNotKnown, RelayInUse, OwnRelay */
  async remove(actor: Actor, id: string): Promise<void> {
    const { drainedSince, removedAt } = this.find(id);
    if (removedAt) return;
    if (this.driverOf(id) === 'local') throw new OwnRelay(id);
    const { sessions } = this.directory.candidateOf(id);
    if (sessions > 0 || (!drainedSince && this.directory.serving(id))) throw new RelayInUse(id, sessions);
    const now = new Date();
    const drain = drainedSince ? {} : { drainedSince: now, drainedBy: actor.username };
    await this.known.decide(id, { ...drain, removedAt: now });
    this.directory.disconnect(id);
    await this.audit.record(actor, 'relay.removed', id);
  }

  private async get(id: string): Promise<Relay> {
    const run = this.directory.serving(id);
    const known = this.known.find(id);
    const health = await run?.peer.call('health', {}).catch(() => undefined);
    const { region, sessions, limit, obstacle } = this.directory.candidateOf(id);
    const last = run && this.loads.lastOf(id, run.instance);
    return {
      id,
      version: run?.version ?? '',
      pairs: run?.pairs ?? 0,
      connected: health !== undefined,
      links: health?.links ?? 0,
      draining: this.directory.isDraining(id),
      driver: this.driverOf(id),
      region,
      ownRegion: run?.region ?? known?.ownRegion ?? null,
      setRegion: known?.region ?? null,
      sessions,
      limit,
      setLimit: known?.sessionLimit ?? null,
      obstacle: obstacle ?? (sessions >= limit ? 'full' : null),
      load: last ?? null,
      points: this.loads.pointsOf(id).map(({ at, sessions, bytesPerSecond }) => ({ at, sessions, bytesPerSecond })),
      drain: known?.drainedSince ? { since: toInstant(known.drainedSince), by: known.drainedBy ?? '' } : null,
      removedAt: known?.removedAt ? toInstant(known.removedAt) : null,
      lastSeenAt: run || !known ? null : toInstant(known.lastSeenAt),
    };
  }

  private find(id: string): RelayEntity {
    const known = this.known.find(id);
    if (known) return known;
    const run = this.directory.serving(id);
    if (!run) throw new RelayNotKnown(id);
    return this.known.remember(id, run.region ?? null);
  }

  private driverOf(relayId: string): Relay['driver'] {
    if (this.config.relay.local && relayId === LOCAL_RELAY) return 'local';
    return this.config.deployment.command ? 'command' : 'none';
  }
}
