import { recordedJournal } from '../../../test/support/recorded-journal';
import { LIMITS } from '../../protocol/limits';
import { StreamEnded, type StreamEnding } from './control-channel.errors';
import { FailureLog } from './failure-log';

describe('the log of failed connections', () => {
  afterEach(() => void jest.restoreAllMocks());
  const start = () => {
    const recorded = recordedJournal();
    const log = new FailureLog(recorded.journal);
    const fail = (ending: StreamEnding, detail: string) =>
      log.add(new StreamEnded(ending, detail), { agentId: 'hall', retryMs: 1 });
    const logged = () => recorded.lines.filter(({ level }) => level === 'warn' || level === 'error');
    return { log, fail, logged };
  };

  it('has each reason once, however often and in whatever order they come', () => {
    const { fail, logged } = start();
    for (let night = 0; night < 1_000; night++) {
      fail('lost', 'ECONNREFUSED');
      fail('lost', 'ETIMEDOUT');
    }
    expect(logged().map(({ detail }) => detail)).toEqual(['ECONNREFUSED', 'ETIMEDOUT']);
  });

  it('has what to do, and repeats it with the number of times', () => {
    const { fail, logged } = start();
    for (let time = 0; time < 3; time++) fail('in-use', 'conflict');
    jest.replaceProperty(LIMITS, 'LOG_REPEAT_MS', 0);
    fail('in-use', 'conflict');
    const line = {
      level: 'error',
      msg: expect.stringContaining('another agent is running with this account'),
      agentId: 'hall',
    };
    expect(logged()).toMatchObject([line, { ...line, repeated: 3 }]);
    expect(logged()[0]).not.toHaveProperty('repeated');
  });

  it.each([
    ['after a stream that has lasted', LIMITS.RETRY_MAX_MS + 1, 2],
    ['not after one that ended soon', LIMITS.RETRY_MAX_MS, 1],
  ])('has the same reason again %s', (_what, ms, times) => {
    const { log, fail, logged } = start();
    fail('silent', 'a ping was not answered');
    log.lasted(ms);
    fail('silent', 'a ping was not answered');
    expect(logged()).toHaveLength(times);
  });

  it('remembers a bounded number of reasons', () => {
    const { fail, logged } = start();
    for (let n = 0; n < 100; n++) fail('lost', `${n}`);
    expect(logged()).toHaveLength(100);
  });
});
