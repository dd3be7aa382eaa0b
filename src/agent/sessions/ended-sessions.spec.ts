import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recordedJournal } from '../../../test/support/recorded-journal';
import { removeFolder } from '../../../test/support/remove-folder';
import type { EndedSession } from './agent-session';
import { ENDED_KEPT, EndedSessions } from './ended-sessions';

const ended = (deviceId: string, reason: string): EndedSession => ({
  remoteSessionId: randomUUID(),
  deviceId,
  applicationId: 'web',
  userName: 'Tina',
  reason,
  grant: 'operate',
  ending: 'ended-by-terminal',
  detail: '',
  connectedAt: null,
  endedAt: '2030-01-01T00:00:00.000Z',
});

describe('EndedSessions', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = join(await mkdtemp(join(tmpdir(), 'platen-ended-')), 'state');
    file = join(folder, 'ended-sessions.jsonl');
  });
  afterEach(() => removeFolder(join(folder, '..')));

  async function opened(): Promise<EndedSessions> {
    const sessions = new EndedSessions(folder, recordedJournal().journal);
    await sessions.load();
    return sessions;
  }

  it('keeps them across a restart, newest first, in a private file', async () => {
    const first = await opened();
    for (const reason of ['1', '2', '3']) first.add(ended('mfp-1', reason));
    await first.close();
    expect((await opened()).latest(2).map(({ reason }) => reason)).toEqual(['3', '2']);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('keeps the last ones of each device', async () => {
    const sessions = await opened();
    sessions.add(ended('mfp-2', 'rare'));
    for (let i = 1; i <= 30; i++) sessions.add(ended('mfp-1', String(i)));
    await sessions.close();
    const all = (await opened()).latest(100);
    expect(all).toHaveLength(ENDED_KEPT + 1);
    expect(all[0]?.reason).toBe('30');
    expect(all.at(-1)?.reason).toBe('rare');
  });

  it('limits the size of the file', async () => {
    const sessions = await opened();
    for (let i = 1; i <= 1000; i++) sessions.add(ended('mfp-1', String(i)));
    await sessions.close();
    const lines = (await readFile(file, 'utf8')).trim().split('\n');
    expect(lines.length).toBeLessThan(300);
    expect(lines.at(-1)).toContain('"reason":"1000"');
  });

  it('skips lines that cannot be read', async () => {
    const first = await opened();
    first.add(ended('mfp-1', 'good'));
    await first.close();
    await writeFile(file, `{"half a line\n[]\n${await readFile(file, 'utf8')}`);
    expect((await opened()).latest(10).map(({ reason }) => reason)).toEqual(['good']);
  });

  it('keeps them in memory and logs an error if they cannot be written', async () => {
    const recorded = recordedJournal();
    const sessions = new EndedSessions(folder, recorded.journal);
    await sessions.load();
    await removeFolder(folder);
    sessions.add(ended('mfp-1', 'kept in mind'));
    await sessions.close();
    expect(recorded.messages()).toEqual(['an ended session could not be stored']);
    expect(sessions.latest(1)[0]?.reason).toBe('kept in mind');
  });
});
