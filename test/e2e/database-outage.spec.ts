import { isTrouble, type LogLine } from '../../src/demo/programs';
import { SAMPLE_USERS } from '../../src/demo/stage';
import { databaseAt } from '../support/server/new-database';
import { PostgresServer } from '../support/server/postgres';
import { TestStage } from '../support/stage/test-stage';
import { until } from '../support/until';

describe('while PostgreSQL is away', () => {
  let postgres: PostgresServer;
  let stage: TestStage;
  beforeAll(async () => {
    postgres = await PostgresServer.start();
    stage = await TestStage.set({ env: { PLATEN_DATABASE_URL: await databaseAt(postgres.url) } });
  });
  afterAll(async () => {
    await stage?.strike();
    await postgres?.remove();
  });

  const call = (path: string, body?: unknown): Promise<Response> =>
    fetch(`${stage.stage.serverUrl}${path}`, {
      method: body ? 'POST' : 'GET',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const databaseIs = (status: 'up' | 'down') =>
    until(`the database to be ${status}`, async () => {
      const { details } = (await (await call('/readyz')).json()) as { details: Record<string, { status: string }> };
      return details.database?.status === status;
    });

  const outages: [how: string, begin: () => unknown, end: () => unknown][] = [
    ['after a crash', () => postgres.stop('SIGQUIT'), () => postgres.start()],
    ['as long as it answers nothing', () => postgres.pause(), () => postgres.resume()],
  ];
  it.each(outages)('%s, sessions end, and are recorded when it is back', async (_how, begin, end) => {
    const { connect, id, url } = await stage.connect('demo-mfp');
    expect((await fetch(url)).status).toBe(200);
    const since = stage.lines.length;
    const logged = (): LogLine[] => stage.lines.slice(since);
    await begin();
    try {
      connect.child.kill('SIGINT');
      await until('the relay to repeat an end log', () =>
        logged().find(({ msg }) => msg === 'a log was not acknowledged and is reported until it is'),
      );
      await databaseIs('down');
      const { username, password } = SAMPLE_USERS.admin;
      const refused = await call('/api/auth/login', { username, password });
      expect([refused.status, await refused.json()]).toMatchObject([503, { code: 'database-unavailable' }]);
    } finally {
      await end();
    }
    expect(await stage.ended(id)).toMatchObject({
      ending: 'ended-by-terminal',
      bytesEstimated: false,
      device: { startedAt: expect.any(String), endedAt: expect.any(String), endReason: 'requested' },
      terminal: { startedAt: expect.any(String), endedAt: expect.any(String), endReason: 'requested' },
    });
    await databaseIs('up');
    await stage.works();
    const byServer = logged().filter((line) => line.program === 'server');
    // not for each statement that fails; one that was sent before may still fail when another one has succeeded
    const changes = byServer.map(({ msg }) => msg).filter((msg) => msg.startsWith('the database is '));
    expect(changes[0]).toBe('the database is not available');
    expect(changes.filter((msg, index) => msg === changes[index - 1])).toEqual([]);
    const ofServer = byServer.filter(isTrouble);
    expect(ofServer.filter(({ msg }) => msg.startsWith('failed while') || msg.startsWith('unexpected'))).toEqual([]);
    expect(JSON.stringify(logged())).not.toContain('[secret]');
  });
});
