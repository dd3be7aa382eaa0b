import type { UpdateReason } from '../../../protocol/device-information';

/** The stored information of a device, as far as the update decision depends on it. */
export interface StoredInformation {
  readonly acquiredAt: Date | null;
  /** Whether the device answered its agent then. */
  readonly reached: boolean;
  /** The agent's last announcement, which follows each of its logins. */
  readonly announcedAt: Date;
  /** When a maintenance job last changed the device. */
  readonly changedAt: Date | null;
}

export interface UpdateDecision {
  readonly update: boolean;
  readonly reason: UpdateReason;
}

/** B2: whether stored information must be acquired again before a connection, and the first reason that applies. */
export function decideUpdate(stored: StoredInformation, now: Date, freshMs: number): UpdateDecision {
  const { acquiredAt, reached, announcedAt, changedAt } = stored;
  const because = (reason: UpdateReason): UpdateDecision => ({ update: reason !== 'fresh', reason });
  if (!acquiredAt) return because('never-acquired');
  if (!reached) return because('not-reached');
  if (announcedAt > acquiredAt) return because('agent-reconnected');
  if (changedAt && changedAt >= acquiredAt) return because('job-since');
  const age = now.getTime() - acquiredAt.getTime();
  // after the clock was set back, information is never fresh
  return because(age > freshMs || age < 0 ? 'too-old' : 'fresh');
}
