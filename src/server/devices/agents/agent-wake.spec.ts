import { randomBytes } from 'node:crypto';
import { ControlPlane, announcedPrinter } from '../../../../test/support/server/control-plane';
import type { ScriptedAgent, ScriptedAnswer } from '../../../../test/support/agent/scripted-agent';
import { ScriptedTarget } from '../../../../test/support/agent/scripted-target';
import { until } from '../../../../test/support/until';
import { announce, approval, passToServer, sleep, type Enrolment } from '../../../protocol/control-channel';
import { LIMITS } from '../../../protocol/limits';
import { job } from '../../../protocol/maintenance';

const address = { host: '192.168.1.20', port: 8633, mac: null };
const reports = (outcome: string, detail = ''): ScriptedAnswer => ({ body: { outcome, detail } });

describe('an agent that has no stream', () => {
  let plane: ControlPlane;
  let account: Enrolment;
  let site: string;
  /** A site of another customer, with the same name. */
  let elsewhere: string;
  let key: Buffer;
  const online: ScriptedAgent[] = [];
  let names = 0;
  beforeAll(async () => {
    plane = await ControlPlane.start();
    const customers = (await plane.call('ada', 'GET', '/customers')).body as unknown as { id: string }[];
    site = await plane.addSite(customers[0]!.id, 'Hamburg'); // without the agent of the stage, which would be a substitute
    elsewhere = await plane.addSite(await plane.addCustomer('Another'), 'Berlin');
    account = await plane.enrol('hall', site);
  });
  afterAll(() => plane?.stop());
  beforeEach(async () => {
    const agent = await hallOnline();
    await agent.leave();
    await offline();
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await plane.write(
      `UPDATE maintenance_jobs SET state = 'cancelled' WHERE state IN ('requested','executing','held')`,
    );
    await plane.clear();
    for (const agent of online.splice(0)) await agent.leave();
  });

  const device = async () => (await plane.call('tom', 'GET', '/devices/hall-mfp')).body;
  const offline = () => until('the agent to be offline', async () => !(await device()).online);
  async function hallOnline(): Promise<ScriptedAgent> {
    key = randomBytes(32);
    const agent = await plane.streamOf(account);
    online.push(agent);
    const wake = { address, key: key.toString('base64url') };
    await agent.ask(announce, { agentVersion: '1', devices: [announcedPrinter('hall-mfp')], wake });
    return agent;
  }
  type Answer = ScriptedAnswer | Promise<ScriptedAnswer>;
  /** @param wake its answer to `wake`, which may follow the login at once */
  async function another(agentId: string, siteId = site, wake: Answer = 'silence'): Promise<ScriptedAgent> {
    const agent = await plane.streamOf(await plane.enrol(agentId, siteId), undefined, new Map([['wake', wake]]));
    online.push(agent);
    await agent.ask(announce, { agentVersion: '1', devices: [announcedPrinter(`${agentId}-mfp`)] });
    return agent;
  }
  /** A substitute of this name that answers `wake` so. */
  const failing = (agentId: string, answer: ScriptedAnswer): Promise<ScriptedAgent> => another(agentId, site, answer);
  const target = async (change: { key?: Buffer } = {}) => {
    const challenge = randomBytes(32).toString('base64url');
    let ready!: (answer: ScriptedAnswer) => void;
    const substitute = await another(`yard-${names++}`, site, new Promise((resolve) => (ready = resolve)));
    const it = new ScriptedTarget('hall', change.key ?? key, substitute, challenge);
    ready({ body: { outcome: 'open', challenge } });
    return { substitute, target: it };
  };
  const ask = () => plane.ask('tom', 'hall-mfp');
  const requested = async () => String((await ask()).body.id);
  const timeline = async (id: string) =>
    (await plane.session(id)).steps.filter(({ step }) => step === 'wake').map(({ detail }) => detail);

  it('is shown as asleep only if it has announced its sleep, and as online after its next login', async () => {
    expect(await device()).toMatchObject({ online: false, asleep: false, wakeable: true });
    const agent = await hallOnline();
    await agent.ask(sleep, {});
    await agent.leave();
    await until('the agent to be asleep', async () => (await device()).asleep);
    const agents = (await plane.call('ada', 'GET', '/agents')).body as unknown as { id: string; asleep: boolean }[];
    expect(agents.find(({ id }) => id === 'hall')).toMatchObject({ online: false, asleep: true });
    await hallOnline();
    expect(await device()).toMatchObject({ online: true, asleep: false });
  });

  it('is offline if it has no wake address', async () => {
    const agent = await plane.streamOf(account);
    await agent.ask(announce, { agentVersion: '1', devices: [announcedPrinter('hall-mfp')] });
    await agent.leave();
    await another(`idle-${names++}`);
    await offline();
    expect(await device()).toMatchObject({ online: false, wakeable: false });
    expect((await ask()).body).toMatchObject({ code: 'device-offline' });
  });

  it('has a whole session through a substitute while its stream stays lost', async () => {
    const { substitute, target: hall } = await target();
    const id = await requested();
    const first = await hall.request('request-approval');
    expect(hall.asked[0]).toBe(first); // the request itself wakes it
    expect(first.body).toMatchObject({ remoteSessionId: id, deviceId: 'hall-mfp', reason: 'paper jam' });
    expect(substitute.asked.find(({ name }) => name === 'wake')!.body).toEqual({
      channelId: hall.channelId,
      agentId: 'hall',
      wake: address,
    });
    await hall.request('acquire-information');
    expect(hall.asked.map(({ name }) => name)).not.toContain('connection-info'); // E20
    expect(await hall.approve(id)).toEqual({ answer: {} });
    const { body: info } = await hall.request('connection-info');
    expect(info).toMatchObject({ remoteSessionId: id, deviceId: 'hall-mfp' });
    const link = await plane.presentedLink(id);
    for (const half of ['device', 'terminal'] as const) await plane.relay.start(link, half);
    await plane.reaches(id, 'established');
    expect((await plane.call('tom', 'POST', `/sessions/${id}/termination`)).status).toBeLessThan(300);
    expect((await hall.request('terminate')).body).toMatchObject({ remoteSessionId: id });
    for (const half of ['device', 'terminal'] as const) await plane.relay.end(link, half, 'requested');
    const ended = await plane.reaches(id, 'ended');
    expect(ended).toMatchObject({ ending: 'ended-by-terminal', device: { endReason: 'requested' } });
    expect(await plane.logs(id)).toEqual([
      'device start',
      'terminal start',
      'device end requested',
      'terminal end requested',
    ]);
    expect(await device()).toMatchObject({ online: false });
    expect(await timeline(id)).toEqual([expect.stringMatching(/^yard-\d+: woken$/)]);
    expect((await plane.call('tom', 'GET', '/devices/hall-mfp/information')).body).toMatchObject({
      decision: { outcome: 'acquired', remoteSessionId: id },
    });
    // nothing that the substitute passes on can be read without the key
    const passed = JSON.stringify(substitute.asked);
    for (const secret of [id, String(info.token), String(info.sessionId), 'paper jam'])
      expect(passed).not.toContain(secret);
  });

  it('gets the connection information only when its device information has been acquired', async () => {
    const { target: hall } = await target();
    let answer!: (value: { problem: { code: string; detail: string } }) => void;
    hall.answers.set('acquire-information', new Promise((resolve) => (answer = resolve)));
    const id = await requested();
    await hall.request('acquire-information');
    await hall.approve(id);
    await plane.reaches(id, 'prepared');
    expect(hall.asked.map(({ name }) => name)).not.toContain('connection-info');
    answer({ problem: { code: 'operation-unsupported', detail: '' } });
    await hall.request('connection-info');
  });

  it('has its request withdrawn when the technician cancels', async () => {
    const { target: hall } = await target();
    const id = await requested();
    await hall.request('request-approval');
    await plane.call('tom', 'POST', `/sessions/${id}/termination`);
    expect((await hall.request('withdraw-approval')).body).toMatchObject({ remoteSessionId: id, ending: 'cancelled' });
    expect(await hall.approve(id)).toMatchObject({ problem: { code: 'session-over' } });
  });

  it('is refused what it may not ask, as on a stream', async () => {
    const { target: hall } = await target();
    await requested();
    await hall.request('request-approval');
    const other = await plane.requested('tess'); // of another agent
    expect(await hall.approve(other)).toMatchObject({ problem: { code: 'unknown-session' } });
  });

  it('ends the session with the refusal of the agent', async () => {
    const { target: hall } = await target();
    hall.answers.set('request-approval', { problem: { code: 'unknown-application', detail: 'not here' } });
    const ended = await plane.reaches(await requested(), 'ended');
    expect(ended).toMatchObject({ ending: 'failed', detail: 'The agent refused: not here' });
  });

  it('continues on its stream as soon as it has one', async () => {
    const { target: hall } = await target();
    const id = await requested();
    await hall.request('request-approval');
    const agent = await hallOnline();
    await agent.awaitRequest('request-approval', id);
    await agent.ask(approval, { remoteSessionId: id, decision: 'approved' });
    await agent.awaitRequest('connection-info', id);
    expect(hall.asked.map(({ name }) => name)).not.toContain('connection-info');
  });

  it('is reached through another substitute when the first is gone', async () => {
    const { substitute, target: hall } = await target();
    const id = await requested();
    await hall.request('request-approval');
    await substitute.leave();
    const { target: again } = await target();
    await plane.call('tom', 'POST', `/sessions/${id}/termination`);
    const next = await requested();
    await again.request('request-approval');
    expect(await again.approve(next)).toEqual({ answer: {} });
  });

  it('cannot be requested while no other agent of its site is online', async () => {
    await another(`distant-${names++}`, elsewhere);
    expect(await ask()).toMatchObject({ status: 409, body: { code: 'no-substitute' } });
  });

  it.each<[string, ScriptedAnswer, RegExp]>([
    ['does not reach it', reports('unreachable', 'ECONNREFUSED'), /one: unreachable \(ECONNREFUSED\)/],
    ['is in another network', reports('out-of-reach'), /one: out-of-reach/],
    ['has too many connections', reports('full'), /one: full/],
    ['refuses', { problem: 'wrong-state', detail: 'no site' }, /one: substitute-failed \(.*wrong-state \(no site\)\)/],
    ['answers nonsense', { body: { outcome: 'perhaps' } }, /one: substitute-failed \(.*unreadable-answer/],
    ['invents no challenge', { body: { outcome: 'open', challenge: 'short' } }, /one: substitute-failed/],
  ])(
    'is not woken if its substitute %s; ending and timeline name the substitute and the reason',
    async (_what, answer, detail) => {
      await failing('one', answer);
      const id = await requested();
      const ended = await plane.reaches(id, 'ended');
      expect(ended.ending).toBe('device-offline');
      expect(ended.detail).toMatch(detail);
      expect(await timeline(id)).toEqual([expect.stringMatching(detail)]);
    },
  );

  it('is not woken if it has another key', async () => {
    const { target: hall } = await target({ key: randomBytes(32) });
    const ended = await plane.reaches(await requested(), 'ended');
    expect(ended).toMatchObject({ ending: 'device-offline', detail: expect.stringMatching(/: refused/) as string });
    expect(hall.asked).toEqual([]);
  });

  it('is woken through the next substitute if one fails', async () => {
    const both = [await failing('two', reports('unreachable')), await failing('three', reports('unreachable'))];
    const id = await requested();
    const ended = await plane.reaches(id, 'ended');
    expect(ended.detail).toMatch(/two: unreachable/);
    expect(ended.detail).toMatch(/three: unreachable/);
    expect((await timeline(id)).sort()).toEqual(['three: unreachable', 'two: unreachable']);
    expect(both.map(({ asked }) => asked.filter(({ name }) => name === 'wake').length)).toEqual([1, 1]);
  });

  describe('with a hostile substitute', () => {
    let hall: ScriptedTarget;
    let id: string;
    beforeEach(async () => {
      hall = (await target()).target;
      id = await requested();
      await hall.request('acquire-information');
    });
    const closed = () => until('the channel to be closed', () => !hall.isOpen);

    it.each<[string, () => string]>([
      ['forges', () => 'AAAA'],
      ['returns', () => hall.lines[0]!],
    ])('closes the channel when it %s a line; the session is not approved', async (_what, line) => {
      expect(await hall.pass(line())).toEqual({ open: false });
      await closed();
      expect(await plane.session(id)).toMatchObject({ state: 'requested' });
    });

    it('does not know the channel of another substitute', async () => {
      const other = await another(`other-${names++}`);
      expect(await other.ask(passToServer, { channelId: hall.channelId, line: null })).toEqual({ open: false });
      expect(hall.isOpen).toBe(true);
      expect(await hall.approve(id)).toEqual({ answer: {} });
    });

    it('cannot have an answer of an earlier channel accepted', async () => {
      const lines: string[] = [];
      const pass = hall.pass.bind(hall);
      jest.spyOn(hall, 'pass').mockImplementation((line) => {
        if (line) lines.push(line);
        return pass(line);
      });
      await hall.approve(id);
      await hall.pass(null);
      await plane.clear();
      await requested();
      await hall.request('request-approval', 2);
      expect(await pass(lines[0]!)).toEqual({ open: false });
    });
  });

  describe('and has maintenance jobs', () => {
    const instruct = async (waitMinutes = 0) =>
      job.parse(
        (await plane.call('tom', 'POST', '/devices/hall-mfp/jobs', { operation: 'counters', waitMinutes })).body,
      );
    const waiting = (id: string) =>
      until('the reason', async () => job.parse((await plane.call('tom', 'GET', `/jobs/${id}`)).body).waiting);

    it('is woken, and receives them when it is online', async () => {
      const { target: hall } = await target();
      const { id } = await instruct();
      await hall.request('wake-up');
      const agent = await hallOnline();
      (await agent.commanded(id, 'execute')).answer({ status: 'completed' });
    });

    it('shows why it was not woken, and is woken as soon as another substitute comes online', async () => {
      const { id } = await instruct(10);
      expect(await waiting(id)).toEqual({ reason: 'no-substitute', tries: [] });
      const one = await failing('one', reports('unreachable', 'EHOSTUNREACH'));
      await until('the second reason', async () => (await waiting(id)).reason === 'not-woken');
      expect((await waiting(id)).tries).toEqual([
        { substitute: 'one', outcome: 'unreachable', detail: 'EHOSTUNREACH' },
      ]);
      await one.leave();
      const { target: hall } = await target();
      await hall.request('wake-up');
      const agent = await hallOnline();
      (await agent.commanded(id, 'execute')).answer({ hold: 'processing' });
      await until('no reason', async () => (await plane.call('tom', 'GET', `/jobs/${id}`)).body.waiting === null);
    });

    it('is woken again after a while', async () => {
      jest.spyOn(Math, 'random').mockReturnValue(0);
      const one = await failing('one', reports('unreachable'));
      await instruct(10);
      await until('another attempt', () => one.asked.filter(({ name }) => name === 'wake').length > 1);
    });

    it('shows that it was woken and has not connected', async () => {
      jest.replaceProperty(LIMITS, 'WAKE_LOGIN_MS', 20 as never);
      const { substitute } = await target();
      const { id } = await instruct(10);
      expect(await waiting(id)).toMatchObject({ reason: 'not-woken', tries: [{ outcome: 'no-login' }] });
      expect(substitute.asked.length).toBeGreaterThan(0);
    });
  });

  describe('is woken if it goes to sleep during a request', () => {
    let sleeper: ScriptedAgent;
    let hall: ScriptedTarget;
    beforeEach(async () => {
      sleeper = await hallOnline();
      hall = (await target()).target;
      sleeper.answers.set('request-approval', 'silence');
      await sleeper.ask(sleep, {});
    });

    it('for a session', async () => {
      const id = await requested();
      await sleeper.awaitRequest('request-approval', id);
      await sleeper.leave();
      expect((await hall.request('request-approval')).body).toMatchObject({ remoteSessionId: id });
    });

    it('for a maintenance job', async () => {
      const { body } = await plane.call('tom', 'POST', '/devices/hall-mfp/jobs', { operation: 'counters' });
      await sleeper.commanded(String(body.id), 'execute');
      await sleeper.leave();
      await hall.request('wake-up');
      (await (await hallOnline()).commanded(String(body.id), 'execute')).answer({ status: 'completed' });
    });
  });

  it('gets the request at once if it comes online without being woken', async () => {
    const silent = await failing('four', 'silence');
    const id = await requested();
    await until('the request to the substitute', () => silent.asked.find(({ name }) => name === 'wake'));
    const agent = await hallOnline();
    await agent.awaitRequest('request-approval', id);
    expect(await plane.session(id)).toMatchObject({ state: 'requested' });
  });
});
