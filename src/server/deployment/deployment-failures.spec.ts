import { DeploymentPlane, VERSION } from '../../../test/support/deployment/deployment-plane';
import { setLimit } from '../../../test/support/relay/test-relay';
import { until } from '../../../test/support/until';
import { LIMITS } from '../../protocol/limits';
import { RpcRefused } from '../../tunnel/json-rpc.errors';

/** Failures of a new relay, or of the one in service; each ends with a relay in service, and a reason. */
describe('a deployment that fails', () => {
  let stage: DeploymentPlane;
  beforeAll(async () => (stage = await DeploymentPlane.start()));
  afterEach(() => jest.restoreAllMocks());
  afterEach(() => stage.reset());
  afterAll(() => stage?.stop());

  const outcome = async (id: string) => stage.reaches(id, 'deployed', 'rolled-back', 'failed');
  const earlierServes = () => {
    const { status } = stage.keeper;
    expect(status).toMatchObject({ candidate: null, wanted: { file: null, pairs: 1 } });
    return until('new sessions to be admitted', async () => (await stage.plane.ask('tess')).status === 201);
  };

  /** The trial may take the whole time of its state, so that no time is left in which the candidate may start. */
  const noTimeToStart = () => setLimit('TRIAL_MS', LIMITS.DEPLOYMENT_TRIAL_MS);

  /** The keeper starts a program that is not a relay. */
  const mute = (instance: string, more: object = {}) => {
    const { keeper } = stage;
    keeper.onTry = (run) => {
      keeper.status.candidate = {
        ...keeper.status.serving!,
        ...run,
        instance,
        state: 'starting',
        version: null,
        ...more,
      };
      return { outcome: 'started', instance };
    };
  };
  const INSTANCE = '0c9d8e7f-6a5b-4c3d-8e1f-2a3b4c5d6e7f';

  const bad: [what: string, spoil: () => void, expected: object][] = [
    [
      'does not start',
      () => {
        mute(INSTANCE);
        const { onTry } = stage.keeper;
        stage.keeper.onTry = async (run) => {
          const answer = await onTry(run);
          stage.keeper.crash('exit code 3', 'Error: no such module\n    at somewhere');
          return answer;
        };
      },
      { reason: 'does-not-start', detail: 'exit code 3', output: expect.stringContaining('no such module') },
    ],
    [
      'hangs',
      () => {
        noTimeToStart();
        mute(INSTANCE);
      },
      { reason: 'does-not-answer', detail: expect.stringContaining('not started') },
    ],
    [
      'reports to its keeper only',
      () => {
        noTimeToStart();
        mute(INSTANCE, { state: 'ready', version: VERSION });
      },
      { reason: 'does-not-answer', detail: expect.stringContaining('not reported') },
    ],
    [
      'uses another protocol version',
      () => mute(INSTANCE, { state: 'ready', version: VERSION, protocol: 99 }),
      { reason: 'wrong-protocol', detail: expect.stringContaining('99') },
    ],
    [
      'is another version',
      () => {
        stage.keeper.onTry = async (run) => ({ outcome: 'started', instance: await stage.candidate(run, '0.0.1') });
      },
      { reason: 'wrong-version', detail: expect.stringContaining('0.0.1') },
    ],
    [
      'has fewer pairs',
      () => {
        stage.keeper.onTry = async (run) => ({
          outcome: 'started',
          instance: await stage.candidate({ ...run, pairs: 1 }),
        });
      },
      { reason: 'does-not-answer', detail: expect.stringContaining('1 pairs') },
    ],
    [
      'carries no synthetic session',
      () => {
        setLimit('TRIAL_MS', 200);
        const { keeper } = stage;
        keeper.onTry = async (run) => {
          const instance = INSTANCE;
          keeper.status.candidate = { ...keeper.status.serving!, ...run, instance, state: 'ready' };
          // a link to this server without pairs
          await stage.hollow(instance, 2, 'candidate');
          return { outcome: 'started', instance };
        };
      },
      { reason: 'trial-failed' },
    ],
    [
      'needs a port that is in use',
      () => {
        stage.keeper.onTry = () => ({ outcome: 'port-in-use', detail: '127.0.0.1:8091: another program is using it' });
      },
      { reason: 'port-in-use', detail: expect.stringContaining('8091') },
    ],
    [
      'is lost with its keeper',
      () => {
        mute(INSTANCE);
        const { onTry } = stage.keeper;
        stage.keeper.onTry = async (run) => {
          const answer = await onTry(run);
          stage.keeper.status.candidate = null;
          return answer;
        };
      },
      { reason: 'keeper-lost' },
    ],
  ];
  it.each(bad)('is rolled back if the new relay %s, and no session ends', async (_, spoil, expected) => {
    const tom = await stage.plane.established('tom');
    spoil();
    const { id } = await stage.instruct({ pairs: 2, when: 'now' });
    expect(await outcome(id)).toMatchObject({ state: 'rolled-back', ...expected });
    expect(await stage.plane.session(tom.id)).toMatchObject({ state: 'established' });
    await earlierServes();
  });

  const noTakeOver: [what: string, spoil: () => void, expected: object][] = [
    [
      'cannot be stored on a full disk',
      () => {
        stage.keeper.before = (method) =>
          method === 'take-over' ? Promise.reject(new RpcRefused(-32060, 'ENOSPC')) : Promise.resolve();
      },
      { reason: 'take-over-failed', detail: expect.stringContaining('ENOSPC') },
    ],
    [
      'exits during the take-over',
      () => {
        stage.keeper.onTakeOver = () => stage.keeper.crash('SIGSEGV', 'the last line');
      },
      { reason: 'take-over-failed', detail: 'SIGSEGV', output: 'the last line' },
    ],
    [
      'is never in service',
      () => {
        setLimit('DEPLOYMENT_TAKE_OVER_MS', 200);
        setLimit('RETRY_MAX_MS', 100);
        stage.keeper.onTakeOver = () => undefined;
      },
      { reason: 'take-over-failed', detail: expect.stringContaining('in time') },
    ],
  ];
  it.each(noTakeOver)('is rolled back if the new relay %s', async (_, spoil, expected) => {
    spoil();
    const { id } = await stage.instruct();
    expect(await outcome(id)).toMatchObject({ state: 'rolled-back', ...expected });
    await earlierServes();
  });

  it('repeats its requests until a restarted keeper answers', async () => {
    const { keeper } = stage;
    const { onTry } = keeper;
    const gone = new Promise<void>((resolve) => {
      keeper.onTry = async () => {
        await keeper.stop();
        resolve();
        throw new Error('killed');
      };
    });
    const { id } = await stage.instruct();
    await gone;
    expect(await stage.get(id)).toMatchObject({ state: 'trying' });
    keeper.onTry = onTry;
    await keeper.listen();
    expect(await outcome(id)).toMatchObject({ state: 'deployed' });
  });

  it('fails if the keeper never answers again', async () => {
    setLimit('DEPLOYMENT_TRIAL_MS', 500);
    noTimeToStart();
    const { keeper } = stage;
    keeper.onTry = async () => {
      await keeper.stop();
      throw new Error('killed');
    };
    const { id } = await stage.instruct();
    const ended = await outcome(id);
    await keeper.listen();
    expect(ended).toMatchObject({ state: 'failed', reason: 'keeper-lost' });
    expect(stage.plane.relay.drained).toMatchObject({ draining: false });
  });

  describe('once the new relay is in service', () => {
    const proving = async () => {
      stage.monitorsForLong();
      const { id } = await stage.instruct();
      await stage.reaches(id, 'proving');
      return id;
    };

    it('is rolled back if the new relay crashes: the earlier release is started, tested and takes over again', async () => {
      const id = await proving();
      stage.keeper.restart('exit code 7', 'out of luck');
      expect(await outcome(id)).toMatchObject({
        state: 'rolled-back',
        reason: 'crashed',
        detail: expect.stringContaining('exit code 7'),
        output: 'out of luck',
      });
      const { asked } = stage.keeper;
      const takeOver = expect.stringMatching(/^take-over /);
      expect(asked).toEqual(['try built-in 2', takeOver, 'try built-in 1', takeOver]);
      await earlierServes();
    });

    it('is rolled back if the last trial fails', async () => {
      const { onTakeOver } = stage.keeper;
      const usual = LIMITS.TRIAL_MS;
      stage.keeper.onTakeOver = async (candidate) => {
        await onTakeOver(candidate);
        await stage.hollow(candidate.instance, 2);
        setLimit('TRIAL_MS', 200);
        const { onTry } = stage.keeper;
        stage.keeper.onTry = (run) => {
          setLimit('TRIAL_MS', usual); // the earlier relay may be slow
          return onTry(run);
        };
      };
      const { id } = await stage.instruct();
      expect(await outcome(id)).toMatchObject({ state: 'rolled-back', reason: 'trial-failed' });
      await earlierServes();
    });

    it('fails if the earlier release cannot be started again; the new relay stays in service', async () => {
      const id = await proving();
      stage.keeper.onTry = () => ({ outcome: 'port-in-use', detail: 'taken' });
      stage.keeper.restart('exit code 7');
      expect(await outcome(id)).toMatchObject({
        state: 'failed',
        reason: 'crashed',
        detail: expect.stringMatching(/exit code 7.*taken/),
      });
    });

    it('halts the sessions of the new relay before it is rolled back', async () => {
      const id = await proving();
      const tom = await stage.throughTheRelay('tom');
      stage.keeper.restart('exit code 7');
      const ended = await outcome(id);
      expect(ended).toMatchObject({ state: 'rolled-back', reason: 'crashed' });
      expect(ended.sessions).toEqual([expect.objectContaining({ remoteSessionId: tom, outcome: 'ended' })]);
      expect(await stage.plane.session(tom)).toMatchObject({ state: 'ended', ending: 'halted-by-deployment' });
    });
  });
});
