import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { event } from '../../src/demo/scenario';
import type { Deployment } from '../../src/protocol/deployment';
import { DeploymentStage } from '../support/deployment/deployment-stage';
import type { TestStage } from '../support/stage/test-stage';
import { until } from '../support/until';

/** Waits that are minutes in life are seconds here, as few as a busy machine needs for what must not be waited for. */
const env = {
  PLATEN_APPROVAL_SECONDS: '12',
  PLATEN_CONNECT_SECONDS: '15',
  PLATEN_HALF_END_SECONDS: '12',
  PLATEN_DEPLOY_PROVE_SECONDS: '1',
};
let deployments: DeploymentStage;
let on: TestStage;
beforeAll(async () => {
  deployments = await DeploymentStage.set(2, env);
  on = deployments.stage;
});
afterEach(() => on?.clear());
afterAll(() => deployments?.strike());

it('without an answer nothing starts, the request expires, and the approval screen closes', async () => {
  const { connect, id } = await on.request('demo-mfp');
  expect(await event(connect, 'error')).toMatchObject({ error: 'no-answer' });
  expect(await connect.exited).not.toBe(0);
  expect(await on.ended(id)).toMatchObject({ ending: 'expired', approvedAt: null, validUntil: null });
  expect(on.stepsOf(id).filter((step) => step >= 'S144' && step < 'S201')).toEqual([]);
  const history = () => readFile(join(on.folder, 'agent', 'ended-sessions.jsonl'), 'utf8').catch(() => '');
  await until('the agent to have closed it', async () => (await history()).includes(id));
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

it('the agent does not answer a deployment: its sessions are ended by force at the deadline, and it says so', async () => {
  const { agent } = on.stage.programs;
  const carried = await deployments.carry(2, 64 * 1024 * 1024);
  const ids = carried.map(({ id }) => id);
  agent.child.kill('SIGSTOP');
  try {
    const { id } = await deployments.ask<Deployment>('POST', '/api/deployments', { pairs: 2, when: 'now' });
    expect(await deployments.over(id)).toMatchObject({
      state: 'deployed',
      reason: null,
      sessions: [{ outcome: 'forced' }, { outcome: 'forced' }],
    });
    for (const { id: session, connect } of carried) {
      await connect.exited;
      expect(await on.ended(session)).toMatchObject({
        ending: 'halted-by-deployment',
        device: { endReason: 'control-plane' },
        terminal: { endReason: 'control-plane' },
      });
    }
    expect(await deployments.haltNotices(ids)).toEqual([1, 1]);
  } finally {
    agent.child.kill('SIGCONT');
  }
  await deployments.works();
});
