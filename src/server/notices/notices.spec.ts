import { randomUUID } from 'node:crypto';
import { NoticesStage, halted } from '../../../test/support/server/notices-stage';

describe('notices', () => {
  let stage: NoticesStage;
  let tom: string;
  let ada: string;
  beforeAll(async () => {
    stage = await NoticesStage.start();
    ada = await stage.user('ada', { role: 'admin' });
    tom = await stage.user('tom');
  });
  afterAll(() => stage?.stop());

  it('are shown at the next login, newest first, until they are read', async () => {
    const first = await stage.halt(tom);
    await stage.write(`UPDATE notices SET at = at - 1 WHERE "remoteSessionId" = '${first}'`);
    const second = await stage.halt(tom, { deviceName: 'Lobby' });
    const browser = await stage.loggedIn('tom');
    const { body } = await browser.get('/api/notices?unread=yes').expect(200);
    expect(body).toMatchObject({
      rows: [
        { remoteSessionId: second, deviceName: 'Lobby' },
        { remoteSessionId: first, kind: 'session-halted', userName: 'Tom Technician', readAt: null, mail: 'none' },
      ],
      next: null,
    });
    const read = await browser.post(`/api/notices/${body.rows[0].id}/reading`).expect(200);
    expect(read.body.readAt).toEqual(expect.any(String));
    const again = await browser.post(`/api/notices/${body.rows[0].id}/reading`).expect(200);
    expect(again.body.readAt).toBe(read.body.readAt);
    expect((await browser.get('/api/notices?unread=yes')).body.rows).toMatchObject([{ remoteSessionId: first }]);
    expect((await browser.get('/api/notices?unread=no')).body.rows).toHaveLength(2);
    await browser.post('/api/notices/reading').expect(204);
    expect((await browser.get('/api/notices?unread=yes')).body.rows).toEqual([]);
  });

  it('are listed in pages, also if several have the same time', async () => {
    const pat = await stage.user('pat');
    const sent = [];
    for (let n = 0; n < 5; n += 1) sent.push(await stage.halt(pat));
    await stage.write(`UPDATE notices SET at = ${Date.now() - 1_000} WHERE "recipientId" = '${pat}'`);
    const browser = await stage.loggedIn('pat');
    const seen: string[] = [];
    let cursor = '';
    for (let pages = 0; pages < 3; pages += 1) {
      const { body } = await browser.get(`/api/notices?limit=2${cursor}`).expect(200);
      seen.push(...body.rows.map((row: { remoteSessionId: string }) => row.remoteSessionId));
      cursor = `&cursor=${body.next}`;
    }
    expect(cursor).toBe('&cursor=null');
    expect(seen.sort()).toEqual(sent.sort());
  });

  it('are visible to their recipient only: in lists, to mark as read, as a cursor, also to an administrator', async () => {
    await stage.halt(tom);
    const [own] = await stage.of(tom);
    const other = await stage.loggedIn('ada');
    expect((await other.get('/api/notices')).body.rows).toEqual([]);
    const refused = await other.post(`/api/notices/${own!.id}/reading`).expect(404);
    expect(refused.body.code).toBe('unknown-notice');
    const older = `cursor=${Date.now() + 1_000}.${own!.id}`;
    expect((await other.get(`/api/notices?${older}`)).body).toEqual({ rows: [], next: null });
    expect((await other.get(`/api/notices?cursor=${own!.id}`).expect(400)).body.code).toBe('invalid-request');
    await other.post('/api/notices/reading').expect(204);
    expect((await stage.of(tom))[0]).toMatchObject({ id: own!.id, readAt: null });
    await other.post(`/api/notices/${randomUUID()}/reading`).expect(404);
  });

  it('are created once for each session, also by concurrent calls', async () => {
    const sue = await stage.user('sue');
    await stage.change(sue, { administratorId: ada });
    const events: string[] = [];
    stage.events.on('changed', ({ recipientId, kind }) => events.push(`${recipientId} ${kind}`));
    const remoteSessionId = randomUUID();
    const facts = { ...halted, userId: sue, remoteSessionId };
    await Promise.all([
      stage.notices.notifyOfHalt(facts),
      stage.notices.notifyOfHalt(facts),
      stage.notices.notifyOfHalt(facts),
    ]);
    await stage.notices.notifyOfHalt(facts);
    expect(await stage.of(sue)).toHaveLength(1);
    expect((await stage.of(ada)).filter((each) => each.remoteSessionId === remoteSessionId)).toHaveLength(1);
    expect(events.sort()).toEqual([`${sue} session-halted`, `${ada} session-of-user-halted`].sort());
  });

  it('about a refused agent are created once until they are read, also by concurrent calls', async () => {
    const recipients: string[] = [];
    stage.events.on('changed', ({ recipientId, agentId }) => agentId === 'copied' && recipients.push(recipientId));
    const notify = () => stage.notices.notifyOfRefusedAgent('copied');
    expect((await Promise.all([notify(), notify(), notify()])).filter(Boolean)).toHaveLength(1);
    expect(await notify()).toBe(false);
    expect(recipients).toContain(ada);
    expect(new Set(recipients).size).toBe(recipients.length);
  });

  it('are limited in length', async () => {
    const max = await stage.user('max');
    await stage.halt(max, { deviceName: 'd'.repeat(5_000), userName: '漢'.repeat(5_000) });
    expect(await stage.of(max)).toMatchObject([{ deviceName: 'd'.repeat(100), userName: '漢'.repeat(100) }]);
  });

  it('are published when they are created and when they are read', async () => {
    const lea = await stage.user('lea');
    const seen: [string, boolean][] = [];
    stage.events.on('changed', ({ recipientId, readAt }) => {
      if (recipientId === lea) seen.push([recipientId, readAt !== null]);
    });
    await stage.halt(lea);
    const browser = await stage.loggedIn('lea');
    await browser.post('/api/notices/reading').expect(204);
    expect(seen).toEqual([
      [lea, false],
      [lea, true],
    ]);
  });
});

