import { join } from 'node:path';
import { sessionConnection } from '../../src/protocol/api';
import type { Deployment, DeploymentState } from '../../src/protocol/deployment';
import type { Program } from '../../src/demo/programs';
import { event } from '../../src/demo/scenario';
import { sha256 } from '../../src/tunnel/sha256';
import { DeploymentStage, type Carried } from '../support/deployment/deployment-stage';
import { relayProcesses } from '../support/relay/relay-process';
import { until } from '../support/until';

const LASTING = 64 * 1024 * 1024;
const SOON_OVER = 8 * 1024 * 1024;

let on: DeploymentStage;
let server: Program;
beforeAll(async () => {
  on = await DeploymentStage.set(3, {
    PLATEN_RELAY_PORT: '0',
    PLATEN_DEPLOY_PROVE_SECONDS: '2',
    PLATEN_HALF_END_SECONDS: '20', // longer than an agent needs to come back to a server that was started again
  });
  server = on.stage.stage.programs.server;
});
afterEach(() => on?.stage.clear());
afterAll(() => on?.strike());

/** A deployment of one pair more, or of one less. */
async function instruct(when: 'now' | 'ask' | 'idle'): Promise<Deployment> {
  const { pairs } = await on.relay();
  return on.ask('POST', '/api/deployments', { pairs: pairs === 1 ? 2 : 1, when });
}
const execute = (id: string) => on.ask('POST', `/api/deployments/${id}/execution`, {});
const idsOf = (carried: readonly Carried[]) => carried.map(({ id }) => id);

/** What holds after every deployment, whatever has died: the right relay serves, alone, and takes new sessions. */
async function settled({ state, reason, from, to }: Deployment): Promise<void> {
  const there = state === 'deployed' ? to : from;
  expect(reason === null).toBe(state === 'deployed');
  const relay = await until('the relay to be back', async () => on.relay().catch(() => undefined), undefined, 100);
  expect(relay).toMatchObject({ version: there.version, pairs: there.pairs, connected: true, draining: false });
  expect(await on.keeper()).toMatchObject({
    serving: { state: 'serving', pairs: there.pairs },
    wanted: { pairs: there.pairs },
    candidate: null,
  });
  await on.works();
}

/** Each ended for the deployment, by request of its own device, and its user was notified once. */
async function halted(carried: readonly Carried[], deployment: Deployment): Promise<void> {
  for (const { id, connect, transfer } of carried) {
    expect(await event(connect, 'ended')).toMatchObject({ ending: 'halted-by-deployment' });
    transfer.cancel();
    expect(await on.stage.ended(id)).toMatchObject({
      ending: 'halted-by-deployment',
      device: { endReason: 'requested' },
      terminal: { endReason: 'control-plane' },
    });
  }
  expect(await on.endsAtRelay(idsOf(carried))).toEqual(
    new Map(carried.map(({ id }) => [id, { device: 'requested', terminal: 'control-plane' }])),
  );
  expect(deployment.sessions.map(({ outcome }) => outcome)).toEqual(carried.map(() => 'ended'));
  expect(await on.haltNotices(idsOf(carried))).toEqual(carried.map(() => 1));
}

/** Each continued undisturbed, and no user was notified. */
async function untouched(carried: readonly Carried[]): Promise<void> {
  const direct = await fetch(`${on.stage.device('demo-mfp').url}/files/job-log-export.bin?size=${SOON_OVER}`);
  const whole = sha256(Buffer.from(await direct.arrayBuffer())).toString('base64url');
  for (const { id, transfer } of carried) {
    transfer.hurry();
    expect(await transfer.ended).toBe(whole);
    expect(await on.stage.session(id)).toMatchObject({ state: 'established', ending: null });
  }
  expect(await on.haltNotices(idsOf(carried))).toEqual(carried.map(() => 0));
}

