import { ControlPlane } from '../../../test/support/server/control-plane';
import { until } from '../../../test/support/until';
import { agentUpdates, type ReportedUpdate } from '../../protocol/agent-update';
import { reportUpdate } from '../../protocol/control-channel';
import { AgentUpdatesRepository } from './agent-updates.repository';

describe('updates of agents', () => {
  let plane: ControlPlane;
  beforeAll(async () => {
    plane = await ControlPlane.start();
  });
  afterAll(() => plane?.stop());
  afterEach(() => jest.restoreAllMocks());

  const report = (phase: ReportedUpdate['phase'], detail = '') =>
    plane.agent.ask(reportUpdate, { permitted: true, phase, version: '9.9.9', detail });
  const read = async () => {
    const { agents } = agentUpdates.parse((await plane.call('ada', 'GET', '/agent-updates')).body);
    return agents.find(({ id }) => id === 'box');
  };

  it('are in the phase that was reported last, although an earlier report takes longer to be stored', async () => {
    let proceed = (): void => undefined;
    const held = new Promise<void>((resolve) => (proceed = resolve));
    const { prototype } = AgentUpdatesRepository;
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its object
    const { report: store } = prototype;
    const stored = jest.spyOn(prototype, 'report').mockImplementationOnce(async function (
      this: typeof prototype,
      ...call
    ) {
      await held;
      return store.apply(this, call);
    });
    const earlier = report('downloading');
    await until('the first report', () => stored.mock.calls.length > 0);
    const later = report('refused', 'no space');
    // the agent's requests are handled in order: the second report has been handled, too, if it does not wait
    await plane.agent.settled();
    proceed();
    await Promise.all([earlier, later]);
    expect(await read()).toMatchObject({ phase: 'refused', detail: 'no space' });
  });
});
