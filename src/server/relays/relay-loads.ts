import { Injectable } from '@nestjs/common';
import { LIMITS } from '../../protocol/limits';
import { toInstant } from '../../protocol/names';
import type { RelayLoad } from '../../protocol/relay-rpc';

export interface LoadPoint extends RelayLoad {
  readonly at: string;
}

interface Reported {
  readonly instance: string;
  /** `performance.now`, because the time of day may be set. */
  readonly heardAt: number;
  readonly points: readonly LoadPoint[];
}

/** What relays report about their load, and which of them do not answer. */
@Injectable()
export class RelayLoads {
  /** Of the last run of each relay that has reported. Earlier runs of a relay end. */
  private readonly reported = new Map<string, Reported>();
  /** Runs that have not answered when they were last asked. */
  private readonly unanswered = new Set<string>();

  /** @returns false for a report that came too soon, which is ignored */
  note(relayId: string, instance: string, load: RelayLoad): boolean {
    const earlier = this.reported.get(relayId);
    const heardAt = performance.now();
    if (earlier?.instance === instance && heardAt - earlier.heardAt < LIMITS.RELAY_LOAD_LEAST_MS) return false;
    const points = [...(earlier?.points ?? []), { ...load, at: toInstant(Date.now()) }];
    this.reported.set(relayId, { instance, heardAt, points: points.slice(-LIMITS.RELAY_LOAD_POINTS) });
    return true;
  }

  /** Oldest first. */
  pointsOf(relayId: string): readonly LoadPoint[] {
    return this.reported.get(relayId)?.points ?? [];
  }

  /** The last report of a run; undefined if it has sent none, as those of earlier releases. */
  lastOf(relayId: string, instance: string): LoadPoint | undefined {
    const reported = this.reported.get(relayId);
    return reported?.instance === instance ? reported.points.at(-1) : undefined;
  }

  /** Whether a run has answered a request of this server. @returns whether it answers again */
  noteAnswer(instance: string, answered: boolean): boolean {
    if (answered) return this.unanswered.delete(instance);
    this.unanswered.add(instance);
    return false;
  }

  isSilent(relayId: string, instance: string): boolean {
    if (this.unanswered.has(instance)) return true;
    const reported = this.reported.get(relayId);
    return reported?.instance === instance && performance.now() - reported.heardAt > LIMITS.RELAY_SILENT_MS;
  }

  /** A run has disconnected. What it has reported is still shown; its next connection starts without it. */
  forget(relayId: string, instance: string): void {
    this.unanswered.delete(instance);
    const reported = this.reported.get(relayId);
    if (reported?.instance === instance) this.reported.set(relayId, { ...reported, instance: '' });
  }
}
