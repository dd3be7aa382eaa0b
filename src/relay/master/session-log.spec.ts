import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Database } from 'sqlite3';
import { removeFolder } from '../../../test/support/remove-folder';
import { toInstant } from '../../protocol/names';
import type { HalfLog } from '../../protocol/relay-rpc';
import { secretHash } from '../../tunnel/sha256';
import { SessionIds } from './session-ids';
import { SessionLog, type StoredLink } from './session-log';

const DAY_MS = 24 * 60 * 60_000;

describe('SessionLog and SessionIds', () => {
  let folder: string;
  let file: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'platen-relay-'));
    file = join(folder, 'log.sqlite');
  });
  afterEach(() => removeFolder(folder));

  const link = (changes: Partial<StoredLink> = {}): StoredLink => ({
    linkId: randomUUID(),
    remoteSessionId: randomUUID(),
    connectBefore: toInstant(Date.now()),
    sessionIdHashes: { device: secretHash('d'), terminal: secretHash('t') },
    ...changes,
  });
  const log = (linkId: string, half: HalfLog['half'], kind: 'start' | 'end'): HalfLog => ({
    id: randomUUID(),
    linkId,
    half,
    at: toInstant(Date.now()),
    tokenHash: kind === 'start' ? secretHash('token') : null,
    event:
      kind === 'start'
        ? { kind, peerAddress: '192.0.2.1' }
        : { kind, reason: 'requested', bytesReceived: 1, bytesSent: 2 },
  });
  const instance = randomUUID();
  const opened = async <T>(use: (sessionLog: SessionLog) => Promise<T>): Promise<T> => {
    const sessionLog = await SessionLog.open(file, instance);
    try {
      return await use(sessionLog);
    } finally {
      await sessionLog.close();
    }
  };

  it('returns unacknowledged logs in order after a restart', async () => {
    const { linkId, ...rest } = link();
    const logs = [log(linkId, 'device', 'start'), log(linkId, 'terminal', 'start'), log(linkId, 'device', 'end')];
    await opened(async (sessionLog) => {
      await sessionLog.addLink({ linkId, ...rest });
      for (const each of logs) await sessionLog.write(each);
      await sessionLog.acknowledge(logs[1]!.id);
    });
    expect(await opened((sessionLog) => sessionLog.unacknowledged())).toEqual([
      { linkId, instance, log: logs[0] },
      { linkId, instance, log: logs[2] },
    ]);
  });

  it('finds halves without end log, with the token hash of their start log', async () => {
    const [one, two] = [link(), link()];
    await opened(async (sessionLog) => {
      for (const each of [one, two]) await sessionLog.addLink(each);
      await sessionLog.write(log(one.linkId, 'device', 'start'));
      await sessionLog.write(log(two.linkId, 'device', 'end'));
      expect(await sessionLog.openHalves()).toEqual([
        { linkId: one.linkId, instance, half: 'device', tokenHash: secretHash('token') },
        { linkId: one.linkId, instance, half: 'terminal', tokenHash: null },
        { linkId: two.linkId, instance, half: 'terminal', tokenHash: null },
      ]);
    });
  });

  it.each(['start', 'end'] as const)(
    'stores the first %s log of a half only, which may be written again',
    async (kind) => {
      const stored = link();
      const [first, second] = [log(stored.linkId, 'device', kind), log(stored.linkId, 'device', kind)];
      await opened(async (sessionLog) => {
        await sessionLog.addLink(stored);
        expect(await sessionLog.write(first)).toBe(true);
        expect(await sessionLog.write(second)).toBe(false);
        expect(await sessionLog.write(first)).toBe(true);
        expect((await sessionLog.unacknowledged()).map((each) => each.log)).toEqual([first]);
      });
    },
  );

  it('deletes old links only after all their logs are acknowledged', async () => {
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
      expect((await sessionLog.unacknowledged()).map((each) => each.log)).toEqual(kept);
      expect((await sessionLog.openHalves()).map(({ linkId }) => linkId)).toEqual([open.linkId, open.linkId]);
      await sessionLog.addLink(done); // its row was deleted, so it can be added again
      await expect(sessionLog.addLink(recent)).rejects.toThrow('UNIQUE');
    });
  });

  it('is shared by two relays and knows the owner of each half and log', async () => {
    const other = await SessionLog.open(file, randomUUID());
    await opened(async (sessionLog) => {
      const [own, others] = [link(), link()];
      await Promise.all([sessionLog.addLink(own), other.addLink(others)]);
      const ended = log(others.linkId, 'device', 'end');
      await Promise.all([other.write(ended), sessionLog.write(log(own.linkId, 'device', 'start'))]);
      const open = await sessionLog.openHalves();
      const of = (linkId: string) => open.filter((each) => each.linkId === linkId);
      expect(of(own.linkId).map(({ half }) => half)).toEqual(['device', 'terminal']);
      expect(of(others.linkId).map(({ half }) => half)).toEqual(['terminal']);
      expect(of(own.linkId)[0]!.instance).toBe(instance);
      const unacknowledged = await sessionLog.unacknowledged();
      expect(unacknowledged.find((each) => each.log.id === ended.id)!.instance).toBe(of(others.linkId)[0]!.instance);
    });
    await other.close();
  });

  it('migrates a file from before relays could share it', async () => {
    const { linkId, ...rest } = link();
    await new Promise<void>((resolve, reject) => {
      const earlier = new Database(file);
      earlier.exec(
        `CREATE TABLE link (
           link_id TEXT PRIMARY KEY, remote_session_id TEXT NOT NULL, connect_before TEXT NOT NULL,
           device_session_hash TEXT NOT NULL, terminal_session_hash TEXT NOT NULL
         ) STRICT;
         INSERT INTO link VALUES ('${linkId}', '${rest.remoteSessionId}', '${rest.connectBefore}', 'd', 't');`,
      );
      earlier.close((error) => (error ? reject(error) : resolve()));
    });
    for (const _again of [1, 2])
      await opened(async (sessionLog) => {
        expect((await sessionLog.openHalves()).map((half) => [half.linkId, half.instance])).toEqual([
          [linkId, ''],
          [linkId, ''],
        ]);
      });
  });

  it('stores a private key and creates a new session ID each time', async () => {
    const [first, again] = [await SessionIds.load(folder), await SessionIds.load(folder)];
    const ids = [first.next(), first.next(), again.next()];
    expect(new Set(ids).size).toBe(3);
    for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9_-]{43}$/);
    const key = join(folder, 'session-id.key');
    expect((await stat(key)).mode & 0o777).toBe(0o600);
    expect(await readFile(key)).toHaveLength(32);
  });
});
