import { ControlPlane, announcedPrinter } from '../../../../test/support/server/control-plane';
import type { ScriptedAgent, ScriptedAnswer } from '../../../../test/support/agent/scripted-agent';
import { until } from '../../../../test/support/until';
import { announce, sleep, type Enrolment } from '../../../protocol/control-channel';
import { wakeContext, wakeRequest } from '../../../protocol/wake';
import { unseal } from '../../../tunnel/sealed-text';

const address = { host: '192.168.1.20', port: 8633, mac: null };
const reports = (outcome: string, detail = ''): ScriptedAnswer => ({ body: { outcome, detail } });

describe('an agent that saves power', () => {
  let plane: ControlPlane;
  let account: Enrolment;
  let site: string;
  /** A site of another customer, with the same name. */
  let elsewhere: string;
  const substitutes: ScriptedAgent[] = [];
  let key: Buffer;
  beforeAll(async () => {
    plane = await ControlPlane.start();
    const customers = (await plane.call('ada', 'GET', '/customers')).body as unknown as { id: string }[];
    site = await plane.addSite(customers[0]!.id, 'Hamburg'); // without the agent of the stage, which would be a substitute
    elsewhere = await plane.addSite(await plane.addCustomer('Another'), 'Berlin');
    account = await plane.enrol('hall', site);
  });
  afterAll(() => plane?.stop());
  beforeEach(async () => {
    const agent = await online('hall', account);
    key = Buffer.from(((await agent.ask(sleep, { wake: address })) as { key: string }).key, 'base64url');
    await agent.leave();
    await until('the agent to be asleep', async () => (await device()).asleep);
  });
  afterEach(async () => {
    for (const substitute of substitutes.splice(0)) await substitute.leave();
    await plane.clear();
  });

  async function online(agentId: string, known?: Enrolment, siteId = site): Promise<ScriptedAgent> {
    const agent = await plane.streamOf(known ?? (await plane.enrol(agentId, siteId)));
    await agent.ask(announce, { agentVersion: '1', devices: [announcedPrinter(`${agentId}-mfp`)] });
    return agent;
  }
  async function substitute(agentId: string, answer: ScriptedAnswer, siteId?: string): Promise<ScriptedAgent> {
    const agent = await online(agentId, undefined, siteId);
    agent.answers.set('wake', answer);
    substitutes.push(agent);
    return agent;
  }
  const device = async () => (await plane.call('tom', 'GET', '/devices/hall-mfp')).body;
  const ask = () => plane.ask('tom', 'hall-mfp');
  const woken = (through: ScriptedAgent) =>
    until('the request to the substitute', () => through.asked.find(({ name }) => name === 'wake'));

  it('is shown as asleep, and as online again after its next login', async () => {
    expect(await device()).toMatchObject({ online: false, asleep: true });
    const agents = (await plane.call('ada', 'GET', '/agents')).body as unknown as { id: string; asleep: boolean }[];
    expect(agents.find(({ id }) => id === 'hall')).toMatchObject({ online: false, asleep: true });
    substitutes.push(await online('hall', account));
    expect(await device()).toMatchObject({ online: true, asleep: false });
  });

  it('is offline after it has ended its stream without announcing its sleep', async () => {
    await (await online('hall', account)).leave();
    await until('the agent to be offline', async () => !(await device()).online);
    expect(await device()).toMatchObject({ online: false, asleep: false });
    expect((await ask()).body).toMatchObject({ code: 'device-offline' });
  });

  it('is woken through a substitute with the approval request, and gets it again when it is online', async () => {
    const through = await substitute('yard', reports('taken'));
    await substitute('elsewhere', reports('taken'), elsewhere);
    const { status, body } = await ask();
    expect(status).toBe(201);
    const { sealed, ...rest } = (await woken(through)).body;
    expect(rest).toEqual({ agentId: 'hall', wake: address });
    const { agentId, approval } = wakeRequest.parse(JSON.parse(unseal(key, wakeContext('hall'), String(sealed))));
    expect([agentId, approval]).toEqual([
      'hall',
      expect.objectContaining({ remoteSessionId: body.id, deviceId: 'hall-mfp', reason: 'paper jam' }),
    ]);
    const agent = await online('hall', account);
    substitutes.push(agent);
    await agent.awaitRequest('request-approval', String(body.id));
    expect(await plane.session(String(body.id))).toMatchObject({ state: 'requested' });
    expect(substitutes[1]!.asked.map(({ name }) => name)).not.toContain('wake');
  });

  it('cannot be requested while no other agent of its site is online', async () => {
    await substitute('distant', reports('taken'), elsewhere);
    expect(await ask()).toMatchObject({ status: 409, body: { code: 'no-substitute' } });
  });

  it.each<[string, ScriptedAnswer, RegExp]>([
    ['does not reach it', reports('unreachable', 'ECONNREFUSED'), /one: unreachable \(ECONNREFUSED\)/],
    ['is in another network', reports('out-of-reach'), /one: out-of-reach/],
    ['is refused by it', reports('refused'), /one: refused/],
    ['refuses', { problem: 'wrong-state', detail: 'no site' }, /one: agent one refused: wrong-state \(no site\)/],
    ['answers nonsense', { body: { outcome: 'perhaps' } }, /one: agent one refused: invalid-answer/],
  ])(
    'is not woken if its substitute %s; the ending names the substitute and the reason',
    async (_what, answer, detail) => {
      await substitute('one', answer);
      const id = String((await ask()).body.id);
      const ended = await plane.reaches(id, 'ended');
      expect(ended.ending).toBe('device-offline');
      expect(ended.detail).toMatch(detail);
    },
  );

  it('is woken through the next substitute if one fails', async () => {
    const both = [await substitute('two', reports('unreachable')), await substitute('three', reports('unreachable'))];
    const id = String((await ask()).body.id);
    const ended = await plane.reaches(id, 'ended');
    expect(ended.detail).toMatch(/two: unreachable/);
    expect(ended.detail).toMatch(/three: unreachable/);
    expect(both.map(({ asked }) => asked.filter(({ name }) => name === 'wake').length)).toEqual([1, 1]);
  });

  it('is woken for a maintenance job, and receives it when it is online', async () => {
    const through = await substitute('five', reports('taken'));
    const { status, body } = await plane.call('tom', 'POST', '/devices/hall-mfp/jobs', { operation: 'counters' });
    expect(status).toBe(201);
    const { sealed } = (await woken(through)).body;
    const request = JSON.parse(unseal(key, wakeContext('hall'), String(sealed))) as unknown;
    expect(request).toEqual({ agentId: 'hall', approval: null });
    const agent = await online('hall', account);
    substitutes.push(agent);
    // a job without a report would block those of the next tests
    (await agent.commanded(String(body.id), 'execute')).answer({ status: 'completed' });
  });

  describe('is woken if it goes to sleep during a request', () => {
    let through: ScriptedAgent;
    let sleeper: ScriptedAgent;
    beforeEach(async () => {
      through = await substitute(`moment-${substitutes.length}-${Date.now()}`, reports('taken'));
      sleeper = await online('hall', account);
      sleeper.answers.set('request-approval', 'silence');
      await sleeper.ask(sleep, { wake: address });
    });

    it('for a session', async () => {
      const id = String((await ask()).body.id);
      await sleeper.awaitRequest('request-approval', id);
      await sleeper.leave();
      await woken(through);
      substitutes.push(await online('hall', account));
      await substitutes.at(-1)!.awaitRequest('request-approval', id);
    });

    it('for a maintenance job', async () => {
      const { body } = await plane.call('tom', 'POST', '/devices/hall-mfp/jobs', { operation: 'counters' });
      await sleeper.commanded(String(body.id), 'execute');
      await sleeper.leave();
      await woken(through);
      substitutes.push(await online('hall', account));
      (await substitutes.at(-1)!.commanded(String(body.id), 'execute')).answer({ status: 'completed' });
    });
  });

  it('gets the request at once if it comes online without being woken', async () => {
    const silent = await substitute('four', 'silence');
    const id = String((await ask()).body.id);
    await woken(silent);
    const agent = await online('hall', account);
    substitutes.push(agent);
    await agent.awaitRequest('request-approval', id);
    expect(await plane.session(id)).toMatchObject({ state: 'requested' });
  });
});
