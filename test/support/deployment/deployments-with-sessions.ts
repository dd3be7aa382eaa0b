import { event } from '../../../src/demo/scenario';
import type { Deployment } from '../../../src/protocol/deployment';
import type { Step } from '../../../src/protocol/steps';
import { UnauthenticatedPeers } from '../relay/unauthenticated-peers';
import { until } from '../until';
import type { Carried, DeploymentStage } from './deployment-stage';

/** More pairs than one: sessions of all of them have to end. */
export const PAIRS = 2;
const MB = 1024 * 1024;
const steps = (from: number, to: number): Step[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `S${from + index}` as Step);

/** Tests of a good and of a broken release, each deployed while this number of sessions is open. */
export function testDeploymentsWithSessions(on: () => DeploymentStage, sessions: number): void {
  it('of another release ends every session with its reason, refuses no connection, and has the new version answer', async () => {
    const before = await runningVersion(on());
    await on().upload('9.1.0');
    const carried = await on().carry(sessions, 64 * MB);
    const unauthenticated = await unauthenticatedPeers(on());

    const listed = await on().ask<Deployment>('POST', '/api/deployments', { release: '9.1.0' });
    expect(listed).toMatchObject({ state: 'listed', from: { version: before }, to: { version: '9.1.0' } });
    expect(listed.sessions.map(({ remoteSessionId }) => remoteSessionId).sort()).toEqual(
      carried.map(({ id }) => id).sort(),
    );
    await on().ask('POST', `/api/deployments/${listed.id}/execution`, {});
    const deployed = await on().over(listed.id);
    expect(deployed).toMatchObject({ state: 'deployed', reason: null });
    expect(deployed.sessions.map(({ outcome }) => outcome)).toEqual(Array(sessions).fill('ended'));

    await haltedInOrder(on(), carried);
    expect(await on().haltNotices(carried.map(({ id }) => id))).toEqual(Array(sessions).fill(1));
    const executed = await on().stage.logged(
      'the execution',
      ({ step, deploymentId }) => step === 'S317' && deploymentId === listed.id,
    );
    const lastEnd = Math.max(
      ...on()
        .stage.lines.filter(({ step }) => step === 'S334')
        .map(({ at }) => at),
    );
    expect(executed.at).toBeGreaterThan(lastEnd);
    expect(await runningVersion(on())).toBe('9.1.0');
    await on().works();
    for (const peers of unauthenticated) {
      await answered(peers);
      expect(peers.unanswered).toEqual([]);
    }
  }, 240_000);

  it('of a release that crashes while it proves itself is rolled back; sessions end with their reason, no connection is refused', async () => {
    const before = await runningVersion(on());
    await on().upload('9.2.0', { flaw: 'exits-while-proving' });
    const carried = await on().carry(sessions, 64 * MB);
    const unauthenticated = await unauthenticatedPeers(on());

    const { id } = await on().ask<Deployment>('POST', '/api/deployments', { release: '9.2.0', when: 'now' });
    const back = await on().over(id);
    expect(back).toMatchObject({ state: 'rolled-back', reason: 'crashed' });
    expect(back.output).toContain('broken on purpose');

    await haltedInOrder(on(), carried);
    expect(await on().haltNotices(carried.map(({ id }) => id))).toEqual(Array(sessions).fill(1));
    expect(await runningVersion(on())).toBe(before);
    await on().works();
    for (const peers of unauthenticated) {
      await answered(peers);
      expect(peers.outcomes.has('ECONNREFUSED')).toBe(false); // a relay that crashes only cuts the peer it is answering
    }
  }, 240_000);
}

export const runningVersion = async (on: DeploymentStage): Promise<string> => (await on.relay()).version;

async function haltedInOrder(on: DeploymentStage, carried: readonly Carried[]): Promise<void> {
  for (const { id, connect, transfer } of carried) {
    expect(await event(connect, 'ended')).toMatchObject({ ending: 'halted-by-deployment' });
    await connect.exited;
    transfer.cancel(); // what is under way would still come for a while
    expect(await transfer.ended).toBeUndefined();
    expect(await on.stage.ended(id)).toMatchObject({
      ending: 'halted-by-deployment',
      device: { state: 'ended', endReason: 'requested' },
      terminal: { state: 'ended', endReason: 'control-plane' },
    });
    for (const chain of [
      ['S314', ...steps(291, 299)],
      [...steps(295, 297), 'S315'],
      ['S297', ...steps(331, 338)],
    ] as Step[][])
      expect(await on.stage.inOrder(id, chain)).toEqual(chain);
  }
  expect(await on.endsAtRelay(carried.map(({ id }) => id))).toEqual(
    new Map(carried.map(({ id }) => [id, { device: 'requested', terminal: 'control-plane' }])),
  );
}

/** Peers that try to connect to each pair, one after the other, as long as the deployment lasts. */
const unauthenticatedPeers = async (on: DeploymentStage): Promise<UnauthenticatedPeers[]> =>
  (await on.relayPorts()).map(
    (port) => new UnauthenticatedPeers(`ws://127.0.0.1:${port}/web-agent`, { atOnce: 1, pauseMs: 20 }),
  );

/** Ends these attempts when enough of them were answered in order. */
async function answered(peers: UnauthenticatedPeers): Promise<void> {
  await until('unauthenticated peers to be answered', () => (peers.outcomes.get('unknown-session') ?? 0) > 50);
  await peers.stop();
}
