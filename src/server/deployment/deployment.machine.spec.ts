import type { DeploymentState } from '../../protocol/deployment';
import { DEPLOYMENT_MACHINE, flawsOf, isFinal, transition, type Input, type StateRow } from './deployment.machine';

const walk = (...inputs: Input[]) =>
  inputs.reduce<{ state: DeploymentState; reasons: string[] }>(
    ({ state, reasons }, input) => {
      const next = transition(state, input);
      if (!next) throw new Error(`${state} does not take ${input}`);
      return { state: next.to, reasons: next.reason ? [...reasons, next.reason] : reasons };
    },
    { state: 'listed', reasons: [] },
  );

describe('deployment machine', () => {
  it('has no flaw', () => expect(flawsOf(DEPLOYMENT_MACHINE)).toEqual([]));

  const { trying, proving, listed, draining } = DEPLOYMENT_MACHINE;
  const broken: [string, Partial<Record<DeploymentState, StateRow>>, string][] = [
    [
      'a state nobody reaches',
      { trying: { ...trying, on: { fail: { to: 'going-back' } } } },
      'draining is never reached',
    ],
    ['a wait without end', { proving: { ...proving, timeout: undefined } }, 'proving waits without a timeout'],
    ['a state in which nothing is done', { draining: { ...draining, work: undefined } }, 'draining waits for nothing'],
    ['a dead end', { 'going-back': { on: {} } }, 'going-back has no exit'],
    ['a way out of the end', { failed: { on: { execute: { to: 'trying' } } } }, 'failed has an exit'],
    ['an end that works on', { aborted: { work: 'list', on: {} } }, 'aborted is over and goes on working'],
    [
      'an abort without a reason',
      { listed: { ...listed, on: { ...listed.on, abort: { to: 'aborted' } } } },
      'listed -> abort names no reason',
    ],
    [
      'a timeout nobody takes',
      { trying: { ...trying, timeout: { after: 'try', input: 'schedule' } } },
      'trying does not take its own timeout schedule',
    ],
    [
      'a transition that leads nowhere',
      { proving: { ...proving, on: { ...proving.on, expire: { to: 'proving' } } } },
      'proving -> expire changes nothing',
    ],
    [
      'work whose end changes nothing',
      { draining: { ...draining, on: { fail: { to: 'going-back' } } } },
      'draining does not take the end of its work',
    ],
  ];
  it.each(broken)('notices %s', (_, change, flaw) => {
    expect(flawsOf({ ...DEPLOYMENT_MACHINE, ...change })).toContain(flaw);
  });

  const forward: Input[] = ['done', 'done', 'done', 'done'];
  const walks: [string, Input[], DeploymentState, string[]][] = [
    ['executed', ['execute', ...forward], 'deployed', []],
    ['executed when idle', ['wait-for-idle', 'done', ...forward], 'deployed', []],
    ['executed at a time', ['schedule', 'execute', ...forward], 'deployed', []],
    ['put off twice, then executed', ['wait-for-idle', 'schedule', 'wait-for-idle', 'execute'], 'trying', []],
    ['aborted', ['abort'], 'aborted', ['aborted-by-administrator']],
    ['aborted while it waits for idle', ['wait-for-idle', 'abort'], 'aborted', ['aborted-by-administrator']],
    ['aborted before its time', ['schedule', 'abort'], 'aborted', ['aborted-by-administrator']],
    ['nobody executes it', ['expire'], 'aborted', ['never-executed']],
    ['never idle', ['wait-for-idle', 'expire'], 'aborted', ['never-idle']],
    ['its time was missed', ['schedule', 'expire'], 'aborted', ['never-executed']],
    ['aborted while tried', ['execute', 'abort', 'done'], 'rolled-back', ['aborted-by-administrator']],
    ['aborted while drained', ['execute', 'done', 'abort', 'done'], 'rolled-back', ['aborted-by-administrator']],
    ['does not start', ['execute', 'fail', 'done'], 'rolled-back', []],
    ['hangs', ['execute', 'expire', 'done'], 'rolled-back', ['does-not-answer']],
    ['sessions remain', ['execute', 'done', 'expire', 'done'], 'rolled-back', ['sessions-remain']],
    ['never takes over', ['execute', 'done', 'done', 'expire', 'done'], 'rolled-back', ['take-over-failed']],
    ['crashes', ['execute', 'done', 'done', 'done', 'fail', 'done'], 'rolled-back', []],
    ['cannot be put back', ['execute', 'fail', 'fail'], 'failed', []],
    ['is not put back in time', ['execute', 'fail', 'expire'], 'failed', []],
  ];
  it.each(walks)('walks: %s', (_, inputs, state, reasons) => expect(walk(...inputs)).toEqual({ state, reasons }));

  it('refuses new sessions from the trial until the new relay, or the earlier one, serves', () => {
    const refusing = Object.entries(DEPLOYMENT_MACHINE).filter(([, { refuses }]) => refuses);
    expect(refusing.map(([state]) => state)).toEqual(['trying', 'draining', 'taking-over', 'going-back']);
  });

  it('cannot be aborted once the new relay takes over', () => {
    const states = Object.keys(DEPLOYMENT_MACHINE) as DeploymentState[];
    const left = states.filter((state) => !isFinal(state) && !transition(state, 'abort'));
    expect(left).toEqual(['taking-over', 'proving', 'going-back']);
  });
});
