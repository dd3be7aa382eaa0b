import { nextStep, type RolloutAgent } from './rollout-plan';

const NOW = new Date('2026-03-02T09:00:00Z');
const hoursAgo = (hours: number): Date => new Date(NOW.getTime() - hours * 3_600_000);
const rollout = (more: object = {}) => ({
  ...{ version: '2.0.0', canaries: ['a'], customerIds: null, soakMinutes: 60, canariesUpdatedAt: null },
  ...more,
});
const agent = (id: string, more: Partial<RolloutAgent> & { phase?: string; of?: string; permitted?: boolean } = {}) => {
  const { phase = 'none', of = null, permitted = true, ...rest } = more;
  const update = { permitted, phase, version: of, detail: 'why' } as RolloutAgent['update'];
  return { id, version: '1.0.0', customerId: 'acme', online: true, update, ...rest };
};
const step = (of: object, agents: RolloutAgent[], atOnce = 2) => nextStep(rollout(of), agents, NOW, atOnce);
const offer = (...agentIds: string[]) => ({ do: 'offer', agentIds });

describe('a rollout', () => {
  it.each<[string, object, RolloutAgent[], unknown]>([
    ['begins with the canaries', {}, [agent('a'), agent('b')], offer('a')],
    ['waits for a canary that is offline', {}, [agent('a', { online: false }), agent('b')], offer()],
    ['waits while a canary restarts', {}, [agent('a', { phase: 'installing' }), agent('b')], offer()],
    [
      'observes the canaries that run the version',
      {},
      [agent('a', { version: '2.0.0' }), agent('b')],
      { do: 'observe' },
    ],
    ['observes canaries that run a newer version', {}, [agent('a', { version: '2.1.0' })], { do: 'observe' }],
    ['does not wait for a canary without permission', {}, [agent('a', { permitted: false })], { do: 'observe' }],
    [
      'observes as long as it should',
      { canariesUpdatedAt: hoursAgo(0.5) },
      [agent('a', { version: '2.0.0' }), agent('b')],
      offer(),
    ],
    [
      'then goes to the others',
      { canariesUpdatedAt: hoursAgo(2) },
      [agent('a', { version: '2.0.0' }), agent('b'), agent('c')],
      offer('b', 'c'),
    ],
    ['does not observe without canaries', { canaries: [], canariesUpdatedAt: NOW }, [agent('b')], offer('b')],
    [
      'updates some at once',
      { canariesUpdatedAt: hoursAgo(2) },
      [agent('b', { phase: 'downloading' }), agent('c'), agent('d')],
      offer('c'),
    ],
    [
      'does not count one that was lost while it downloaded',
      { canariesUpdatedAt: hoursAgo(2) },
      [agent('b', { phase: 'downloading', online: false }), agent('c'), agent('d')],
      offer('c', 'd'),
    ],
    [
      'leaves other customers alone',
      { canariesUpdatedAt: hoursAgo(2), customerIds: ['acme'] },
      [agent('b', { customerId: 'other' }), agent('c', { customerId: null }), agent('d')],
      offer('d'),
    ],
    [
      'leaves alone whose owners do not permit it, and is over',
      { canariesUpdatedAt: hoursAgo(2) },
      [agent('a', { version: '2.0.0' }), agent('b', { permitted: false }), agent('c', { update: undefined })],
      { do: 'end' },
    ],
    [
      'stops when a version was put back',
      { canariesUpdatedAt: hoursAgo(2) },
      [agent('b'), agent('c', { phase: 'put-back', of: '2.0.0' })],
      { do: 'pause', reason: 'agent c: why' },
    ],
    [
      'stops when an agent refuses it',
      {},
      [agent('a', { phase: 'refused', of: '2.0.0' })],
      { do: 'pause', reason: 'agent a: why' },
    ],
    [
      'does not stop for another version that had failed',
      {},
      [agent('a', { phase: 'none' }), agent('c', { phase: 'put-back', of: '1.9.0' })],
      offer('a'),
    ],
  ])('%s', (_what, of, agents, expected) => {
    expect(step(of, agents)).toEqual(expected);
  });

  it('offers a version to an agent on which an earlier one had failed', () => {
    const agents = [agent('a', { phase: 'put-back', of: '1.9.0' })];
    expect(step({}, agents)).toEqual(offer('a'));
  });
});
