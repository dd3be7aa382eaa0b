import { DeploymentPlane } from '../../../test/support/deployment/deployment-plane';
import { until } from '../../../test/support/until';
import { HALVES } from '../../protocol/remote-session';

/** The server is restarted during a deployment; keeper, relays and devices keep running. */
describe('a deployment whose server is restarted', () => {
  let stage: DeploymentPlane;
  beforeAll(async () => (stage = await DeploymentPlane.start()));
  afterEach(() => stage.reset());
  afterAll(() => stage?.stop());

  const outcome = (id: string) => stage.reaches(id, 'deployed', 'rolled-back', 'aborted', 'failed');
  const overdue = (id: string, ms: number) =>
    stage.plane.write(`UPDATE deployments SET "deadlineAt" = ${Date.now() - ms} WHERE id = '${id}'`);
  const tried = () => stage.keeper.asked.filter((asked) => asked.startsWith('try'));
  const noticesOf = async (id: string) => {
    const { body } = await stage.plane.call('tom', 'GET', '/notices');
    return (body as { rows: { remoteSessionId: string }[] }).rows.filter(
      ({ remoteSessionId }) => remoteSessionId === id,
    );
  };

  it('stays listed, and can be executed', async () => {
    const tom = await stage.plane.established('tom');
    const { id } = await stage.instruct();
    await stage.restart();
    expect(await stage.get(id)).toMatchObject({ state: 'listed', sessions: [{ remoteSessionId: tom.id }] });
    await stage.press(id, 'execution', {});
    await stage.endInOrder(tom);
    expect(await outcome(id)).toMatchObject({ state: 'deployed', sessions: [{ outcome: 'ended' }] });
  });

  it('still waits until the relay is idle', async () => {
    const tom = await stage.plane.established('tom');
    const { id } = await stage.instruct({ pairs: 2, when: 'idle' });
    await stage.restart();
    expect(await stage.get(id)).toMatchObject({ state: 'awaiting-idle' });
    for (const half of HALVES) await stage.plane.relay.end(tom.link, half, 'requested');
    expect(await outcome(id)).toMatchObject({ state: 'deployed', sessions: [{ outcome: 'ended-by-itself' }] });
  });

  const late: [string, number, object][] = [
    ['is executed if its time has just passed', 60_000, { state: 'deployed' }],
    ['is not executed hours after its time', 3 * 60 * 60_000, { state: 'aborted', reason: 'never-executed' }],
  ];
  it.each(late)('%s', async (_, ms, expected) => {
    const at = new Date(Date.now() + 60 * 60_000).toISOString();
    const { id, state } = await stage.instruct({ pairs: 2, when: 'at', at });
    expect(state).toBe('scheduled');
    await stage.restart(() => overdue(id, ms));
    expect(await outcome(id)).toMatchObject(expected);
  });

  it('is aborted if it was not executed in time', async () => {
    await stage.plane.established('tom');
    const { id } = await stage.instruct();
    await stage.restart(() => overdue(id, 1_000));
    expect(await outcome(id)).toMatchObject({ state: 'aborted', reason: 'never-executed' });
  });

  it('starts and tests the new relay again', async () => {
    const tom = await stage.plane.established('tom');
    const { onTry } = stage.keeper;
    stage.keeper.onTry = async (run) => {
      const answer = await onTry(run);
      stage.keeper.status.candidate!.state = 'starting';
      return answer;
    };
    const { id } = await stage.instruct({ pairs: 2, when: 'now' });
    await until('the candidate', () => stage.keeper.status.candidate?.state === 'starting');
    stage.keeper.onTry = onTry;
    await stage.restart();
    expect((await stage.plane.ask('tess')).body).toMatchObject({ code: 'deployment-in-progress' });
    await stage.endInOrder(tom);
    expect(await outcome(id)).toMatchObject({ state: 'deployed' });
    expect(tried()).toHaveLength(2);
  });

  it('still halts the sessions, and the tested candidate takes over', async () => {
    const tom = await stage.plane.established('tom');
    const { id } = await stage.instruct({ pairs: 2, when: 'now' });
    await stage.plane.agent.awaitRequest('terminate', tom.id);
    await stage.restart();
    expect(await stage.get(id)).toMatchObject({ state: 'draining' });
    expect(stage.plane.relay.drained).toMatchObject({ draining: true });
    stage.plane.relay.onEndSession = (linkId, half) => {
      if (half === 'terminal') void stage.plane.relay.end(stage.plane.relay.links.get(linkId)!, half, 'control-plane');
    };
    await stage.plane.relay.end(tom.link, 'device', 'requested');
    expect(await outcome(id)).toMatchObject({ state: 'deployed', sessions: [{ outcome: 'ended' }] });
    expect(tried()).toHaveLength(1);
    await until('the notice', async () => (await noticesOf(tom.id)).length === 1);
  });

  it('has the whole time to halt the sessions again, however long the server was stopped', async () => {
    const tom = await stage.plane.established('tom');
    const { id } = await stage.instruct({ pairs: 2, when: 'now' });
    await stage.plane.agent.awaitRequest('terminate', tom.id);
    await stage.restart(() => overdue(id, 60 * 60_000));
    expect(await stage.get(id)).toMatchObject({ state: 'draining' });
    for (const half of HALVES) await stage.plane.relay.end(tom.link, half, 'requested');
    expect(await outcome(id)).toMatchObject({ state: 'deployed' });
  });

  it('is rolled back if the candidate ended with its keeper meanwhile', async () => {
    await stage.plane.established('tom');
    const { id } = await stage.instruct({ pairs: 2, when: 'now' });
    await stage.reaches(id, 'draining');
    const { links } = stage.plane.relay;
    await stage.restart(() => {
      stage.keeper.status.candidate = null;
      return Promise.resolve();
    });
    for (const link of links.values()) for (const half of HALVES) await stage.plane.relay.end(link, half, 'lost');
    expect(await outcome(id)).toMatchObject({ state: 'rolled-back', reason: 'keeper-lost' });
    expect(stage.keeper.asked.at(-1)).not.toMatch(/^take-over/);
  });

  it.each(['before', 'during', 'after'])('takes over, also if the server stopped %s the take-over', async (when) => {
    const { keeper } = stage;
    const { before, onTakeOver } = keeper;
    if (when === 'before')
      keeper.before = (method) => (method === 'take-over' ? new Promise(() => undefined) : before(method));
    if (when === 'during') keeper.onTakeOver = () => undefined;
    const { id } = await stage.instruct();
    await until('the take-over to be asked for', () => keeper.asked.some((asked) => asked.startsWith('take-over')));
    if (when === 'after') await until('the take-over', () => keeper.status.serving?.pairs === 2);
    await stage.restart(() => {
      Object.assign(keeper, { before, onTakeOver });
      return Promise.resolve();
    });
    expect(await outcome(id)).toMatchObject({ state: 'deployed' });
    expect(tried()).toHaveLength(1);
    expect(keeper.status).toMatchObject({ wanted: { pairs: 2 }, candidate: null });
  });

  it('still monitors the new relay', async () => {
    stage.monitorsForLong();
    const { id } = await stage.instruct();
    await stage.reaches(id, 'proving');
    await stage.restart();
    await stage.crashes('exit code 7');
    expect(await outcome(id)).toMatchObject({ state: 'rolled-back', reason: 'crashed' });
  });

  it('does not count a relay that its keeper has restarted as crashed', async () => {
    stage.monitorsForLong();
    const { id } = await stage.instruct();
    await stage.reaches(id, 'proving');
    await stage.restart(() => {
      stage.monitorsBriefly();
      return stage.keeperRestarts();
    });
    expect(await outcome(id)).toMatchObject({ state: 'deployed' });
  });

  it('still puts the earlier relay back in service', async () => {
    stage.monitorsForLong();
    const { keeper } = stage;
    const { onTry } = keeper;
    const { id } = await stage.instruct();
    await stage.reaches(id, 'proving');
    keeper.onTry = async (run) => {
      const answer = await onTry(run);
      keeper.status.candidate!.state = 'starting';
      return answer;
    };
    await stage.crashes('exit code 7');
    await until('the earlier one to start', () => keeper.status.candidate?.state === 'starting');
    keeper.onTry = onTry;
    await stage.restart();
    expect(await outcome(id)).toMatchObject({ state: 'rolled-back', reason: 'crashed' });
    expect(keeper.status).toMatchObject({ wanted: { file: null, pairs: 1 }, candidate: null });
  });

  it('notifies the user of a halted session who could not be notified before', async () => {
    const tom = await stage.plane.established('tom');
    const { id } = await stage.instruct({ pairs: 2, when: 'now' });
    await stage.endInOrder(tom);
    expect(await outcome(id)).toMatchObject({ state: 'deployed' });
    await until('the notice', async () => (await noticesOf(tom.id)).length === 1);
    await stage.restart(async () => {
      await stage.plane.write(`DELETE FROM notices WHERE "remoteSessionId" = '${tom.id}'`);
      await stage.plane.write(`UPDATE deployment_sessions SET "toldAt" = NULL WHERE "remoteSessionId" = '${tom.id}'`);
    });
    expect(await noticesOf(tom.id)).toHaveLength(1);
    await stage.restart();
    expect(await noticesOf(tom.id)).toHaveLength(1);
  });
});
