import { event } from '../../src/demo/scenario';
import { TestStage } from '../support/test-stage';

/** Waits that are minutes in life are seconds here. */
const env = { PLATEN_APPROVAL_SECONDS: '2', PLATEN_CONNECT_SECONDS: '3', PLATEN_HALF_END_SECONDS: '3' };
let on: TestStage;
beforeAll(async () => {
  on = await TestStage.set({ env });
}, 120_000);
afterEach(() => on?.clear(), 60_000);
afterAll(() => on?.strike(), 60_000);

it('nobody answers: nothing is started, the request expires, the screen is taken away', async () => {
  const { connect, id } = await on.request('demo-mfp');
  expect(await event(connect, 'error')).toMatchObject({ error: 'no-answer' });
  expect(await connect.exited).not.toBe(0);
  expect(await on.ended(id)).toMatchObject({ ending: 'expired', approvedAt: null, validUntil: null });
  expect(on.stepsOf(id).filter((step) => step >= 'S144' && step < 'S201')).toEqual([]);
  await expect(on.press(`/approvals/${id}`, { decision: 'approved' })).rejects.toThrow();
});

it('the terminal never connects: the token expires, both halves are logged', async () => {
  const { connect, id } = await on.request('demo-mfp');
  connect.child.kill('SIGSTOP');
  await on.press(`/approvals/${id}`, { decision: 'approved' });
  await on.step('S180', id);
  expect(await on.ended(id)).toMatchObject({
    ending: 'expired',
    device: { state: 'ended' },
    terminal: { state: 'ended', endReason: 'never-connected' },
  });
  connect.child.kill('SIGCONT');
  expect(await connect.exited).not.toBe(0);
});

it('the agent does not answer any more: the relay ends both halves', async () => {
  const { connect, id } = await on.connect('demo-mfp');
  on.stage.programs.agent.child.kill('SIGSTOP');
  try {
    connect.child.kill('SIGINT');
    await connect.exited;
    expect(await on.ended(id)).toMatchObject({
      ending: 'ended-by-terminal',
      terminal: { endReason: 'requested' },
      device: { endReason: 'control-plane' },
    });
  } finally {
    on.stage.programs.agent.child.kill('SIGCONT');
  }
});