describe("a user's administrator", () => {
  type How = 'logged out' | 'logged in' | 'login run out' | 'token used' | 'token used long ago' | 'token expired';
  const MINUTE = 60_000;

  describe.each<['never' | 'when-logged-out' | 'always', Partial<Record<How, boolean>>]>([
    ['never', { 'logged out': false, 'logged in': false }],
    [
      'when-logged-out',
      {
        'logged out': true,
        'logged in': false,
        'login run out': true,
        'token used': false,
        'token used long ago': true,
        'token expired': true,
      },
    ],
    ['always', { 'logged out': true, 'logged in': true }],
  ])('with PLATEN_NOTIFY_ADMINISTRATOR=%s', (setting, table) => {
    let stage: NoticesStage;
    let ada: string;
    beforeAll(async () => {
      stage = await NoticesStage.start({ PLATEN_NOTIFY_ADMINISTRATOR: setting });
      ada = await stage.user('ada', { role: 'admin' });
    });
    afterAll(() => stage?.stop());

    const prepare: Record<How, (name: string, id: string) => Promise<unknown>> = {
      'logged out': async (name) => (await stage.loggedIn(name)).post('/api/auth/logout').expect(204),
      'logged in': (name) => stage.loggedIn(name),
      'login run out': async (name, id) => {
        await stage.loggedIn(name);
        await stage.write(`UPDATE cookie_sessions SET "expiresAt" = ${Date.now() - 1} WHERE "userId" = '${id}'`);
      },
      'token used': (name) => useToken(name),
      'token used long ago': async (name, id) => {
        await useToken(name);
        await stage.write(
          `UPDATE api_tokens SET "lastUsedAt" = ${Date.now() - 15 * MINUTE - 1} WHERE "userId" = '${id}'`,
        );
      },
      'token expired': async (name, id) => {
        await useToken(name);
        await stage.write(`UPDATE api_tokens SET "expiresAt" = ${Date.now() - 1} WHERE "userId" = '${id}'`);
      },
    };
    /** Like `platen login` and the commands after it. */
    async function useToken(name: string): Promise<void> {
      const browser = await stage.loggedIn(name);
      const { body } = await browser.post('/api/tokens').send({ name: 'x', expiresInDays: 30 }).expect(201);
      await browser.post('/api/auth/logout').expect(204);
      await browser.get('/api/auth/me').set('Authorization', `Bearer ${body.token}`).expect(200);
    }

    it.each(Object.entries(table) as [How, boolean][])('notifies for a user who is %s: %s', async (how, isNotified) => {
      const name = how.replaceAll(' ', '-');
      const user = await stage.user(name);
      await stage.change(user, { administratorId: ada });
      await prepare[how](name, user);
      const remoteSessionId = await stage.halt(user, { userName: name });
      expect(await stage.of(user)).toMatchObject([{ kind: 'session-halted', remoteSessionId }]);
      const notified = (await stage.of(ada)).filter((each) => each.remoteSessionId === remoteSessionId);
      expect(notified.map(({ kind, userName }) => [kind, userName])).toEqual(
        isNotified ? [['session-of-user-halted', name]] : [],
      );
    });

    it('is determined once for each session, also if the user has logged out since', async () => {
      const user = await stage.user('later');
      await stage.change(user, { administratorId: ada });
      const browser = await stage.loggedIn('later');
      const remoteSessionId = await stage.halt(user);
      const before = (await stage.of(ada)).length;
      await browser.post('/api/auth/logout').expect(204);
      await stage.halt(user, { remoteSessionId });
      expect(await stage.of(ada)).toHaveLength(before);
    });

    it('is not notified if none is assigned, or the assigned one is no longer an administrator', async () => {
      const former = await stage.user('former', { role: 'admin' });
      const user = await stage.user('alone');
      await stage.halt(user);
      await stage.change(user, { administratorId: former });
      await stage.change(former, { role: 'technician' });
      await stage.halt(user);
      expect(await stage.of(former)).toEqual([]);
      expect(await stage.of(user)).toHaveLength(2);
    });
  });
});