/** Each was cut off with the relay: why, both logs tell. A deployment that was about to halt it tells its user so. */
async function cut(carried: readonly Carried[], why: string): Promise<void> {
  for (const { id, connect, transfer } of carried) {
    await connect.exited;
    transfer.cancel();
    const { ending, device, terminal } = await on.stage.ended(id);
    expect([device.endReason, terminal.endReason]).toEqual([why, why]);
    expect(['lost-relay', 'halted-by-deployment']).toContain(ending);
    expect(await on.haltNotices([id])).toEqual([ending === 'halted-by-deployment' ? 1 : 0]);
  }
  expect(await on.endsAtRelay(idsOf(carried))).toEqual(
    new Map(carried.map(({ id }) => [id, { device: why, terminal: why }])),
  );
}

describe('another number of pairs', () => {
  it('three sessions are at three ports; rolled back, they are halted and the earlier number serves', async () => {
    const { pairs } = await on.relay();
    const grown = await on.ask<Deployment>('POST', '/api/deployments', { pairs: pairs + 2 });
    const deployed = await on.over(grown.id);
    expect(deployed).toMatchObject({ state: 'deployed', canRollBack: true });
    const carried: (Carried & { port: number })[] = [];
    for (const device of on.devices) carried.push(await carriedAt(device));
    expect(carried.map(({ port }) => port).sort()).toEqual((await on.relayPorts()).sort());

    const listed = await on.ask<Deployment>('POST', `/api/deployments/${deployed.id}/roll-back`);
    expect(listed).toMatchObject({ state: 'listed', to: { pairs } });
    await execute(listed.id);
    const back = await on.over(listed.id);
    expect(back).toMatchObject({ state: 'deployed', to: { pairs } });
    await halted(carried, back);
    await settled(back);
  });

  /** A live session, and which port of the relay the connection information names. */
  async function carriedAt(device: string): Promise<Carried & { port: number }> {
    const { connect, id } = await on.stage.request(device);
    connect.child.kill('SIGSTOP'); // it must not take its own connection information yet
    await on.stage.press(`/approvals/${id}`, { decision: 'approved' });
    await on.stage.step('S180', id);
    const answer = sessionConnection.parse(await on.stage.get(`/api/sessions/${id}/connection`));
    if (answer.status !== 'ready') throw new Error(`connection information is ${answer.status}`);
    connect.child.kill('SIGCONT');
    const url = String((await event(connect, 'listening')).url);
    const port = Number(new URL(answer.connection.url).port);
    return { id, connect, url, port, transfer: on.download(url, LASTING) };
  }
});

describe('a deployment that is put off', () => {
  it('waits until the relay is idle: no session ends, and requests wait meanwhile', async () => {
    const [carried] = await on.carry(1, SOON_OVER);
    const { id } = await instruct('idle');
    const early = await on.stage.request(on.devices[1]!);
    carried!.transfer.hurry();
    expect(await carried!.transfer.ended).toEqual(expect.any(String));
    const asking = ['connect', on.devices[2]!, 'web', '--reason', 'Late', '--json'];
    let late!: Program;
    await on.withStoppedKeeper(async () => {
      carried!.connect.child.kill('SIGINT');
      await on.reached(id, 'trying');
      late = on.stage.stage.platen('terminal', asking);
      await on.stage.press(`/approvals/${early.id}`, { decision: 'approved' });
      await event(late, 'deployment');
    });
    try {
      expect((await on.stage.ended(carried!.id)).ending).toBe('ended-by-terminal');
      expect(await on.over(id)).toMatchObject({ state: 'deployed', sessions: [{ outcome: 'ended-by-itself' }] });
      expect(await on.haltNotices([carried!.id])).toEqual([0]);
      const { sessionId } = await event(late, 'requested');
      await on.stage.step('S143', sessionId);
      await on.stage.press(`/approvals/${sessionId}`, { decision: 'approved' });
      for (const connect of [early.connect, late]) {
        const { url } = await event(connect, 'listening');
        expect((await fetch(String(url))).status).toBe(200);
        connect.child.kill('SIGINT');
        expect(await connect.exited).toBe(0);
      }
      await on.stage.ended(sessionId);
    } finally {
      await late.stop('SIGKILL');
    }
    await settled(await on.over(id));
  });

  it('is aborted: the sessions continue', async () => {
    const carried = await on.carry(2, SOON_OVER);
    const { id, state } = await instruct('ask');
    expect(state).toBe('listed');
    await on.ask('POST', `/api/deployments/${id}/abortion`);
    const aborted = await on.over(id);
    expect(aborted).toMatchObject({ state: 'aborted', reason: 'aborted-by-administrator', executedAt: null });
    await untouched(carried);
    await settled(aborted);
  });

  it('is listed still when the server has been stopped and started; aborted, it has changed nothing', async () => {
    const carried = await on.carry(1, LASTING);
    const { id } = await instruct('ask');
    expect(await server.stop('SIGTERM')).toBe(0);
    server = await on.stage.restart('server');
    expect(await on.ask('GET', `/api/deployments/${id}`)).toMatchObject({
      state: 'listed',
      sessions: [{ outcome: 'ended-by-itself' }], // with its relay, which the server stops
    });
    await on.ask('POST', `/api/deployments/${id}/abortion`);
    const aborted = await on.over(id);
    expect(aborted).toMatchObject({ state: 'aborted', reason: 'aborted-by-administrator', executedAt: null });
    await cut(carried, 'relay-stopped');
    await settled(aborted);
  });
});

