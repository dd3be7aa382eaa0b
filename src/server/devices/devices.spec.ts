import { ControlPlane, announcedPrinter } from '../../../test/support/server/control-plane';
import { setLimit } from '../../../test/support/relay/test-relay';
import { until } from '../../../test/support/until';
import { announce, type Enrolment } from '../../protocol/control-channel';
import { LIMITS } from '../../protocol/limits';
import { DeviceEvents } from './device-events';

describe('agents and their devices', () => {
  let plane: ControlPlane;
  beforeAll(async () => {
    setLimit('XMPP_AUTH_DELAY_MS', 10);
    plane = await ControlPlane.start();
  });
  afterAll(async () => {
    await plane?.stop();
    jest.restoreAllMocks();
  });
  afterEach(() => plane.clear());

  const enrol = async (enrolmentCode: string) => {
    const [code] = enrolmentCode.split('.');
    return plane.call(undefined, 'POST', '/enrolment', { code });
  };
  const login = (account: Awaited<ReturnType<typeof plane.enrol>>) => plane.streamOf(account);
  const devices = async () =>
    ((await plane.call('tom', 'GET', '/devices')).body as { rows: { id: string; agentId: string; online: boolean }[] })
      .rows;
  const announced = (ids: string[]) => ({ agentVersion: '1', devices: ids.map(announcedPrinter) });

  describe('an enrolment code', () => {
    it('enrols once', async () => {
      const code = await plane.enrolmentCode('once');
      expect(code).toMatch(/^[\w-]{43}\.[\w-]{43}$/);
      expect((await enrol(code)).body).toMatchObject({ agentId: 'once', pin: code.split('.')[1] });
      expect((await enrol(code)).body.code).toBe('code-refused');
    });

    it('enrols one of two that present it at the same moment', async () => {
      const code = await plane.enrolmentCode('race');
      const answers = await Promise.all([enrol(code), enrol(code)]);
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 403]);
    });

    it('expires', async () => {
      const code = await plane.enrolmentCode('late');
      const now = Date.now();
      const clock = jest.spyOn(Date, 'now').mockReturnValue(now + LIMITS.ENROLMENT_CODE_MS + 1_000);
      const expired = await enrol(code);
      clock.mockRestore();
      expect(expired.body.code).toBe('code-refused');
      expect((await enrol(code)).body.code).toBe('code-refused');
    });

    it('is refused if it is unknown or malformed, and created by administrators only', async () => {
      expect((await enrol('x'.repeat(43))).body.code).toBe('code-refused');
      expect((await enrol('short')).body.code).toBe('invalid-request');
      expect((await plane.call('tom', 'POST', '/enrolment-codes', { agentId: 'x' })).status).toBe(403);
    });
  });

  it('get a new account with another enrolment, which ends the old password and the old stream', async () => {
    const first = await plane.enrol('renewed');
    const stream = await login(first);
    const second = await plane.enrol('renewed');
    await stream.wire.closed;
    await expect(login(first)).rejects.toThrow('not-authorized');
    await (await login(second)).leave();
  });

  it('are those of the last announcement; a device that it does not name is removed', async () => {
    const agent = await login(await plane.enrol('moving'));
    for (const ids of [['a', 'b'], ['b', 'c'], ['b', 'b'], []]) {
      expect(await agent.ask(announce, announced(ids))).toEqual({ refused: [] });
      const found = (await devices()).filter((device) => device.agentId === 'moving');
      expect(found.map(({ id }) => id)).toEqual([...new Set(ids)]);
    }
    await agent.leave();
  });

  it('are written again only if the announcement differs from the last one', async () => {
    const published = jest.spyOn(DeviceEvents.prototype, 'publish');
    const differed = () => published.mock.calls.filter(([name]) => name === 'announced').map(([, each]) => each);
    const agent = await login(await plane.enrol('steady'));
    const nameOf = async (id: string) => (await plane.call('ada', 'GET', `/devices/${id}`)).body.name;
    await agent.ask(announce, announced(['kept', 'other']));
    await plane.write(`UPDATE devices SET name = 'not as announced', "announcedAt" = 1 WHERE id = 'kept'`);
    expect(await agent.ask(announce, announced(['kept', 'other']))).toEqual({ refused: [] });
    expect(await nameOf('kept')).toBe('not as announced');
    await plane.write(`UPDATE devices SET name = 'again' WHERE id = 'kept' AND "announcedAt" > 1`);
    expect(await nameOf('kept')).toBe('again'); // the time of the announcement was written
    expect(await agent.ask(announce, announced(['kept']))).toEqual({ refused: [] });
    expect(await nameOf('kept')).toBe('kept');
    const agentId = 'steady';
    expect(differed()).toEqual([true, false, true].map((differs) => ({ agentId, differs })));
    published.mockRestore();
    await agent.leave();
  });

  it('are stored without what only a later version of the agent knows', async () => {
    const agent = await login(await plane.enrol('ahead'));
    const {
      devices: [device],
      ...rest
    } = announced(['ahead']);
    const later = { ...device!, operations: [...device!.operations, 'align-heads'] };
    for (let each = 0; each < 2; each++)
      expect(await agent.ask(announce, { ...rest, devices: [later] })).toEqual({ refused: [] });
    const { status, body } = await plane.call('ada', 'GET', '/devices/ahead');
    expect([status, body.operations]).toEqual([200, device!.operations]);
    await agent.leave();
  });

  describe('that are new', () => {
    const wanted = ['hall-1', 'lobby', 'lobby-2', 'vault'];
    const own = async () => (await devices()).filter(({ agentId }) => agentId === 'careful').map(({ id }) => id);
    const codeFor = (body: object) => plane.call('ada', 'POST', '/enrolment-codes', body);
    const enrolled = async (deviceIds?: string[]) => {
      const created = await codeFor({ agentId: 'careful', siteId: plane.siteId, deviceIds });
      expect(created.status).toBe(201);
      const [code] = String(created.body.ticket).split('.');
      return login((await plane.call(undefined, 'POST', '/enrolment', { code })).body as unknown as Enrolment);
    };
    afterEach(() => plane.call('ada', 'DELETE', '/agents/careful'));

    it.each([
      ['without device IDs', { siteId: true }, ['deviceIds']],
      ['without a site', { deviceIds: ['hall-*'] }, ['siteId']],
      ['without both', {}, ['siteId', 'deviceIds']],
    ])('need an enrolment code of their agent: there is none %s', async (_what, more: object, missing) => {
      const place = 'siteId' in more ? { siteId: plane.siteId } : {};
      const { status, body } = await codeFor({ agentId: 'careful', ...more, ...place });
      expect([status, (body.errors as { path: string }[]).map(({ path }) => path)]).toEqual([400, missing]);
    });

    it('are added only if it covers them; what the agent has stays', async () => {
      const first = await enrolled(['old-*']);
      expect(await first.ask(announce, announced(['old-device', ...wanted]))).toEqual({ refused: wanted });
      const second = await enrolled(['hall-*', 'lobby']);
      for (let n = 0; n < 2; n += 1)
        expect(await second.ask(announce, announced([...wanted, 'old-device']))).toEqual({
          refused: ['lobby-2', 'vault'],
        });
      expect(await own()).toEqual(['hall-1', 'lobby', 'old-device']);
      const third = await enrolled();
      expect(await third.ask(announce, announced(wanted))).toEqual({ refused: ['lobby-2', 'vault'] });
    });

    it('are not covered by an account and a code from before device IDs were named, but those announced are', async () => {
      const first = await enrolled(['*']);
      expect(await first.ask(announce, announced(['old-device']))).toEqual({ refused: [] });
      await plane.write(`UPDATE agents SET "deviceIds" = NULL, "announcementHash" = NULL WHERE id = 'careful'`);
      expect(await first.ask(announce, announced(['old-device', 'vault']))).toEqual({ refused: ['vault'] });
      const created = await codeFor({ agentId: 'careful', siteId: plane.siteId, deviceIds: ['*'] });
      await plane.write(`UPDATE enrolment_codes SET "deviceIds" = NULL WHERE "agentId" = 'careful'`);
      const [code] = String(created.body.ticket).split('.');
      const account = (await plane.call(undefined, 'POST', '/enrolment', { code })).body as unknown as Enrolment;
      const second = await login(account);
      expect(await second.ask(announce, announced(['old-device', 'vault']))).toEqual({ refused: ['vault'] });
    });

    it('are added once an administrator allows them, which has the agent announce them again', async () => {
      const account = await plane.enrol('careful');
      const change = (deviceIds: string[]) => plane.call('ada', 'PATCH', '/agents/careful', { deviceIds });
      expect((await change(['hall-*'])).status).toBe(204);
      const before = await login(account);
      expect(await before.ask(announce, announced(wanted))).toEqual({ refused: ['lobby', 'lobby-2', 'vault'] });
      expect((await change(['lobby*'])).status).toBe(204);
      await before.wire.closed;
      const after = await login(account);
      expect(await after.ask(announce, announced(wanted))).toEqual({ refused: ['vault'] });
      expect(await own()).toEqual(['hall-1', 'lobby', 'lobby-2']);
    });
  });

  it('pass to an agent that has announced them before, once they are free', async () => {
    const [first, second] = await Promise.all(['former', 'latter'].map(async (id) => login(await plane.enrol(id))));
    await first!.ask(announce, announced(['passed']));
    expect(await second!.ask(announce, announced(['passed']))).toEqual({ refused: ['passed'] });
    await first!.ask(announce, announced([]));
    expect(await second!.ask(announce, announced(['passed']))).toEqual({ refused: [] });
    for (const agent of [first!, second!]) await agent.leave();
  });

  it('belong to one agent, also if two announce a new device at the same moment', async () => {
    const agents = await Promise.all(['left', 'right'].map(async (id) => login(await plane.enrol(id))));
    expect(await agents[0]!.ask(announce, announced(['printer', 'mine']))).toEqual({ refused: ['printer'] });
    const answers = await Promise.all(agents.map((agent) => agent.ask(announce, announced(['both']))));
    expect(answers).toContainEqual({ refused: [] });
    expect(answers.filter((answer) => JSON.stringify(answer) === '{"refused":[]}')).toHaveLength(1);
    const found = await devices();
    expect(found.find(({ id }) => id === 'printer')).toMatchObject({ agentId: 'box' });
    expect(found.filter(({ id }) => id === 'both')).toHaveLength(1);
    for (const agent of agents) await agent.leave();
  });

  it('are removed together, which ends the stream and the sessions of the agent', async () => {
    const account = await plane.enrol('doomed');
    const agent = await login(account);
    await agent.ask(announce, announced(['fax']));
    const { body } = await plane.ask('tom', 'fax');
    await agent.awaitRequest('request-approval', String(body.id));
    const code = await plane.enrolmentCode('doomed');
    expect((await plane.call('tom', 'DELETE', '/agents/doomed')).status).toBe(403);
    expect((await plane.call('ada', 'DELETE', '/agents/doomed')).status).toBe(204);
    await agent.wire.closed;
    expect((await devices()).map(({ id }) => id)).not.toContain('fax');
    expect(await plane.reaches(String(body.id), 'ended')).toMatchObject({
      ending: 'revoked',
      detail: 'the agent of the device was removed',
    });
    // only an agent that proves its password learns that it was removed
    await expect(login(account)).rejects.toThrow('account-disabled');
    await expect(login({ ...account, password: 'x'.repeat(43) })).rejects.toThrow('not-authorized');
    expect((await enrol(code)).body.code).toBe('code-refused');
    expect((await plane.call('ada', 'DELETE', '/agents/doomed')).status).toBe(404);
  });

  it('leave no device if an announcement and the removal happen at the same moment', async () => {
    for (let round = 0; round < 5; round += 1) {
      const agent = await login(await plane.enrol('fleeting'));
      const [, removal] = await Promise.all([
        agent.ask(announce, announced(['ghost'])).catch(() => undefined),
        plane.call('ada', 'DELETE', '/agents/fleeting'),
      ]);
      expect(removal.status).toBe(204);
      await agent.wire.closed;
      expect((await devices()).map(({ id }) => id)).not.toContain('ghost');
    }
  });

  it('are online while their agent is, and show when it was last seen', async () => {
    const printer = async () => (await plane.call('tom', 'GET', '/devices/printer')).body;
    expect(await printer()).toMatchObject({ online: true, agentId: 'box' });
    await plane.agent.leave();
    await until('the agent to be offline', async () => !(await printer()).online);
    expect(Date.now() - Date.parse(String((await printer()).lastSeenAt))).toBeLessThan(60_000);
    await plane.connectAgent();
    expect(await printer()).toMatchObject({ online: true });
  });

  it('are listed in pages', async () => {
    const agent = await login(await plane.enrol('many'));
    await agent.ask(announce, announced(['x1', 'x2', 'x3']));
    const all = (await devices()).map(({ id }) => id);
    const read = async (cursor = '', seen: string[] = []): Promise<string[]> => {
      const { body } = await plane.call('tom', 'GET', `/devices?limit=2${cursor && `&cursor=${cursor}`}`);
      const { rows, next } = body as { rows: { id: string }[]; next: string | null };
      const found = [...seen, ...rows.map(({ id }) => id)];
      return next ? read(next, found) : found;
    };
    expect(await read()).toEqual(all);
    await agent.leave();
  });
});
