import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Journal } from '../../journal/journal';
import { LIMITS } from '../../protocol/limits';
import type { RelayedSession } from '../../protocol/relay-rpc';
import { HALVES } from '../../protocol/remote-session';
import { SessionEvents } from '../sessions/session-events';
import type { SessionEntity } from '../sessions/session.entity';
import { SessionLifecycle } from '../sessions/session.lifecycle';
import { SessionsRepository } from '../sessions/sessions.repository';
import { RelayDirectory, type ConnectedRelay } from './relay-directory';

/**
 * Compares, every few seconds, what the sessions say with what their relay carries: takes over the byte counts, asks
 * again for missing end logs, and presumes the end of sessions that the relay has lost.
 */
@Injectable()
export class RelayWatch implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly directory: RelayDirectory,
    private readonly repository: SessionsRepository,
    private readonly lifecycle: SessionLifecycle,
    private readonly events: SessionEvents,
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
    this.timer = setTimeout(() => void this.look(), LIMITS.RELAY_WATCH_MS);
  }

  private async look(): Promise<void> {
    for (const { id: relayId } of this.directory.allServing()) {
      await this.compare(relayId).catch((error: unknown) => {
        this.journal.warn('a relay could not be compared with its sessions', { relayId, detail: String(error) });
      });
    }
    if (this.timer) this.arm();
  }

  /** With all runs of the relay that serve or have served: an earlier run carries its sessions until it stops. */
  private async compare(relayId: string): Promise<void> {
    // Sessions first: a link is at the relay before it is in the database, so none is missed below.
    const open = (await this.repository.withLinkAt(relayId)).filter((session) => session.linkId);
    const carried = new Map<string, RelayedSession>();
    let unacknowledged = 0;
    for (const run of this.directory.runsOf(relayId)) {
      const { sessions } = await run.peer.call('list-sessions', {});
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
      await this.lifecycle.presumeEnded(session.id, 'both-halves-ended', 'the relay has no record of this session');
    }
  }

  /** A session whose end was presumed while its relay was away must not continue beside a new one (E15). */
  private async endForgotten(relay: ConnectedRelay, sessions: RelayedSession[]): Promise<void> {
    const ended = await this.repository.endedAmong(sessions.map((session) => session.remoteSessionId));
    const endings = new Map(ended.map(({ id, ending }) => [id, ending ?? 'failed']));
    for (const session of sessions) {
      const ending = endings.get(session.remoteSessionId);
      if (!ending) continue;
      this.journal.warn('a relay carries a session whose end was presumed; it has to end it', {
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
    this.events.publish('changed', session);
  }
}
