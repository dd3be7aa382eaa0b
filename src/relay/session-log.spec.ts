import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toInstant } from '../protocol/names';
import type { HalfLog } from '../protocol/relay-rpc';
import { hashOf, SessionIds } from './session-ids';
import { SessionLog, type StoredLink } from './session-log';

const DAY_MS = 24 * 60 * 60_000;

describe("the relay's data folder", () => {
  let folder: string;
  let file: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'platen-relay-'));
    file = join(folder, 'log.sqlite');
  });
  afterEach(() => rm(folder, { recursive: true }));

  const link = (changes: Partial<StoredLink> = {}): StoredLink => ({
    linkId: randomUUID(),
    remoteSessionId: randomUUID(),
    connectBefore: toInstant(Date.now()),
    sessionIdHashes: { device: hashOf('d'), terminal: hashOf('t') },
    ...changes,
  });
  const log = (linkId: string, half: HalfLog['half'], kind: 'start' | 'end'): HalfLog => ({
    id: randomUUID(),
    linkId,
    half,
    at: toInstant(Date.now()),
    tokenHash: kind === 'start' ? hashOf('token') : null,
    event:
      kind === 'start'
        ? { kind, peerAddress: '192.0.2.1' }
        : { kind, reason: 'requested', bytesReceived: 1, bytesSent: 2 },
  });
  const opened = async <T>(use: (sessionLog: SessionLog) => Promise<T>): Promise<T> => {
    const sessionLog = await SessionLog.open(file);
    try {
      return await use(sessionLog);
    } finally {
      await sessionLog.close();
    }
  };

  it('gives back what has not been acknowledged, in order, after a restart', async () => {
    const { linkId, ...rest } = link();
    const logs = [log(linkId, 'device', 'start'), log(linkId, 'terminal', 'start'), log(linkId, 'device', 'end')];
    await opened(async (sessionLog) => {
      await sessionLog.addLink({ linkId, ...rest });
      for (const each of logs) await sessionLog.write(each);
      await sessionLog.acknowledge(logs[1]!.id);
    });
    expect(await opened((sessionLog) => sessionLog.unacknowledged())).toEqual([logs[0], logs[2]]);
  });

  it('finds the halves without end log, with the token hash they started with', async () => {
    const [one, two] = [link(), link()];
    await opened(async (sessionLog) => {
      for (const each of [one, two]) await sessionLog.addLink(each);
      await sessionLog.write(log(one.linkId, 'device', 'start'));
      await sessionLog.write(log(two.linkId, 'device', 'end'));
      expect(await sessionLog.openHalves()).toEqual([
        { linkId: one.linkId, half: 'device', tokenHash: hashOf('token') },
        { linkId: one.linkId, half: 'terminal', tokenHash: null },
        { linkId: two.linkId, half: 'terminal', tokenHash: null },
      ]);
    });
  });

  it.each(['start', 'end'] as const)('refuses a second %s log of a half', async (kind) => {
    const stored = link();
    await opened(async (sessionLog) => {
      await sessionLog.addLink(stored);
      await sessionLog.write(log(stored.linkId, 'device', kind));
      await expect(sessionLog.write(log(stored.linkId, 'device', kind))).rejects.toThrow('UNIQUE');
    });
  });

  it('forgets old links only when all their logs are acknowledged', async () => {
    const connectBefore = toInstant(Date.now() - 31 * DAY_MS);
    const [done, unacknowledged, open, recent] = [
      link({ connectBefore }),
      link({ connectBefore }),
      link({ connectBefore }),
      link(),
    ];
    const ends = (each: StoredLink) => [log(each.linkId, 'device', 'end'), log(each.linkId, 'terminal', 'end')];
    const kept = ends(unacknowledged);
    await opened(async (sessionLog) => {
      for (const each of [done, unacknowledged, open, recent]) await sessionLog.addLink(each);
      for (const each of [...ends(done), ...ends(recent)]) {
        await sessionLog.write(each);
        await sessionLog.acknowledge(each.id);
      }
      for (const each of kept) await sessionLog.write(each);
    });
    await opened(async (sessionLog) => {
      expect(await sessionLog.unacknowledged()).toEqual(kept);
      expect((await sessionLog.openHalves()).map(({ linkId }) => linkId)).toEqual([open.linkId, open.linkId]);
      await sessionLog.addLink(done); // its row is gone, so it can be there again
      await expect(sessionLog.addLink(recent)).rejects.toThrow('UNIQUE');
    });
  });

  it('is for one relay at a time', async () => {
    await opened(async () => {
      await expect(SessionLog.open(file)).rejects.toThrow('SQLITE_BUSY');
    });
  });

  it('keeps its key for itself and makes a new session ID each time', async () => {
    const [first, again] = [await SessionIds.load(folder), await SessionIds.load(folder)];
    const ids = [first.next(), first.next(), again.next()];
    expect(new Set(ids).size).toBe(3);
    for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9_-]{43}$/);
    const key = join(folder, 'session-id.key');
    expect((await stat(key)).mode & 0o777).toBe(0o600);
    expect(await readFile(key)).toHaveLength(32);
  });
});