describe('in the middle of a deployment a program of the relay is killed', () => {
  const candidate = () => until('a candidate', async () => (await on.keeper()).candidate);
  const keeper = () => relayProcesses(join(on.stage.folder, 'server/relay'), 'relay')[0]!;
  type Case = [
    string,
    { during: DeploymentState; pid: () => Promise<number>; ends: Partial<Deployment>; bytes: number },
    (carried: Carried[], deployment: Deployment) => Promise<void>,
  ];
  const cases: Case[] = [
    [
      'the new Master, while it is tried: it is given up, and no session notices',
      {
        during: 'trying',
        pid: async () => (await candidate()).pid,
        ends: { state: 'rolled-back', reason: 'does-not-start' },
        bytes: SOON_OVER,
      },
      untouched,
    ],
    [
      'the Master that serves, while the new one is tried: that takes over as it was to',
      {
        during: 'trying',
        pid: async () => (await candidate()) && (await on.keeper()).serving!.pid,
        ends: { state: 'deployed' },
        bytes: LASTING,
      },
      (carried) => cut(carried, 'relay-restarted'),
    ],
    [
      'the keeper, while the new Master is tried: the earlier relay is back',
      {
        during: 'trying',
        pid: async () => (await candidate()) && keeper(),
        ends: { state: 'rolled-back', reason: 'keeper-lost' },
        bytes: LASTING,
      },
      (carried) => cut(carried, 'relay-stopped'),
    ],
    [
      'the keeper, while the new relay is watched: the next one runs that',
      { during: 'proving', pid: () => Promise.resolve(keeper()), ends: { state: 'deployed' }, bytes: LASTING },
      halted,
    ],
  ];

  it.each(cases)('%s', async (_, { during, pid, ends, bytes }, became) => {
    const carried = await on.carry(2, bytes);
    const { id } = await instruct('now');
    await on.reached(id, during);
    process.kill(await pid(), 'SIGKILL');
    const over = await on.over(id);
    expect(over).toMatchObject(ends);
    await became(carried, over);
    await settled(over);
  });
});

describe('the server is killed', () => {
  it.each([
    ['while the new relay is tried', 'trying'],
    ['while sessions are halted', 'draining'],
    ['while the new relay takes over', 'taking-over'],
    ['while the new relay is watched', 'proving'],
  ] as const)('%s: it continues where it was', async (_, state) => {
    const carried = await on.carry(2, LASTING);
    const { id } = await instruct('now');
    await on.reached(id, state);
    if (state === 'draining') await on.stage.step('S314', carried[0]!.id);
    server.child.kill('SIGKILL'); // which may find it in a later state, if this process was stopped for a moment
    await server.exited;
    server = await on.stage.restart('server');
    const over = await on.over(id);
    expect(over).toMatchObject({ state: 'deployed', reason: null });
    await halted(carried, over);
    await settled(over);
  });
});
