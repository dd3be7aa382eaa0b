import { LIMITS } from '../../protocol/limits';
import { judgeVersion, type VersionSeen, type VersionVerdict } from './version-wait';

const OLD = '2.14.003';
const NEW = '2.15.000';
const NONE = undefined;
const MINUTE = 60_000;

type Poll = [second: number, version: string | undefined];

/** The verdict after the last of these polls of a device that received the firmware at 0; the clock starts at 0, too. */
function after(polls: readonly Poll[], expected = NEW): string {
  let seen: VersionSeen = { startedAt: 0, answeredAt: 0, missed: false, backAt: undefined };
  let verdict: VersionVerdict | undefined;
  for (const [second, version] of polls) {
    if (verdict && verdict.is !== 'wait') throw new Error(`ended before ${second} s as ${verdict.is}`);
    const wait = { before: OLD, until: LIMITS.FIRMWARE_BACK_MS };
    verdict = judgeVersion(wait, expected, seen, { at: second * 1000, version });
    if (verdict.is === 'wait') ({ seen } = verdict);
  }
  return verdict?.is === 'wait' ? verdict.activity : verdict!.is;
}
/** A poll each second, from one to the other. */
const each = (from: number, to: number, version: string | undefined): Poll[] =>
  Array.from({ length: to - from + 1 }, (_, i) => [from + i, version]);
const END = LIMITS.FIRMWARE_BACK_MS / 1000;

const ROWS: [what: string, polls: Poll[], verdict: string][] = [
  ['answers with its old version', each(1, 1, OLD), 'installing'],
  ['answers with its old version for 29 min', each(1, END - MINUTE / 1000, OLD), 'installing'],
  ['answers with its old version for 29 min, then with the new one', [...each(1, 1740, OLD), [1741, NEW]], 'installed'],
  ['answers with its old version until the end', each(1, END, OLD), 'unchanged'],
  ['does not report its version', each(1, 600, ''), 'installing'],
  ['does not report its version until the end', each(1, END, ''), 'unchanged'],
  ['does not answer', each(1, 600, NONE), 'restarting'],
  ['does not answer until the end', each(1, END, NONE), 'not-back'],
  ['does not answer until the end, after it wrote', [...each(1, 900, OLD), ...each(901, END, NONE)], 'not-back'],
  ['has the new version at once', each(1, 1, NEW), 'installed'],
  ['restarts with the new version', [...each(1, 20, NONE), [21, NEW]], 'installed'],
  ['misses a poll while it writes', [...each(1, 9, OLD), [18, NONE], ...each(19, 600, OLD)], 'installing'],
  ['is back from a restart with its old version', [...each(1, 40, NONE), ...each(41, 160, OLD)], 'verifying'],
  ['keeps its old version after a restart', [...each(1, 40, NONE), ...each(41, 161, OLD)], 'unchanged'],
  [
    'restarts a second time, then has the new version',
    [...each(1, 40, NONE), ...each(41, 100, OLD), ...each(101, 140, NONE), ...each(141, 200, OLD), [201, NEW]],
    'installed',
  ],
  [
    'restarts a second time with its old version',
    [...each(1, 40, NONE), ...each(41, 100, OLD), ...each(101, 140, NONE), ...each(141, 261, OLD)],
    'unchanged',
  ],
  ['reports another version while it starts', [...each(1, 100, '0-boot'), [101, NEW]], 'installed'],
  ['reports another version and keeps it', each(1, 121, '2.10.000'), 'unchanged'],
  // after the agent was not running for so long
  ['has the new version after the end', [[END + 5, NEW]], 'installed'],
];

const SAME: [what: string, polls: Poll[], verdict: string][] = [
  ['answers every poll', each(1, 119, OLD), 'installing'],
  ['answers every poll for DEVICE_AWAY_MS', each(1, 120, OLD), 'installed'],
  ['missed a poll', [...each(1, 5, OLD), [6, NONE], [7, OLD]], 'installed'],
];

describe('a device that has received firmware', () => {
  it.each(ROWS)('%s', (_what, polls, verdict) => {
    expect(after(polls)).toBe(verdict);
  });
  it.each(SAME)('with the version that it already had: %s', (_what, polls, verdict) => {
    expect(after(polls, OLD)).toBe(verdict);
  });
});
