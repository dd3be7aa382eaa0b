import { Injectable, type OnModuleInit } from '@nestjs/common';
import { LIMITS } from '../../protocol/limits';
import { SessionEvents } from '../sessions/session-events';
import type { SessionEntity } from '../sessions/session.entity';
import { SessionsRepository } from '../sessions/sessions.repository';

interface Placed {
  readonly relayId: string;
  readonly at: number;
}

/**
 * Which relay carries each open session, by this server's own account: what a relay reports cannot make it smaller. A
 * session counts from the moment that its relay is asked.
 */
@Injectable()
export class PlacedSessions implements OnModuleInit {
  private readonly sessions = new Map<string, Placed>();
  private readonly counts = new Map<string, number>();
  /** When each relay has last failed for a session. */
  private readonly failures = new Map<string, number>();

  constructor(
    private readonly repository: SessionsRepository,
    private readonly events: SessionEvents,
  ) {}

  async onModuleInit(): Promise<void> {
    this.events.on('changed', (session) => this.noteEnd(session));
    for (const { id, relayId } of await this.repository.open()) if (relayId !== null) this.add(id, relayId);
  }

  add(sessionId: string, relayId: string): void {
    this.remove(sessionId);
    this.sessions.set(sessionId, { relayId, at: performance.now() });
    this.counts.set(relayId, this.at(relayId) + 1);
  }

  /** @returns whether it was placed */
  remove(sessionId: string): boolean {
    const placed = this.sessions.get(sessionId);
    if (!placed) return false;
    this.sessions.delete(sessionId);
    this.counts.set(placed.relayId, this.at(placed.relayId) - 1);
    return true;
  }

  /** The number of open sessions of a relay. */
  at(relayId: string): number {
    return this.counts.get(relayId) ?? 0;
  }

  /** Only for what the relay is at fault for: sessions also fail because of their agents. */
  noteFailure(relayId: string): void {
    this.failures.set(relayId, performance.now());
  }
  hasFailedLately(relayId: string): boolean {
    return performance.now() - (this.failures.get(relayId) ?? -Infinity) < LIMITS.RELAY_AVOID_MS;
  }

  /** Forgets what is not among the stored sessions of a relay: a session may have ended while its relay was asked. */
  settle(relayId: string, stored: readonly SessionEntity[]): void {
    const open = new Set(stored.map(({ id }) => id));
    const settled = performance.now() - LIMITS.PREPARE_MS - LIMITS.RELAY_RPC_TIMEOUT_MS;
    for (const [id, placed] of this.sessions)
      if (placed.relayId === relayId && placed.at < settled && !open.has(id)) this.remove(id);
  }

  private noteEnd({ id, state, relayId, ending }: SessionEntity): void {
    if (state !== 'ended' || !this.remove(id)) return;
    if (relayId !== null && ending === 'lost-relay') this.noteFailure(relayId);
  }
}
