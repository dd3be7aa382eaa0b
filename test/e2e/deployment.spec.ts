import type { Deployment } from '../../src/protocol/deployment';
import { sha256 } from '../../src/tunnel/sha256';
import { DeploymentStage } from '../support/deployment/deployment-stage';
import { PAIRS, runningVersion, testDeploymentsWithSessions } from '../support/deployment/deployments-with-sessions';

const SESSIONS = 3; // test/endurance has a deployment with many
const MB = 1024 * 1024;

let on: DeploymentStage;
beforeAll(async () => {
  on = await DeploymentStage.set(SESSIONS + 1, {
    PLATEN_RELAY_PORT: '0',
    PLATEN_RELAY_PAIRS: String(PAIRS),
    PLATEN_DEPLOY_PROVE_SECONDS: '2',
  });
});
afterEach(() => on?.stage.clear());
afterAll(() => on?.strike());

describe(`a deployment with ${SESSIONS} open sessions`, () => testDeploymentsWithSessions(() => on, SESSIONS));

describe('a release that is broken', () => {
  it.each([
    ['does not start', '9.3.1', { flaw: 'does-not-start' }, 'does-not-start'],
    ['is of another version than it claims', '9.3.3', { builtAs: '9.9.9' }, 'wrong-version'],
  ] as const)('and %s ends no session', async (_, version, how, reason) => {
    const before = await runningVersion(on);
    await on.upload(version, how);
    const [carried] = await on.carry(1, 8 * MB);
    const { id } = await on.ask<Deployment>('POST', '/api/deployments', { release: version, when: 'now' });
    expect(await on.over(id)).toMatchObject({ state: 'rolled-back', reason });
    expect(await on.stage.session(carried!.id)).toMatchObject({ state: 'established', ending: null });
    carried!.transfer.hurry();
    expect(await carried!.transfer.ended).toBe(await hashOfDirect(8 * MB));
    expect(await runningVersion(on)).toBe(before);
  });
});

async function hashOfDirect(bytes: number): Promise<string> {
  const response = await fetch(`${on.stage.device('demo-mfp').url}/files/job-log-export.bin?size=${bytes}`);
  return sha256(Buffer.from(await response.arrayBuffer())).toString('base64url');
}
