import WebSocket from 'ws';
import { ControlPlane, PASSWORD, type Answer } from '../../../test/support/server/control-plane';
import { setLimit } from '../../../test/support/relay/test-relay';
import { until } from '../../../test/support/until';
import { LIVE_CLOSES } from '../../protocol/live';
import { SessionsRepository } from '../sessions/sessions.repository';
import { JobsRepository } from './jobs.repository';

/** A user or an external client of one test. */
interface Requester {
  readonly id: string;
  readonly post: (path: string, body?: object) => Promise<Answer>;
}
/** With a token and a login in a browser. */
interface Someone extends Requester {
  readonly tokenId: string;
  readonly cookie: string;
}
/** A way in which access ends, and what the log of a session then says. */
type Way = [name: string, detail: string, jobs: boolean, end: () => Promise<unknown>];

describe('access that ends', () => {
  let plane: ControlPlane;
  let someone: Someone;
  let requester: Requester;
  let count = 0;
  beforeAll(async () => {
    setLimit('LIVE_LOGIN_CHECK_MS', 3_600_000); // so that only the end of access closes a live channel
    plane = await ControlPlane.start();
  });
  afterAll(async () => {
    await plane?.stop();
    jest.restoreAllMocks();
  });
  beforeEach(async () => (requester = someone = await newUser()));
  afterEach(async () => {
    if (plane.agent.wire.isClosed) await plane.connectAgent();
    for (const command of plane.agent.commands) if (!command.isAnswered) command.refuse('bad-sessionid');
    await plane.clear();
  });

  async function newUser(): Promise<Someone> {
    const username = `user-${++count}`;
    const user = { username, displayName: username, role: 'admin', password: PASSWORD };
    const { body } = await plane.call('ada', 'POST', '/users', user);
    const login = await send('/auth/login', { username, password: PASSWORD }, {});
    const cookie = login.response.headers.getSetCookie().at(-1)!.split(';')[0]!;
    const { answer } = await send('/tokens', { name: 'test' }, { cookie });
    const tokenId = /^plt_(.{36})_/.exec(String(answer.token))![1]!;
    return { id: String(body.id), tokenId, cookie, post: postWith(answer.token) };
  }
  async function newClient(): Promise<Requester> {
    const wanted = { name: `client ${++count}`, scopes: ['jobs:write', 'sessions:write'] };
    const { id, secret } = (await plane.call('ada', 'POST', '/clients', wanted)).body;
    const answer = await fetch(`${plane.url}/oauth/token`, {
      method: 'POST',
      headers: { 'x-forwarded-for': `192.0.2.${count}` },
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: String(id),
        client_secret: String(secret),
      }),
    });
    const { access_token: token } = (await answer.json()) as Record<string, unknown>;
    return { id: String(id), post: postWith(token) };
  }
  const postWith =
    (token: unknown) =>
    async (path: string, json: object = {}) => {
      const { response, answer } = await send(path, json, { authorization: `Bearer ${String(token)}` });
      return { status: response.status, body: answer };
    };
  async function send(path: string, json: object, headers: Record<string, string>) {
    const response = await fetch(`${plane.url}/api${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': `192.0.2.${count}`, ...headers },
      body: JSON.stringify(json),
    });
    return { response, answer: (await response.json().catch(() => ({}))) as Record<string, unknown> };
  }
  const wantedSession = { deviceId: 'printer', applicationId: 'web', reason: 'paper jam', minutes: 30 };
  const request = async () => {
    const { body } = await requester.post('/sessions', wantedSession);
    const id = String(body.id);
    await plane.agent.awaitRequest('request-approval', id);
    return id;
  };
  const established = async () => {
    const id = await request();
    await plane.decide(id, 'approved');
    await plane.agent.awaitRequest('connection-info', id);
    const link = await plane.presentedLink(id);
    for (const half of ['device', 'terminal'] as const) await plane.relay.start(link, half);
    await plane.reaches(id, 'established');
    return { id, link };
  };
  const heldJob = async () => {
    const { body } = await requester.post('/devices/printer/jobs', { operation: 'restart', waitMinutes: 60 });
    const id = String(body.id);
    (await plane.agent.commanded(id, 'execute')).answer({ hold: 'stopped' });
    await plane.agent.commanded(id, 'next');
    return id;
  };
  const stateOf = async (id: string) => (await plane.call('ada', 'GET', `/jobs/${id}`)).body.state;

  const waysOfUsers: Way[] = [
    [
      'a user is deactivated',
      'the user was deactivated',
      true,
      () => plane.call('ada', 'PATCH', `/users/${someone.id}`, { active: false }),
    ],
    [
      'a user gets a new password',
      'the password of the user was changed',
      false,
      () => plane.call('ada', 'PATCH', `/users/${someone.id}`, { password: `${PASSWORD} 2` }),
    ],
    [
      'an API token is revoked',
      'the API token was revoked',
      true,
      () =>
        fetch(`${plane.url}/api/tokens/${someone.tokenId}`, {
          method: 'DELETE',
          headers: { cookie: someone.cookie, origin: plane.url },
        }),
    ],
    [
      'a user becomes a technician without customers',
      'the user may no longer access the device',
      true,
      () => plane.call('ada', 'PATCH', `/users/${someone.id}`, { role: 'technician' }),
    ],
  ];
  const change = (settings: object) => plane.call('ada', 'PATCH', `/clients/${requester.id}`, settings);
  const NO_LONGER = 'the external client may no longer access the device';
  const waysOfClients: Way[] = [
    [
      'a client is revoked',
      'the external client was revoked',
      true,
      () => plane.call('ada', 'POST', `/clients/${requester.id}/revocation`),
    ],
    [
      'a client expires',
      'the external client has expired',
      true,
      () => change({ expiresAt: new Date(Date.now() + 200).toISOString() }),
    ],
    [
      'a client gets an end that has passed',
      'the external client has expired',
      true,
      () => change({ expiresAt: new Date(Date.now() - 60_000).toISOString() }),
    ],
    [
      'the secret of a client is replaced without an overlap',
      'the secret of the external client was replaced',
      true,
      () => plane.call('ada', 'POST', `/clients/${requester.id}/secret`, { overlapMinutes: 0 }),
    ],
    ['a client is deactivated', 'the external client was deactivated', true, () => change({ active: false })],
    ['a client loses its scopes', NO_LONGER, true, () => change({ scopes: ['devices:read'] })],
    ['a client is limited to other devices', NO_LONGER, true, () => change({ limits: { devices: ['copier'] } })],
    ['a client is limited to other sites', NO_LONGER, true, () => change({ limits: { sites: [] } })],
    [
      'a client is limited to other applications and operations',
      NO_LONGER,
      true,
      () => change({ limits: { applications: [], operations: ['counters'] } }),
    ],
  ];
  const requesters = [
    ['user', () => Promise.resolve(someone), waysOfUsers],
    ['external client', newClient, waysOfClients],
  ] as const;

  describe.each(requesters)('of a %s', (kind, make, ways) => {
    beforeEach(async () => (requester = await make()));

    it.each(ways)('%s: the request for approval is withdrawn', async (_name, detail, _jobs, end) => {
      const id = await request();
      await end();
      expect(await plane.reaches(id, 'ended')).toMatchObject({ ending: 'revoked', detail });
      expect(await plane.agent.awaitRequest('withdraw-approval', id)).toMatchObject({ ending: 'revoked' });
    });

    it.each(ways)('%s: an open session ends in order, with its reason', async (_name, detail, _jobs, end) => {
      const { id, link } = await established();
      await end();
      expect(await plane.agent.awaitRequest('terminate', id)).toMatchObject({ ending: 'revoked' });
      for (const half of ['terminal', 'device'] as const) await plane.relay.end(link, half, 'control-plane');
      expect(await plane.reaches(id, 'ended')).toMatchObject({ ending: 'revoked', detail });
    });

    it.each(ways)('%s: what happens to a job on hold', async (_name, _detail, jobs, end) => {
      const id = await heldJob();
      await end();
      if (!jobs) {
        await plane.agent.settled();
        expect(await stateOf(id)).toBe('held');
        await plane.call('ada', 'PATCH', `/users/${someone.id}`, { active: false }); // withdraws it
      }
      (await plane.agent.commanded(id, 'cancel')).answer({ status: 'canceled' });
      await until('the job to be cancelled', async () => (await stateOf(id)) === 'cancelled');
    });

    // after the route has admitted the request, before there is a row that the event could find
    it.each(ways)('%s during the request of a session: it ends', async (_name, _detail, _jobs, end) => {
      // eslint-disable-next-line @typescript-eslint/unbound-method -- called with `this` below
      const { insert } = SessionsRepository.prototype;
      jest.spyOn(SessionsRepository.prototype, 'insert').mockImplementationOnce(async function (
        this: SessionsRepository,
        session,
      ) {
        await end();
        return insert.call(this, session);
      });
      const { body } = await requester.post('/sessions', wantedSession);
      expect(await plane.reaches(String(body.id), 'ended')).toMatchObject({ ending: 'revoked' });
    });

    const withJobs = ways.filter(([, , jobs]) => jobs);
    it.each(withJobs)('%s during the request of a job: it is withdrawn', async (_name, _detail, _jobs, end) => {
      // eslint-disable-next-line @typescript-eslint/unbound-method -- called with `this` below
      const { insert } = JobsRepository.prototype;
      jest.spyOn(JobsRepository.prototype, 'insert').mockImplementationOnce(async function (this: JobsRepository, job) {
        await end();
        return insert.call(this, job);
      });
      const { body } = await requester.post('/devices/printer/jobs', { operation: 'restart', waitMinutes: 60 });
      await until('the job to be cancelled', async () => {
        for (const command of plane.agent.commands)
          if (command.jobId === body.id && !command.isAnswered)
            command.answer(command.action === 'cancel' ? { status: 'canceled' } : { hold: 'stopped' });
        return (await stateOf(String(body.id))) === 'cancelled';
      });
    });

    it('ended while the server was being stopped: the session and the job end when it is back', async () => {
      const [id, jobId] = [await request(), await heldJob()];
      await plane.halt();
      const [table, change] = kind === 'user' ? ['users', `"active" = false`] : ['external_clients', `"revokedAt" = 1`];
      await plane.write(`UPDATE ${table} SET ${change} WHERE id = '${requester.id}'`);
      await plane.boot();
      const agent = await plane.connectAgent();
      await plane.connectRelay();
      expect(await plane.reaches(id, 'ended')).toMatchObject({ ending: 'revoked' });
      (await agent.commanded(jobId, 'cancel')).answer({ status: 'canceled' });
      await until('the job to be cancelled', async () => (await stateOf(jobId)) === 'cancelled');
    });
  });

  it('what a client has open continues while its limits permit it, and after a rotation with an overlap', async () => {
    requester = await newClient();
    const [id, jobId] = [await request(), await heldJob()];
    await change({
      limits: { devices: ['printer'], applications: ['web'], operations: ['restart'] },
      requestsPerMinute: 9,
    });
    await plane.call('ada', 'POST', `/clients/${requester.id}/secret`, { overlapMinutes: 5 });
    await plane.agent.settled();
    expect(await plane.session(id)).toMatchObject({ state: 'requested' });
    expect(await stateOf(jobId)).toBe('held');
    await plane.call('ada', 'POST', `/clients/${requester.id}/revocation`);
    (await plane.agent.commanded(jobId, 'cancel')).answer({ status: 'canceled' });
  });

  it('a job of a deactivated user is withdrawn from an agent that was offline', async () => {
    const id = await heldJob();
    await plane.agent.leave();
    await until(
      'the agent to be offline',
      async () => !(await plane.call('ada', 'GET', '/devices/printer')).body.online,
    );
    await plane.call('ada', 'PATCH', `/users/${someone.id}`, { active: false });
    const agent = await plane.connectAgent();
    (await agent.commanded(id, 'cancel')).answer({ status: 'canceled' });
    await until('the job to be cancelled', async () => (await stateOf(id)) === 'cancelled');
  });

  it('a job that has started continues', async () => {
    const id = await heldJob();
    await plane.call('ada', 'PATCH', `/users/${someone.id}`, { active: false });
    (await plane.agent.commanded(id, 'cancel')).refuse('not-allowed');
    await until('the job to be executing', async () => {
      const next = plane.agent.commands.findLast(
        (each) => each.jobId === id && each.action === 'next' && !each.isAnswered,
      );
      next?.answer({ percent: 10, activity: 'restarting' });
      return (await stateOf(id)) === 'executing';
    });
  });

  it('a job on hold is withdrawn when the agent is moved to another site', async () => {
    const id = await heldJob();
    const elsewhere = await plane.addSite(await plane.addCustomer('Another customer'), 'Yard');
    const move = (siteId: string) => plane.call('ada', 'PATCH', '/agents/box', { siteId });
    await move(elsewhere);
    (await plane.agent.commanded(id, 'cancel')).answer({ status: 'canceled' });
    await until('the job to be cancelled', async () => (await stateOf(id)) === 'cancelled');
    await move(plane.siteId);
  });

  it('a technician whose customer is taken away loses the sessions and jobs at its devices, and no others', async () => {
    const users = (await plane.call('ada', 'GET', '/users')).body.rows as { id: string; username: string }[];
    const tom = users.find(({ username }) => username === 'tom')!;
    const all = (await plane.call('ada', 'GET', '/customers')).body as unknown as { id: string }[];
    const assign = (customers: { id: string }[]) =>
      plane.call('ada', 'PUT', `/users/${tom.id}/customers`, { customerIds: customers.map(({ id }) => id) });
    requester = { id: tom.id, post: (path, body = {}) => plane.call('tom', 'POST', path, body) };
    const [id, jobId] = [await request(), await heldJob()];
    await assign([...all, { id: await plane.addCustomer('One more customer') }]);
    await plane.agent.settled();
    expect(await plane.session(id)).toMatchObject({ state: 'requested' });
    expect(await stateOf(jobId)).toBe('held');
    await assign([]);
    expect(await plane.reaches(id, 'ended')).toMatchObject({ ending: 'revoked' });
    (await plane.agent.commanded(jobId, 'cancel')).answer({ status: 'canceled' });
    await until('the job to be cancelled', async () => (await stateOf(jobId)) === 'cancelled');
    await assign(all);
  });

  it('the sessions of another token of the user continue', async () => {
    const id = await request();
    const { body } = await someone.post('/tokens', { name: 'other' });
    await fetch(`${plane.url}/api/tokens/${String(body.id)}`, {
      method: 'DELETE',
      headers: { cookie: someone.cookie, origin: plane.url },
    });
    await plane.agent.settled();
    expect(await plane.session(id)).toMatchObject({ state: 'requested' });
  });

  it('makes the console of a user whose customers change connect again, with what they see now', async () => {
    const headers = { cookie: someone.cookie };
    const ws = new WebSocket(`${plane.url.replace('http', 'ws')}/api/live`, { headers, origin: plane.url });
    const closed = new Promise<number>((resolve) => ws.once('close', resolve));
    await new Promise((resolve) => ws.once('open', resolve));
    const customerIds = [await plane.addCustomer('A further customer')];
    await plane.call('ada', 'PUT', `/users/${someone.id}/customers`, { customerIds });
    expect(await closed).toBe(LIVE_CLOSES['access-changed'].close);
  });

  it('closes the live channel of a console without waiting for the next check of its login', async () => {
    const headers = { cookie: someone.cookie };
    const ws = new WebSocket(`${plane.url.replace('http', 'ws')}/api/live`, { headers, origin: plane.url });
    const closed = new Promise<number>((resolve) => ws.once('close', resolve));
    await new Promise((resolve) => ws.once('open', resolve));
    await plane.call('ada', 'PATCH', `/users/${someone.id}`, { active: false });
    expect(await closed).toBe(LIVE_CLOSES['logged-out'].close);
  });
});
