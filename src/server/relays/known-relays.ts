import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Journal } from '../../journal/journal';
import { LIMITS } from '../../protocol/limits';
import type { RelayEntity } from './relay.entity';
import { RelaysRepository } from './relays.repository';

type Decision = Partial<Pick<RelayEntity, 'region' | 'sessionLimit' | 'drainedSince' | 'drainedBy' | 'removedAt'>>;

/**
 * The relays that have connected to this server, whether they are connected or not. In memory, because each choice of a
 * relay reads it; stored, because decisions of administrators outlive both programs.
 */
@Injectable()
export class KnownRelays implements OnModuleInit {
  private readonly relays = new Map<string, RelayEntity>();
  /** Rows are written one after the other. */
  private written: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly repository: RelaysRepository,
    private readonly journal: Journal,
  ) {}

  async onModuleInit(): Promise<void> {
    for (const relay of await this.repository.all()) this.relays.set(relay.id, relay);
  }

  all(): RelayEntity[] {
    return [...this.relays.values()];
  }
  find(id: string): RelayEntity | undefined {
    return this.relays.get(id);
  }
  isDrained(id: string): boolean {
    return this.find(id)?.drainedSince != null;
  }
  isRemoved(id: string): boolean {
    return this.find(id)?.removedAt != null;
  }

  /** Notes that a relay has connected, or disconnected. Does not wait for the database. */
  noteSeen(id: string, ownRegion: string | null): void {
    const lastSeenAt = new Date();
    const known = this.relays.get(id);
    if (known) {
      Object.assign(known, { ownRegion, lastSeenAt });
      this.write(() => this.repository.change(id, { ownRegion, lastSeenAt }));
    } else if (this.relays.size < LIMITS.RELAYS) {
      this.remember(id, ownRegion);
    } else {
      this.journal.warn('this server does not remember further relays', { relayId: id, limit: LIMITS.RELAYS });
    }
  }

  /** Also beyond RELAYS: an administrator decides something about it. @param id of a relay that is connected */
  remember(id: string, ownRegion: string | null): RelayEntity {
    const decisions = { region: null, sessionLimit: null, drainedSince: null, drainedBy: null, removedAt: null };
    const relay: RelayEntity = { id, ownRegion, lastSeenAt: new Date(), ...decisions };
    this.relays.set(id, relay);
    this.write(() => this.repository.insert(relay));
    return relay;
  }

  /** Stores a decision of an administrator. @param id of a known relay */
  async decide(id: string, decision: Decision): Promise<void> {
    await this.written; // the row may not have been inserted yet
    await this.repository.change(id, decision);
    Object.assign(this.relays.get(id)!, decision);
  }

  private write(work: () => Promise<void>): void {
    this.written = this.written
      .then(work)
      .catch((error: unknown) => this.journal.unexpected(error, 'storing that a relay was seen'));
  }
}
