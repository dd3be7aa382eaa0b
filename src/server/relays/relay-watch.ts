import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Journal } from '../../journal/journal';
import { LIMITS } from '../../protocol/limits';
import type { RelayedSession, RelayMethods, Result } from '../../protocol/relay-rpc';
import { HALVES } from '../../protocol/remote-session';
import { RpcTimeout } from '../../tunnel/json-rpc.errors';
import { SessionEvents } from '../sessions/session-events';
import type { SessionEntity } from '../sessions/session.entity';
import { SessionLifecycle } from '../sessions/session.lifecycle';
import { SessionsRepository } from '../sessions/sessions.repository';
import { PlacedSessions } from './placed-sessions';
import { RelayDirectory, type ConnectedRelay } from './relay-directory';

/**
 * Compares the stored sessions with those that the relays carry, every few seconds: copies the byte counts, requests
 * missing end logs again, and presumes the end of sessions that a relay has lost.
 */
@Injectable()
export class RelayWatch implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly directory: RelayDirectory,
    private readonly repository: SessionsRepository,
    private readonly lifecycle: SessionLifecycle,
    private readonly events: SessionEvents,
    private readonly placed: PlacedSessions,
    private readonly journal: Journal,
  ) {}

  onApplicationBootstrap(): void {
    this.arm();
  }
  onModuleDestroy(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private arm(): void {
    this.timer = setTimeout(() => void this.poll(), LIMITS.RELAY_WATCH_MS);
  }

  private async poll(): Promise<void> {
    // all at once, so that one that does not answer delays no other
    const relays = this.directory.allServing().map(async ({ id: relayId }) => {
      await this.compare(relayId).catch((error: unknown) => {
        this.journal.warn('could not compare the sessions of a relay', { relayId, detail: String(error) });
      });
    });
    await Promise.all(relays);
    if (this.timer) this.arm();
  }

  /** Includes the earlier runs of the relay: they carry their sessions until they stop. */
  private async compare(relayId: string): Promise<void> {
    // Read the database first: a link exists at the relay before it is stored, so none of these can be missing there.
    const stored = await this.repository.withLinkAt(relayId);
    this.placed.settle(relayId, stored);
    const open = stored.filter((session) => session.linkId);
    const carried = new Map<string, RelayedSession>();
    let unacknowledged = 0;
    const runs = this.directory.runsOf(relayId);
    if (runs.length === 0) return; // disconnected meanwhile
    for (const run of runs) {
      const { sessions } = await this.listed(run);
      await this.endForgotten(run, sessions);
      for (const session of sessions) carried.set(session.linkId, session);
      if (open.length > 0) unacknowledged += (await run.peer.call('health', {})).unacknowledgedLogs;
    }
    const mayBeLost = unacknowledged === 0 && this.directory.isSettled(relayId);
    for (const session of open) {
      const there = session.linkId && carried.get(session.linkId);
      if (there) await this.noteBytes(session, there);
      if (there && session.state === 'forcing') await this.lifecycle.apply(session.id, 'still-relayed');
      if (there || !mayBeLost) continue;
      const detail = 'the relay has no record of the session';
      if (await this.lifecycle.presumeEnded(session.id, 'both-halves-ended', detail)) this.placed.noteFailure(relayId);
    }
  }

  private async listed(run: ConnectedRelay): Promise<Result<RelayMethods, 'list-sessions'>> {
    try {
      const list = await run.peer.call('list-sessions', {});
      this.directory.noteAnswer(run.instance, true);
      return list;
    } catch (error) {
      if (error instanceof RpcTimeout) this.directory.noteAnswer(run.instance, false);
      throw error;
    }
  }

  /** A session whose end was presumed while its relay was disconnected must not continue beside a new one (E15). */
  private async endForgotten(relay: ConnectedRelay, sessions: RelayedSession[]): Promise<void> {
    const ended = await this.repository.endedAmong(sessions.map((session) => session.remoteSessionId));
    const endings = new Map(ended.map(({ id, ending }) => [id, ending ?? 'failed']));
    for (const session of sessions) {
      const ending = endings.get(session.remoteSessionId);
      if (!ending) continue;
      this.journal.warn('ending a session that a relay still carries although its end was presumed', {
        relayId: relay.id,
        remoteSessionId: session.remoteSessionId,
      });
      for (const half of HALVES) {
        if (session[half] !== 'ended') await relay.peer.call('end-session', { linkId: session.linkId, half, ending });
      }
    }
  }

  private async noteBytes(session: SessionEntity, counted: RelayedSession): Promise<void> {
    const { bytesFromDevice, bytesFromTerminal } = counted;
    if (bytesFromDevice <= session.bytesFromDevice && bytesFromTerminal <= session.bytesFromTerminal) return;
    await this.repository.noteBytes(session.id, bytesFromDevice, bytesFromTerminal);
    const present = await this.repository.find(session.id); // it may have ended meanwhile
    if (present) this.events.publish('changed', present);
  }
}
