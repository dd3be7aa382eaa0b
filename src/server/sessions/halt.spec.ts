import { ControlPlane } from '../../../test/support/server/control-plane';
import { setLimit } from '../../../test/support/relay/test-relay';
import { until } from '../../../test/support/until';
import { LIMITS } from '../../protocol/limits';
import type { EndReason, Half } from '../../protocol/remote-session';
import { RpcRefused } from '../../tunnel/json-rpc.errors';
import { RelayDirectory } from '../relays/relay-directory';
import type { SessionEntity } from './session.entity';
import { SessionLifecycle } from './session.lifecycle';

describe('sessions while their relay is deployed', () => {
  let plane: ControlPlane;
  let relays: RelayDirectory;
  let lifecycle: SessionLifecycle;
  beforeAll(async () => {
    const added = jest.spyOn(RelayDirectory.prototype, 'add');
    const started = jest.spyOn(SessionLifecycle.prototype, 'start');
    plane = await ControlPlane.start();
    await cancel(await plane.requested());
    relays = added.mock.contexts[0] as RelayDirectory;
    lifecycle = started.mock.contexts[0] as SessionLifecycle;
  });
  afterAll(async () => {
    await plane?.stop();
    jest.restoreAllMocks();
  });
  beforeEach(() => setLimit('ADMISSION_MS', 60_000));
  afterEach(async () => {
    plane.relay.before = () => Promise.resolve();
    await relays.drain('local', false, 0);
    await plane.clear();
  });

  const close = () => relays.drain('local', true, 7);
  const open = () => relays.drain('local', false, 0);
  const cancel = (id: string) => plane.call('tom', 'POST', `/sessions/${id}/termination`);
  const asksFor = async (work: () => Promise<void>) => {
    const before = plane.relay.asked.length;
    await work();
    return plane.relay.asked.slice(before).filter((each) => each === 'connection-info');
  };
  const stepsOf = async (id: string) => (await plane.session(id)).steps.map(({ step }) => step).join(' ');

  it('are refused with a retry time', async () => {
    await relays.drain('local', true, 3_600);
    const refused = await plane.ask('tom');
    expect(refused).toMatchObject({ status: 503, body: { code: 'deployment-in-progress' } });
    expect(refused.body.retryAfterSeconds).toBeGreaterThan(3_000);
    expect(refused.body.retryAfterSeconds).toBeLessThanOrEqual(3_600);
    expect((await plane.call('ada', 'GET', '/sessions?state=live')).body).toEqual({ rows: [], next: null });
    await open();
    expect((await plane.ask('tom')).status).toBe(201);
  });

  it('are started at another relay', async () => {
    const other = await plane.anotherRelay('other');
    await close();
    const id = await plane.requested();
    await plane.decide(id, 'approved');
    await plane.agent.awaitRequest('connection-info', id);
    expect(other.asked).toContain('connection-info');
    await other.leave();
  });

  it('remain requested, and a YES waits for the new relay', async () => {
    const id = await plane.requested();
    const asked = await asksFor(async () => {
      await close();
      await plane.decide(id, 'approved');
      expect(await plane.session(id)).toMatchObject({ state: 'approved', ending: null });
      expect(await plane.connection('tom', id)).toEqual({ status: 'waiting', state: 'approved' });
    });
    expect(asked).toEqual([]);
    await open();
    await plane.agent.awaitRequest('connection-info', id);
    expect(await plane.connection('tom', id)).toMatchObject({ status: 'ready' });
  });

  it('give a YES more time than the relay alone', async () => {
    const id = await plane.requested();
    await close();
    await plane.decide(id, 'approved');
    const waits = lifecycle.deadlineOf({ state: 'approved' } as SessionEntity)!.getTime() - Date.now();
    expect(waits).toBeGreaterThan(LIMITS.ADMISSION_MS + LIMITS.PREPARE_MS - 1_000);
  });

  it('are halted if a YES waits too long, and the approval is withdrawn', async () => {
    setLimit('ADMISSION_MS', 150);
    const id = await plane.requested();
    const asked = await asksFor(async () => {
      await close();
      await plane.decide(id, 'approved');
      expect(await plane.reaches(id, 'ended')).toMatchObject({
        ending: 'halted-by-deployment',
        detail: 'The deployment of the relay took too long to wait for.',
      });
    });
    expect(asked).toEqual([]);
    expect(await plane.agent.awaitRequest('withdraw-approval', id)).toMatchObject({ ending: 'halted-by-deployment' });
    expect(await plane.connection('tom', id)).toMatchObject({ status: 'over', ending: 'halted-by-deployment' });
  });

  it('do not continue if they are cancelled while the YES waits', async () => {
    const id = await plane.requested();
    const asked = await asksFor(async () => {
      await close();
      await plane.decide(id, 'approved');
      await cancel(id);
      await open();
      await cancel(await plane.requested('tom')); // by then the first one would have asked
    });
    expect(asked).toEqual([]);
    expect(await plane.session(id)).toMatchObject({ state: 'ended', ending: 'cancelled' });
  });

  it('also wait if the deployment starts during the request to the relay', async () => {
    const id = await plane.requested();
    let tries = 0;
    plane.relay.before = async (method) => {
      if (method !== 'connection-info' || tries++ > 0) return;
      await close();
      throw new RpcRefused(-32050, 'the relay is draining');
    };
    await plane.decide(id, 'approved');
    await until('the refusal', () => tries >= 1);
    expect(await plane.session(id)).toMatchObject({ state: 'approved' });
    await open();
    await plane.agent.awaitRequest('connection-info', id);
  });

  it('end in the order of Fig. 15 to 17', async () => {
    const { id, link } = await plane.established();
    await close();
    await lifecycle.apply(id, 'halt');
    expect(await plane.agent.awaitRequest('terminate', id)).toMatchObject({ ending: 'halted-by-deployment' });
    expect(await plane.session(id)).toMatchObject({ state: 'halting', ending: 'halted-by-deployment' });
    await plane.relay.requestTermination(link.linkId, 'device');
    expect(plane.relay.asked).not.toContain('end-session terminal halted-by-deployment');
    await plane.relay.end(link, 'device', 'requested');
    await until('S331', () => plane.relay.asked.includes('end-session terminal halted-by-deployment'));
    await plane.relay.end(link, 'terminal', 'control-plane');
    expect(await plane.session(id)).toMatchObject({ state: 'ended', ending: 'halted-by-deployment' });
    await until('the whole timeline', async () => (await stepsOf(id)).endsWith('S335'));
    expect(await stepsOf(id)).toMatch(/S314 S294 S297 S315 S331 S298 S334 S335$/);
    expect(await stepsOf(id)).not.toContain('S265');
  });

  const unusual: [string, (id: string) => Promise<unknown>, [Half, EndReason][]][] = [
    [
      'the agent holds no connection',
      () => Promise.resolve(plane.agent.answers.set('terminate', { body: { connected: false } })),
      [
        ['terminal', 'control-plane'],
        ['device', 'control-plane'],
      ],
    ],
    [
      'the relay is lost',
      () => Promise.resolve(),
      [
        ['device', 'relay-stopped'],
        ['terminal', 'relay-stopped'],
      ],
    ],
    [
      'the terminal also ends it',
      () => Promise.resolve(),
      [
        ['terminal', 'requested'],
        ['device', 'requested'],
      ],
    ],
  ];
  it.each(unusual)('stay halted when %s', async (_, prepare, ends) => {
    const { id, link } = await plane.established();
    await prepare(id);
    await lifecycle.apply(id, 'halt');
    await plane.agent.awaitRequest('terminate', id);
    for (const [half, reason] of ends) await plane.relay.end(link, half, reason);
    expect(await plane.session(id)).toMatchObject({ state: 'ended', ending: 'halted-by-deployment' });
    plane.agent.answers.set('terminate', { body: { connected: true } });
  });

  it('are halted before both ends are connected', async () => {
    const { id, link } = await plane.prepared();
    await lifecycle.apply(id, 'halt');
    expect(await plane.connection('tom', id)).toMatchObject({ status: 'over', ending: 'halted-by-deployment' });
    for (const half of ['device', 'terminal'] as const) await plane.relay.end(link, half, 'never-connected');
    expect(await plane.session(id)).toMatchObject({ state: 'ended', ending: 'halted-by-deployment' });
  });
});
