import { EventEmitter, once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setLimit } from '../../../test/support/relay/test-relay';
import { createJournal } from '../../journal/journal';
import { WorkRunner } from './work-runner';

describe('the work of deployments', () => {
  let runner: WorkRunner;
  let seen: string[];
  beforeEach(() => {
    setLimit('RETRY_FIRST_MS', 1);
    runner = new WorkRunner(createJournal('server', 'silent'));
    seen = [];
  });
  afterEach(() => jest.restoreAllMocks());

  /** A work that stops when the test lets it, aborted or not. */
  const held = (name: string) => {
    const gate = new EventEmitter();
    const started = once(gate, 'started');
    const stopped = runner.start('d1', name, async (signal) => {
      seen.push(`${name} starts`);
      const stop = once(gate, 'stop');
      gate.emit('started');
      await stop;
      seen.push(`${name} stops${signal.aborted ? ', aborted' : ''}`);
    });
    return { started, stopped, stop: () => gate.emit('stop') };
  };

  it('aborts the work before and starts when that has stopped', async () => {
    const first = held('first');
    await first.started;
    const second = held('second');
    await nextTurn();
    expect(seen).toEqual(['first starts']);
    first.stop();
    await second.started;
    second.stop();
    await second.stopped;
    expect(seen).toEqual(['first starts', 'first stops, aborted', 'second starts', 'second stops']);
  });

  it('does not start a work that was aborted while it waited for the one before', async () => {
    const first = held('first');
    await first.started;
    const second = held('second');
    runner.abort('d1');
    first.stop();
    await second.stopped;
    expect(seen).toEqual(['first starts', 'first stops, aborted']);
  });

  it('runs at the same time for different deployments', async () => {
    const first = held('first');
    await runner.start('d2', 'second', () => Promise.resolve(void seen.push('second')));
    expect(seen).toEqual(['first starts', 'second']);
    first.stop();
    await first.stopped;
  });

  it('retries a work that fails unexpectedly', async () => {
    let failures = 2;
    await runner.start('d1', 'work', () => {
      seen.push('tried');
      return failures-- > 0 ? Promise.reject(new Error('disk full')) : Promise.resolve();
    });
    expect(seen).toEqual(['tried', 'tried', 'tried']);
  });

  it('does not retry an aborted work', async () => {
    await runner.start('d1', 'work', () => {
      seen.push('tried');
      runner.abort('d1');
      return Promise.reject(new Error('disk full'));
    });
    expect(seen).toEqual(['tried']);
  });

  it('starts nothing after it has stopped', async () => {
    const first = held('first');
    await first.started;
    runner.stop();
    first.stop();
    await first.stopped;
    await held('second').stopped;
    expect(seen).toEqual(['first starts', 'first stops, aborted']);
  });
});
