import type { Deployment } from '../../src/protocol/deployment';
import { DeploymentStage } from '../support/deployment/deployment-stage';
import { PAIRS, runningVersion, testDeploymentsWithSessions } from '../support/deployment/deployments-with-sessions';
import { until } from '../support/until';

const SESSIONS = 20;

let on: DeploymentStage;
beforeAll(async () => {
  on = await DeploymentStage.set(SESSIONS + 1, {
    PLATEN_RELAY_PORT: '0',
    PLATEN_RELAY_PAIRS: String(PAIRS),
    PLATEN_DEPLOY_PROVE_SECONDS: '3',
  });
});
afterEach(() => on?.stage.clear());
afterAll(() => on?.strike());

describe(`a deployment with ${SESSIONS} open sessions`, () => testDeploymentsWithSessions(() => on, SESSIONS));

describe('a release that is noticed to be broken when a time limit is over', () => {
  it.each([
    ['starts and hangs', '9.3.2', 'hangs', 'does-not-answer'],
    ['loses bytes', '9.3.4', 'loses-bytes', 'trial-failed'],
  ] as const)('and %s ends no session', async (_, version, flaw, reason) => {
    const before = await runningVersion(on);
    await on.upload(version, { flaw });
    const [carried] = await on.carry(1, 64 * 1024 * 1024);
    const { id } = await on.ask<Deployment>('POST', '/api/deployments', { release: version, when: 'now' });
    expect(await on.over(id)).toMatchObject({ state: 'rolled-back', reason });
    expect(await on.stage.session(carried!.id)).toMatchObject({ state: 'established', ending: null });
    const received = carried!.transfer.received();
    await until('further bytes of the session', () => carried!.transfer.received() > received);
    carried!.transfer.cancel();
    expect(await runningVersion(on)).toBe(before);
  });
});
