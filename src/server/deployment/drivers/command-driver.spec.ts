import { isDeepStrictEqual } from 'node:util';
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, watch, writeFileSync, type FSWatcher } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ControlPlane } from '../../../../test/support/server/control-plane';
import { EAGER } from '../../../../test/support/deployment/deployment-plane';
import { startRealRelay } from '../../../../test/support/relay/real-relay';
import { setLimit, setLimits } from '../../../../test/support/relay/test-relay';
import { until } from '../../../../test/support/until';
import { deployment, type Deployment } from '../../../protocol/deployment';
import type { Relay } from '../../../relay/master/relay';

type Order = { action: string; version: string; pairs: number };

/** A relay that the server does not run: the command is a real program, which has this test replace the relay `east`. */
describe('a relay that a command deploys', () => {
  const folder = mkdtempSync(join(tmpdir(), 'platen-deploy-'));
  const command = join(folder, 'deploy');
  const orders = join(folder, 'orders');
  const done = join(folder, 'done');
  let plane: ControlPlane;
  let east: Relay | undefined;
  let watcher: FSWatcher | undefined;
  const carriedOut: string[] = [];
  /** What the operator of the relay does. */
  let carryOut: (order: Order) => Promise<void>;

  const write = (body: string) => {
    writeFileSync(command, `#!/bin/sh\n${body}\n`);
    chmodSync(command, 0o700);
  };
  const run = async (version: string, pairs: number) => {
    await east?.stop();
    east = await startRealRelay(plane, { id: 'east', instance: randomUUID(), version, pairs });
    await east.serve();
    await east.recover([]);
    await isKnown(version, pairs);
  };
  /** The server knows of it: what it waits for from then on is another one. */
  const isKnown = (version: string, pairs: number) =>
    until('the relay to be connected', async () =>
      (await relays()).some((each) =>
        isDeepStrictEqual({ ...each, id: 'east', connected: true, version, pairs }, each),
      ),
    );
  const relays = async () => (await plane.call('ada', 'GET', '/relays')).body as unknown as object[];

  beforeAll(async () => {
    writeFileSync(orders, '');
    setLimits(EAGER);
    plane = await ControlPlane.start({
      PLATEN_DEPLOY_COMMAND: command,
      PLATEN_DEPLOY_PROVE_SECONDS: '0.05',
    });
    let seen = 0;
    watcher = watch(folder, () => {
      const lines = readFileSync(orders, 'utf8').split('\n').slice(0, -1);
      for (const line of lines.slice(seen)) {
        seen++;
        const [action = '', version = '', pairs = ''] = line.split(' ');
        carriedOut.push(line);
        void carryOut({ action, version, pairs: Number(pairs) }).then(() => writeFileSync(done, 'yes'));
      }
    });
  });
  beforeEach(async () => {
    setLimit('TRIAL_MS', 60_000); // a good relay may be slow
    carriedOut.length = 0;
    carryOut = ({ version, pairs }) => run(version, pairs);
    write(
      `rm -f ${done}; echo "$PLATEN_DEPLOY_ACTION $PLATEN_DEPLOY_VERSION $PLATEN_DEPLOY_PAIRS" >> ${orders}
       while [ ! -e ${done} ]; do sleep 0.05; done; echo "$PLATEN_DEPLOY_RELAY: $PLATEN_DEPLOY_ACTION done"`,
    );
    await run('1.0.0', 1);
  });
  afterEach(() => {
    jest.restoreAllMocks();
    plane?.change({ PLATEN_DEPLOY_PROVE_SECONDS: '0.05' });
  });
  afterAll(async () => {
    await east?.stop();
    await plane?.stop();
    watcher?.close();
    rmSync(folder, { recursive: true });
  });

  const instruct = async (body: object): Promise<Deployment> =>
    deployment.parse((await plane.call('ada', 'POST', '/deployments', { relayId: 'east', ...body })).body);
  const outcome = (id: string): Promise<Deployment> =>
    until(
      `the end of deployment ${id}`,
      async () => {
        const seen = deployment.parse((await plane.call('ada', 'GET', `/deployments/${id}`)).body);
        return seen.finishedAt !== null && seen;
      },
      undefined,
      40,
    );

  it('is deployed, gets a trial through the addresses that peers dial, and the output is stored', async () => {
    const { id, from } = await instruct({ release: '1.1.0', pairs: 2 });
    expect(from).toEqual({ release: '1.0.0', version: '1.0.0', pairs: 1 });
    expect(await outcome(id)).toMatchObject({
      state: 'deployed',
      to: { release: '1.1.0', version: '1.1.0', pairs: 2 },
      output: 'east: deploy done\n',
      canRollBack: true,
    });
    expect(carriedOut).toEqual(['deploy 1.1.0 2']);
    expect(await relays()).toContainEqual(
      expect.objectContaining({ id: 'east', version: '1.1.0', pairs: 2, draining: false, driver: 'command' }),
    );
  });

  it('is rolled back with one click', async () => {
    const { id } = await instruct({ release: '1.1.0' });
    expect(await outcome(id)).toMatchObject({ state: 'deployed', canRollBack: true });
    const back = await plane.call('ada', 'POST', `/deployments/${id}/roll-back`);
    expect(await outcome(String(back.body.id))).toMatchObject({ state: 'deployed', to: { version: '1.0.0' } });
    expect(carriedOut).toEqual(['deploy 1.1.0 1', 'deploy 1.0.0 1']);
  });

  it('is rolled back by the same command if the command fails', async () => {
    write(
      `rm -f ${done}; echo "$PLATEN_DEPLOY_ACTION $PLATEN_DEPLOY_VERSION $PLATEN_DEPLOY_PAIRS" >> ${orders}
       [ $PLATEN_DEPLOY_ACTION = roll-back ] && echo back && exit 0; echo no space left; exit 28`,
    );
    carryOut = () => Promise.resolve();
    const { id } = await instruct({ release: '1.1.0' });
    expect(await outcome(id)).toMatchObject({
      state: 'rolled-back',
      reason: 'command-failed',
      detail: 'exit code 28',
      output: 'no space left\n\nback\n',
    });
    expect(carriedOut).toEqual(['deploy 1.1.0 1', 'roll-back 1.0.0 1']);
  });

  const wrong: [string, (order: Order) => Promise<void>, object][] = [
    ['another version', ({ pairs }) => run('1.0.5', pairs), { reason: 'wrong-version' }],
    ['fewer pairs', ({ version }) => run(version, 1), { reason: 'wrong-version' }],
    ['the earlier relay', () => Promise.resolve(), { reason: 'does-not-answer' }],
    [
      'a relay that cannot be dialled',
      async ({ version, pairs }) => {
        setLimit('TRIAL_MS', 500);
        await east?.stop();
        east = await startRealRelay(plane, { id: 'east', instance: randomUUID(), version, pairs });
        await east.recover([]);
        await isKnown(version, pairs);
      },
      { reason: 'trial-failed' },
    ],
  ];
  it.each(wrong)('is rolled back if the result is %s', async (_, doWrong, expected) => {
    setLimit('DEPLOYMENT_TAKE_OVER_MS', 1_500);
    carryOut = (order) => {
      if (order.action === 'deploy') return doWrong(order);
      setLimits({ DEPLOYMENT_TAKE_OVER_MS: 60_000, TRIAL_MS: 60_000 });
      return run(order.version, order.pairs);
    };
    const { id } = await instruct({ release: '1.1.0', pairs: 2 });
    expect(await outcome(id)).toMatchObject({ state: 'rolled-back', ...expected });
    expect(carriedOut).toEqual(['deploy 1.1.0 2', 'roll-back 1.0.0 1']);
  });

  it('is rolled back if it is restarted while it is being monitored', async () => {
    plane.change({ PLATEN_DEPLOY_PROVE_SECONDS: '60' });
    const { id } = await instruct({ release: '1.1.0' });
    const proving = async () => (await plane.call('ada', 'GET', `/deployments/${id}`)).body.state === 'proving';
    await until('the monitoring', proving, undefined, 20);
    await run('1.1.0', 1);
    expect(await outcome(id)).toMatchObject({ state: 'rolled-back', reason: 'crashed' });
    expect(carriedOut).toEqual(['deploy 1.1.0 1', 'roll-back 1.0.0 1']);
  });

  it('changes nothing if the command cannot be executed', async () => {
    chmodSync(command, 0o600);
    const { id } = await instruct({ release: '1.1.0' });
    expect(await outcome(id)).toMatchObject({ state: 'rolled-back', reason: 'command-failed' });
    expect(carriedOut).toEqual([]);
  });

  it('is not deployed while it is not connected', async () => {
    await east!.stop();
    east = undefined;
    const gone = { id: 'east', obstacle: 'not-connected' };
    const isGone = async () => (await relays()).some((each) => isDeepStrictEqual({ ...each, ...gone }, each));
    await until('it to disconnect', isGone, undefined, 20);
    const answer = await plane.call('ada', 'POST', '/deployments', { relayId: 'east', release: '1.1.0' });
    expect(answer).toMatchObject({ status: 404, body: { code: 'unknown-relay' } });
  });
});
