import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { SAMPLE_USERS } from '../../src/demo/stage';
import type { Ending } from '../../src/protocol/remote-session';
import { smallFilesystem, type SmallFilesystem } from '../support/small-filesystem';
import { TestStage } from '../support/stage/test-stage';
import { until } from '../support/until';

/** Enough for the data of a server and its relay, and for the reserve. */
const DISK_KIB = 48 * 1024;

describe('on a full disk', () => {
  let disk: SmallFilesystem | undefined;
  let stage: TestStage;
  let cookie = '';
  let customers = 0;
  beforeAll(async () => {
    disk = await smallFilesystem(DISK_KIB);
    if (!disk) return;
    stage = await TestStage.set({ disk, moreDevices: ['demo-a', 'demo-b', 'demo-c'] });
    await logIn();
  });
  afterAll(async () => {
    await stage?.strike();
    await disk?.remove();
  });

  const call = (method: string, path: string, body?: unknown): Promise<Response> =>
    fetch(`${stage.stage.serverUrl}${path}`, {
      method,
      headers: { 'content-type': 'application/json', cookie },
      body: JSON.stringify(body),
    });
  const logIn = async () => {
    const { username, password } = SAMPLE_USERS.admin;
    const login = await call('POST', '/api/auth/login', { username, password });
    expect(login.status).toBe(200);
    cookie = login.headers.getSetCookie().at(-1)!.split(';')[0]!;
  };
  const store = () => call('POST', '/api/customers', { name: `Customer ${(customers += 1)}` });

  /** Without it, the files of the databases have room for a while. */
  const truncateJournals = async () => {
    const script = `
      const { Database } = require(process.argv[1]);
      for (const file of process.argv.slice(2)) new Database(file).run('PRAGMA wal_checkpoint(TRUNCATE)').close();`;
    const files = ['platen.sqlite', 'relay/session-log.sqlite'].map((file) => join(disk!.mountedAt, file));
    const [nsenter, ...args] = [...disk!.command, process.execPath, '-e', script, require.resolve('sqlite3'), ...files];
    await promisify(execFile)(nsenter!, args);
  };

  type Connected = Awaited<ReturnType<TestStage['connect']>>;
  const ENDS: Record<string, [ending: Ending, end: (session: Connected) => unknown]> = {
    'demo-mfp': ['lost-terminal', ({ connect }) => connect.child.kill('SIGKILL')],
    'demo-a': ['ended-by-terminal', ({ connect }) => connect.child.kill('SIGINT')],
    'demo-b': ['ended-by-device', ({ id }) => stage.press(`/sessions/${id}/end`, {})],
    'demo-c': [
      'ended-by-administrator',
      async ({ id }) => {
        await logIn();
        expect((await call('POST', `/api/sessions/${id}/termination`)).status).toBe(200);
      },
    ],
  };

  it('sessions end and are recorded, nothing new is stored, and all works again when there is space', async () => {
    if (!disk) return;
    const sessions: [Connected, (typeof ENDS)[string]][] = [];
    for (const [device, how] of Object.entries(ENDS)) sessions.push([await stage.connect(device), how]);
    for (const [{ url }] of sessions) expect((await fetch(url)).status).toBe(200);
    await truncateJournals();
    const since = stage.lines.length;
    const free = disk.fill();
    try {
      for (const [session, [ending, end]] of sessions) {
        await end(session);
        const recorded = await stage.ended(session.id);
        expect(recorded).toMatchObject({ ending, bytesEstimated: false });
        for (const half of ['device', 'terminal'] as const)
          expect(recorded[half]).toMatchObject({ startedAt: expect.any(String), endedAt: expect.any(String) });
      }
      for (const refused of [await store(), await store()])
        expect([refused.status, await refused.json()]).toMatchObject([507, { code: 'storage-full' }]);
      expect(await (await call('GET', '/readyz')).json()).toMatchObject({ error: { storage: { status: 'down' } } });
    } finally {
      free();
    }
    await until('the server to be ready', async () => (await call('GET', '/readyz')).ok, undefined, 500);
    expect((await store()).status).toBe(201);
    await stage.works();
    const errors = stage.lines.slice(since).filter(({ level }) => level === 'error');
    const stored = 'an end log could not be stored yet'; // at most once for each half
    expect(errors.filter(({ msg }) => msg !== stored)).toMatchObject([
      { msg: 'the database has no space left (SQLITE_FULL); free some' },
    ]);
    expect(errors.length).toBeLessThanOrEqual(1 + 2 * sessions.length);
  });
});
