import type { UpdateReason } from '../../../protocol/device-information';
import { LIMITS } from '../../../protocol/limits';
import type { Operation } from '../../../protocol/maintenance';

/** Parts of the device information, as requests need them and jobs change them. */
export const FACTS = ['reachability', 'identity', 'state', 'supplies', 'counters'] as const;
/** `reachability`: whether the device answers; `identity`: model, serial number, firmware version; `state` with its alerts. */
export type Fact = (typeof FACTS)[number];

/** What device information is needed for. */
export type InformedRequest = 'session' | Operation;

/** How old a needed fact may be: `recent` is the configured age, `now` is INFORMATION_NOW_MS. */
type Need = 'recent' | 'now';

/**
 * What each request needs to know (B2). The technician of a session sees the condition of the device before and beside
 * it. `information`, `counters` and the operations on settings read the device themselves. The agent has a job wait for a device that does not
 * answer, so only a firmware file, which must fit the device, makes the server ask such a device.
 */
const NEEDS: Readonly<Record<InformedRequest, Partial<Record<Fact, Need>>>> = {
  session: { reachability: 'recent', state: 'recent' },
  information: {},
  counters: {},
  identify: {},
  'settings-read': {},
  'settings-set': {},
  'logs-read': {},
  'test-page': { state: 'recent', supplies: 'recent' },
  restart: { state: 'recent' },
  'firmware-install': { reachability: 'now', identity: 'now', state: 'recent' },
};

/** What a job may have changed when it is over. */
export const CHANGED_BY: Readonly<Record<Operation, readonly Fact[]>> = {
  information: [],
  counters: [],
  identify: [],
  'settings-read': [],
  'settings-set': [],
  'logs-read': [],
  'test-page': ['supplies', 'counters'],
  restart: ['reachability', 'identity', 'state'],
  'firmware-install': ['reachability', 'identity', 'state'],
};

/** The stored information of a device, as far as the update decision depends on it. */
export interface StoredInformation {
  readonly acquiredAt: Date | null;
  /** Whether the device answered its agent then. */
  readonly reached: boolean;
  /** The agent's last announcement, which follows each of its logins. */
  readonly announcedAt: Date;
  /** When a maintenance job last changed each fact. */
  readonly changedAt: Readonly<Partial<Record<Fact, Date>>>;
}

export interface Decided {
  readonly update: boolean;
  readonly reason: UpdateReason;
}

const KEPT: readonly UpdateReason[] = ['fresh', 'not-needed', 'agent-waits'];

/** B2: whether stored information must be acquired again for a request, and the first reason that applies. Pure. */
export function decideUpdate(request: InformedRequest, stored: StoredInformation, now: Date, freshMs: number): Decided {
  const reason = reasonFor(NEEDS[request], stored, now, freshMs);
  return { update: !KEPT.includes(reason), reason };
}

function reasonFor(
  needs: Partial<Record<Fact, Need>>,
  { acquiredAt, reached, announcedAt, changedAt }: StoredInformation,
  now: Date,
  freshMs: number,
): UpdateReason {
  const needed = FACTS.filter((fact) => needs[fact]);
  if (needed.length === 0) return 'not-needed';
  if (!acquiredAt) return 'never-acquired';
  if (!reached) return needs.reachability ? 'not-reached' : 'agent-waits';
  if (announcedAt > acquiredAt) return 'agent-reconnected';
  if (needed.some((fact) => (changedAt[fact]?.getTime() ?? 0) >= acquiredAt.getTime())) return 'job-since';
  const age = now.getTime() - acquiredAt.getTime();
  // after the clock was set back, information is never fresh
  if (age > freshMs || age < 0) return 'too-old';
  return needed.some((fact) => needs[fact] === 'now') && age > LIMITS.INFORMATION_NOW_MS ? 'needed-now' : 'fresh';
}
