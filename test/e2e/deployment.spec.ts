import type { Deployment } from '../../src/protocol/deployment';
import type { Step } from '../../src/protocol/steps';
import { event } from '../../src/demo/scenario';
import { sha256 } from '../../src/tunnel/sha256';
import { DeploymentStage, type Carried } from '../support/deployment/deployment-stage';
import { UnauthenticatedPeers } from '../support/relay/unauthenticated-peers';

const SESSIONS = 20;
const PAIRS = 2;
const MB = 1024 * 1024;
const steps = (from: number, to: number): Step[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `S${from + index}` as Step);

let on: DeploymentStage;
beforeAll(async () => {
  on = await DeploymentStage.set(SESSIONS + 1, {
    PLATEN_RELAY_PORT: '0',
    PLATEN_RELAY_PAIRS: String(PAIRS),
    PLATEN_DEPLOY_PROVE_SECONDS: '3',
  });
}, 180_000);
afterEach(() => on?.stage.clear(), 120_000);
afterAll(() => on?.strike(), 60_000);

async function haltedInOrder(carried: readonly Carried[]): Promise<void> {
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
    ] as Step[][]) {
      await on.stage.step(chain.at(-1)!, id);
      expect(on.stage.stepsOf(id).filter((step) => chain.includes(step as Step))).toEqual(chain);
    }
  }
  expect(await on.endsAtRelay(carried.map(({ id }) => id))).toEqual(
    new Map(carried.map(({ id }) => [id, { device: 'requested', terminal: 'control-plane' }])),
  );
}

/** Strangers at the port of every pair, throughout. */
const unauthenticatedPeers = async (): Promise<UnauthenticatedPeers[]> =>
  (await on.relayPorts()).map(
    (port) => new UnauthenticatedPeers(`ws://127.0.0.1:${port}/web-agent`, { atOnce: 1, pauseMs: 20 }),
  );
const runningVersion = async (): Promise<string> => (await on.relay()).version;

describe('a deployment with 20 live sessions', () => {
  it('of another release: every session ends with its reason, nobody is refused, the new version answers', async () => {
    const before = await runningVersion();
    await on.upload('9.1.0');
    const carried = await on.carry(SESSIONS, 64 * MB);
    const unauthenticated = await unauthenticatedPeers();

    const listed = await on.ask<Deployment>('POST', '/api/deployments', { release: '9.1.0' });
    expect(listed).toMatchObject({ state: 'listed', from: { version: before }, to: { version: '9.1.0' } });
    expect(listed.sessions.map(({ remoteSessionId }) => remoteSessionId).sort()).toEqual(
      carried.map(({ id }) => id).sort(),
    );
    await on.ask('POST', `/api/deployments/${listed.id}/execution`, {});
    const deployed = await on.over(listed.id);
    expect(deployed).toMatchObject({ state: 'deployed', reason: null });
    expect(deployed.sessions.map(({ outcome }) => outcome)).toEqual(Array(SESSIONS).fill('ended'));

    await haltedInOrder(carried);
    expect(await on.told(carried.map(({ id }) => id))).toEqual(Array(SESSIONS).fill(1));
    const executed = on.stage.lines.find(({ step, deploymentId }) => step === 'S317' && deploymentId === listed.id)!;
    const lastEnd = Math.max(...on.stage.lines.filter(({ step }) => step === 'S334').map(({ at }) => at));
    expect(executed.at).toBeGreaterThan(lastEnd);
    expect(await runningVersion()).toBe('9.1.0');
    await on.works();
    for (const peers of unauthenticated) {
      await peers.stop();
      expect(peers.unanswered).toEqual([]);
      expect(peers.attempts).toBeGreaterThan(50);
    }
  }, 240_000);

  it('of a release that breaks after it took over: rolled back, every session with its reason, nobody refused', async () => {
    const before = await runningVersion();
    await on.upload('9.2.0', { flaw: 'exits-while-proving' });
    const carried = await on.carry(SESSIONS, 64 * MB);
    const unauthenticated = await unauthenticatedPeers();

    const { id } = await on.ask<Deployment>('POST', '/api/deployments', { release: '9.2.0', when: 'now' });
    const back = await on.over(id);
    expect(back).toMatchObject({ state: 'rolled-back', reason: 'crashed' });
    expect(back.output).toContain('broken on purpose');

    await haltedInOrder(carried);
    expect(await on.told(carried.map(({ id }) => id))).toEqual(Array(SESSIONS).fill(1));
    expect(await runningVersion()).toBe(before);
    await on.works();
    for (const peers of unauthenticated) {
      await peers.stop();
      expect(peers.outcomes.get('unknown-session')).toBeGreaterThan(50);
      expect(peers.outcomes.has('ECONNREFUSED')).toBe(false); // whom a dying relay was just answering is cut
    }
  }, 240_000);
});

describe('a release that is broken', () => {
  it.each([
    ['does not start', '9.3.1', { flaw: 'does-not-start' }, 'does-not-start'],
    ['starts and hangs', '9.3.2', { flaw: 'hangs' }, 'does-not-answer'],
    ['is another version than it says', '9.3.3', { builtAs: '9.9.9' }, 'wrong-version'],
    ['loses bytes', '9.3.4', { flaw: 'loses-bytes' }, 'trial-failed'],
  ] as const)(
    'and %s costs nobody a session',
    async (_, version, how, reason) => {
      const before = await runningVersion();
      await on.upload(version, how);
      const [carried] = await on.carry(1, 8 * MB);
      const { id } = await on.ask<Deployment>('POST', '/api/deployments', { release: version, when: 'now' });
      expect(await on.over(id)).toMatchObject({ state: 'rolled-back', reason });
      expect(await on.stage.session(carried!.id)).toMatchObject({ state: 'established', ending: null });
      carried!.transfer.hurry();
      expect(await carried!.transfer.ended).toBe(await hashOfDirect(8 * MB));
      expect(await runningVersion()).toBe(before);
    },
    180_000,
  );
});

async function hashOfDirect(bytes: number): Promise<string> {
  const response = await fetch(`${on.stage.device('demo-mfp').url}/files/job-log-export.bin?size=${bytes}`);
  return sha256(Buffer.from(await response.arrayBuffer())).toString('base64url');
}
