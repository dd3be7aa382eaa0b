import { once } from 'node:events';
import { setLimit } from '../../../test/support/relay/test-relay';
import { until } from '../../../test/support/until';
import { createJournal } from '../../journal/journal';
import { DeploymentEvents } from './deployment-events';
import type { DeploymentOutputs } from './deployment-outputs';
import type { DeploymentEntity } from './deployment.entity';
import { DeploymentLifecycle } from './deployment.lifecycle';
import type { DeploymentFollowUp, DeploymentWork } from './deployment.machine';
import type { DeploymentsRepository } from './deployments.repository';
import type { DeviceList } from './halt/device-list';
import type { HaltNotices } from './halt/halt-notices';

const ROW = { id: 'd1', state: 'listed', deadlineAt: null, reason: null, detail: '', output: '' } as DeploymentEntity;

describe('the life cycle of a deployment', () => {
  let row: DeploymentEntity;
  /** How many changes are not saved because of an error. */
  let failing: number;
  let started: { work: DeploymentWork; signal: AbortSignal }[];
  let tryCandidate: () => DeploymentFollowUp;
  let lifecycle: DeploymentLifecycle;

  beforeEach(async () => {
    setLimit('RETRY_FIRST_MS', 1);
    [row, failing, started] = [{ ...ROW }, 0, []];
    const journal = createJournal('server', 'silent');
    const repository: Partial<DeploymentsRepository> = {
      find: () => Promise.resolve({ ...row }),
      open: () => Promise.resolve([]),
      nextDeadline: () => Promise.resolve(undefined),
      change: (_, from, values) => {
        if (failing-- > 0) return Promise.reject(new Error('disk full'));
        if (row.state !== from) return Promise.resolve(false);
        Object.assign(row, values);
        return Promise.resolve(true);
      },
    };
    const outputs: Partial<DeploymentOutputs> = {
      admit: () => Promise.resolve(),
      longestMs: () => 60_000,
      work: async (work, _, signal) => {
        started.push({ work, signal });
        if (work === 'try-candidate') return tryCandidate();
        if (!signal.aborted) await once(signal, 'abort');
        return signal.throwIfAborted() as never;
      },
    };
    lifecycle = new DeploymentLifecycle(
      repository as DeploymentsRepository,
      outputs as DeploymentOutputs,
      {} as DeviceList,
      { catchUp: () => Promise.resolve() } as HaltNotices,
      new DeploymentEvents(journal),
      journal,
    );
    await lifecycle.onApplicationBootstrap();
  });
  afterEach(() => {
    lifecycle.onModuleDestroy();
    jest.restoreAllMocks();
  });
  const works = () => started.map(({ work }) => work);

  it.each(['abort', 'expire'] as const)('aborts the work of a state when an end follows (%s)', async (input) => {
    lifecycle.start({ ...row });
    await until('the work', () => started.length >= 1);
    expect(await lifecycle.apply('d1', input)).toMatchObject({ state: 'aborted', openRelay: null, deadlineAt: null });
    expect(started.map(({ signal }) => signal.aborted)).toEqual([true]);
    expect(works()).toEqual(['update-list']);
  });

  it('repeats a work if its result could not be saved', async () => {
    tryCandidate = () => {
      if (started.length === 1) failing = 1;
      return { input: 'done', values: { instance: 'i1' } };
    };
    await lifecycle.apply('d1', 'execute');
    await until('the next work', () => works().includes('halt-sessions'));
    expect(works()).toEqual(['try-candidate', 'try-candidate', 'halt-sessions']);
    expect(row).toMatchObject({ state: 'draining', instance: 'i1', reason: null });
  });

  it('keeps the first reason, and joins the details and the output of all failures', async () => {
    const failure = { reason: 'does-not-start', detail: 'exit code 3', output: 'no module' } as const;
    tryCandidate = () => ({ input: 'fail', ...failure });
    await lifecycle.apply('d1', 'execute');
    await until('the roll-back', () => row.state === 'going-back');
    await lifecycle.apply('d1', 'fail', { reason: 'keeper-lost', detail: 'No answer.', output: 'the end' });
    expect(row).toMatchObject({
      state: 'failed',
      reason: 'does-not-start',
      detail: 'exit code 3 No answer.',
      output: 'no module\nthe end',
    });
  });

  it('starts no work once the server stops', async () => {
    lifecycle.start({ ...row });
    await until('the work', () => started.length >= 1);
    lifecycle.onModuleDestroy();
    expect(started[0]!.signal.aborted).toBe(true);
    await lifecycle.apply('d1', 'wait-for-idle');
    expect(row.state).toBe('awaiting-idle');
    expect(works()).toEqual(['update-list']);
  });
});
