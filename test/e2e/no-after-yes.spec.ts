import { join } from 'node:path';
import { event } from '../../src/demo/scenario';
import { relayProcesses } from '../support/relay/relay-process';
import { TestStage } from '../support/stage/test-stage';

/** No program listens there (tcpmux), so agent and terminal keep dialling. */
const env = { PLATEN_RELAY_PUBLIC_URL: 'ws://127.0.0.1:1' };

let on: TestStage;
beforeAll(async () => {
  on = await TestStage.set({ env });
});
afterEach(() => on?.clear());
afterAll(() => on?.strike());

const approve = (id: string) => on.press(`/approvals/${id}`, { decision: 'approved' });

it.each([
  ['NO', (id: string) => on.press(`/approvals/${id}`, { decision: 'declined' })],
  ['End now', (id: string) => on.press(`/sessions/${id}/end`, {})],
])('%s while the agent is still dialling ends the session at once', async (_, press) => {
  const { connect, id } = await on.request('demo-mfp');
  await approve(id);
  await on.step('S172', id);
  await press(id);
  expect(await on.ended(id)).toMatchObject({
    ending: 'ended-by-device', // and not `expired`, as after CONNECT_MS
    device: { state: 'ended', startedAt: null },
    terminal: { state: 'ended', startedAt: null },
  });
  await connect.exited;
});

it('NO before the relay has answered ends the session at once, and no token is used', async () => {
  const master = relayProcesses(join(on.folder, 'server/relay'), 'master')[0]!;
  process.kill(master, 'SIGSTOP');
  try {
    const { connect, id } = await on.request('demo-mfp');
    await approve(id);
    await on.step('S145', id);
    await on.press(`/sessions/${id}/end`, {});
    expect(await on.ended(id)).toMatchObject({ ending: 'declined' });
    expect(await event(connect, 'error')).toMatchObject({ error: 'refused-at-device' });
    process.kill(master, 'SIGCONT');
    expect(on.stepsOf(id)).not.toEqual(expect.arrayContaining(['S171']));
  } finally {
    process.kill(master, 'SIGCONT');
  }
});

it('an agent that is stopped while it dials says so', async () => {
  const { id } = await on.request('demo-mfp');
  await approve(id);
  await on.step('S172', id);
  await on.stage.programs.agent.stop();
  expect(await on.ended(id)).toMatchObject({ ending: 'ended-by-device' });
  await on.restart('agent');
});
