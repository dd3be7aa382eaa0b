import { setTimeout as delay } from 'node:timers/promises';
import { LIMITS } from '../../protocol/limits';
import type { VersionWait } from './job';
import { JobFailed } from './maintenance.errors';
import { POLL_MS, queryRestarting, type OperationContext, type OperationTimes } from './operation-context';

/** One poll of a device that has received firmware; `version` undefined: no answer, '': it does not report its version. */
export interface VersionPoll {
  readonly at: number;
  readonly version: string | undefined;
}

/** What earlier polls have shown. Times use the clock of `JobPhase`. */
export interface VersionSeen {
  readonly startedAt: number;
  /** The last answer, and whether a poll has failed since. */
  readonly answeredAt: number;
  readonly missed: boolean;
  /** Since when the device answers again after a restart; undefined: no restart was seen. */
  readonly backAt: number | undefined;
}

/** `wait` has the activity of the job's report. */
export type VersionVerdict =
  | { readonly is: 'wait'; readonly activity: 'installing' | 'restarting' | 'verifying'; readonly seen: VersionSeen }
  | { readonly is: 'installed' | 'unchanged' | 'not-back' };

/**
 * Whether the device has installed the expected version. Pure. A device may answer with its old version while it writes,
 * miss some polls meanwhile, and restart more than once. So an old version is final only at `until`, or if it is still
 * reported `DEVICE_AWAY_MS` after a restart; only a pause of `DEVICE_PAUSE_MS` between two answers, or a third version, proves one.
 */
export function judgeVersion(
  { before, until }: VersionWait,
  expected: string,
  seen: VersionSeen,
  { at, version }: VersionPoll,
  { awayMs = LIMITS.DEVICE_AWAY_MS, pauseMs = LIMITS.DEVICE_PAUSE_MS }: OperationTimes = {},
): VersionVerdict {
  if (version === undefined) {
    if (at >= until) return { is: 'not-back' };
    return { is: 'wait', activity: 'restarting', seen: { ...seen, missed: true } };
  }
  // An installation of the version that the device already has is seen only by its restart.
  const proven = expected !== before || seen.missed || at - seen.startedAt >= awayMs;
  if (version === expected && proven) return { is: 'installed' };
  const paused = seen.missed && at - seen.answeredAt >= pauseMs;
  const third = version !== '' && version !== before && version !== expected;
  const backAt = paused ? at : (seen.backAt ?? (third ? at : undefined));
  if (at >= until || (backAt !== undefined && at - backAt >= awayMs)) return { is: 'unchanged' };
  const activity = backAt === undefined ? 'installing' : 'verifying';
  return { is: 'wait', activity, seen: { ...seen, answeredAt: at, missed: false, backAt } };
}

/**
 * Waits until the device reports the expected version; resolves with it.
 * @throws JobFailed version-unchanged, not-back; the reason of `signal`
 */
export async function awaitVersion(
  { query, progress, signal, times }: Pick<OperationContext, 'query' | 'progress' | 'signal' | 'times'>,
  wait: VersionWait,
  expected: string,
): Promise<string> {
  const startedAt = performance.now();
  let seen: VersionSeen = { startedAt, answeredAt: startedAt, missed: false, backAt: undefined };
  for (;;) {
    const version = await queryRestarting({ query }).then(
      ({ firmwareVersion }) => firmwareVersion,
      () => undefined,
    );
    signal.throwIfAborted();
    const at = performance.now();
    const verdict = judgeVersion(wait, expected, seen, { at, version }, times);
    const minutes = Math.round((at - startedAt) / 60_000);
    switch (verdict.is) {
      case 'installed':
        return expected;
      case 'unchanged':
        throw new JobFailed(
          'version-unchanged',
          `Version after installation is ${version || 'unknown'}, expected ${expected}.`,
        );
      case 'not-back':
        throw new JobFailed('not-back', `it has not answered for ${minutes} min`);
      case 'wait':
        seen = verdict.seen;
        progress(verdict.activity, null);
    }
    await delay(times.pollMs ?? POLL_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}
