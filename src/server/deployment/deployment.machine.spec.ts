import type { DeploymentReason, DeploymentState } from '../../protocol/deployment';
import { flawsOf, transition } from '../state-machine/machine';
import {
  DEPLOYMENT_MACHINE,
  isOver,
  type DeploymentInput,
  type DeploymentOutput,
  type DeploymentTransition,
} from './deployment.machine';

const { table } = DEPLOYMENT_MACHINE;
type Timeout = (typeof table)[DeploymentState]['timeout'];

const admit = 'admit-sessions';
const refuse = 'refuse-sessions';
const aborted = { to: 'aborted', reason: 'aborted-by-administrator' } as const;
const abortedLate = { to: 'going-back', reason: 'aborted-by-administrator' } as const;

describe('the machine of a deployment', () => {
  it('has no flaws', () => expect(flawsOf(DEPLOYMENT_MACHINE)).toEqual([]));

  it.each<[DeploymentState, DeploymentOutput[], Timeout]>([
    ['listed', [admit, 'update-list'], { after: 'list', input: 'expire' }],
    ['awaiting-idle', [admit, 'await-idle'], { after: 'idle', input: 'expire' }],
    ['scheduled', [admit, 'update-list'], { after: 'at', input: 'execute' }],
    ['trying', [refuse, 'try-candidate'], { after: 'trial', input: 'expire' }],
    ['draining', [refuse, 'halt-sessions'], { after: 'drain', input: 'expire' }],
    ['taking-over', [refuse, 'take-over'], { after: 'take-over', input: 'expire' }],
    ['proving', [admit, 'monitor'], { after: 'monitor', input: 'expire' }],
    ['going-back', [refuse, 'roll-back'], { after: 'roll-back', input: 'expire' }],
    ['deployed', [admit], undefined],
    ['rolled-back', [admit], undefined],
    ['aborted', [admit], undefined],
    ['failed', [admit], undefined],
  ])('carries out when it enters %s: %j', (state, enter, timeout) => {
    expect(table[state]).toEqual({ enter, on: expect.anything() as object, ...(timeout && { timeout }) });
  });

  it.each<[DeploymentState, DeploymentInput, DeploymentTransition | undefined]>([
    ['listed', 'execute', { to: 'trying' }],
    ['listed', 'wait-for-idle', { to: 'awaiting-idle' }],
    ['listed', 'schedule', { to: 'scheduled' }],
    ['listed', 'abort', aborted],
    ['listed', 'expire', { to: 'aborted', reason: 'never-executed' }],
    ['listed', 'done', undefined],
    ['awaiting-idle', 'done', { to: 'trying' }],
    ['awaiting-idle', 'execute', { to: 'trying' }],
    ['awaiting-idle', 'schedule', { to: 'scheduled' }],
    ['awaiting-idle', 'abort', aborted],
    ['awaiting-idle', 'expire', { to: 'aborted', reason: 'never-idle' }],
    ['scheduled', 'execute', { to: 'trying' }],
    ['scheduled', 'wait-for-idle', { to: 'awaiting-idle' }],
    ['scheduled', 'schedule', undefined],
    ['scheduled', 'abort', aborted],
    ['scheduled', 'expire', { to: 'aborted', reason: 'never-executed' }],
    ['trying', 'done', { to: 'draining' }],
    ['trying', 'fail', { to: 'going-back' }],
    ['trying', 'abort', abortedLate],
    ['trying', 'expire', { to: 'going-back', reason: 'does-not-answer' }],
    ['draining', 'done', { to: 'taking-over' }],
    ['draining', 'fail', { to: 'going-back' }],
    ['draining', 'abort', abortedLate],
    ['draining', 'expire', { to: 'going-back', reason: 'sessions-remain' }],
    ['taking-over', 'done', { to: 'proving' }],
    ['taking-over', 'fail', { to: 'going-back' }],
    ['taking-over', 'abort', undefined],
    ['taking-over', 'expire', { to: 'going-back', reason: 'take-over-failed' }],
    ['proving', 'done', { to: 'deployed' }],
    ['proving', 'fail', { to: 'going-back' }],
    ['proving', 'abort', undefined],
    ['proving', 'expire', { to: 'going-back', reason: 'does-not-answer' }],
    ['going-back', 'done', { to: 'rolled-back' }],
    ['going-back', 'fail', { to: 'failed' }],
    ['going-back', 'abort', undefined],
    ['going-back', 'expire', { to: 'failed' }],
    ['deployed', 'execute', undefined],
    ['rolled-back', 'execute', undefined],
    ['aborted', 'execute', undefined],
    ['failed', 'execute', undefined],
  ])('%s, %s: %j', (state, input, next) => {
    expect(transition(DEPLOYMENT_MACHINE, state, input)).toEqual(next);
  });

  it('refuses new sessions from the trial until the new relay, or the earlier one, is in service', () => {
    const refusing = Object.entries(table).filter(([, { enter }]) => enter?.includes(refuse));
    expect(refusing.map(([state]) => state)).toEqual(['trying', 'draining', 'taking-over', 'going-back']);
  });

  it('cannot be aborted once the new relay takes over', () => {
    const open = (Object.keys(table) as DeploymentState[]).filter((state) => !isOver(state));
    expect(open.filter((state) => !table[state].on.abort)).toEqual(['taking-over', 'proving', 'going-back']);
  });

  const { listed, draining, proving } = table;
  const reason: DeploymentReason = 'crashed';
  it.each<[flaw: string, change: Partial<typeof table>]>([
    ['proving neither admits nor refuses sessions', { proving: { ...proving, enter: ['monitor'] } }],
    ['draining does not have exactly one work', { draining: { ...draining, enter: [refuse] } }],
    [
      'draining does not have exactly one work',
      { draining: { ...draining, enter: [refuse, 'halt-sessions', 'take-over'] } },
    ],
    ['failed is an end, and still works or refuses sessions', { failed: { enter: [admit, 'update-list'], on: {} } }],
    ['failed is an end, and still works or refuses sessions', { failed: { enter: [refuse], on: {} } }],
    ['draining does not take the end of its work', { draining: { ...draining, on: { fail: { to: 'going-back' } } } }],
    [
      'proving -> expire changes nothing',
      { proving: { ...proving, on: { ...proving.on, expire: { to: 'proving', reason } } } },
    ],
    ['listed -> abort names no reason', { listed: { ...listed, on: { ...listed.on, abort: { to: 'aborted' } } } }],
    [
      'proving -> expire names no reason',
      { proving: { ...proving, on: { ...proving.on, expire: { to: 'going-back' } } } },
    ],
  ])('is refused: %s', (flaw, change) => {
    expect(flawsOf({ ...DEPLOYMENT_MACHINE, table: { ...table, ...change } })).toContain(flaw);
  });
});
