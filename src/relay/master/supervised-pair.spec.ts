import { channelInMemory } from '../../../test/support/relay/pairs-in-process';
import { recordedJournal, type RecordedJournal } from '../../../test/support/recorded-journal';
import { setLimit } from '../../../test/support/relay/test-relay';
import { until } from '../../../test/support/until';
import { RpcPeer, type RpcHandlers } from '../../tunnel/json-rpc';
import { MASTER_METHODS, PAIR_METHODS, type MasterPeer, type PairMethods } from '../pair-rpc';
import type { RunningPair } from './running-pair';
import { SupervisedPair, type MasterAnswers } from './supervised-pair';

const silence = () => new Promise<never>(() => undefined);
const answers: MasterAnswers = {
  authenticate: silence,
  'request-termination': silence,
  'report-bytes': silence,
  store: silence,
  report: silence,
  over: silence,
};

/** A pair that the test controls. */
class ScriptedPair {
  readonly calls: string[] = [];
  readonly running: RunningPair;
  readonly master: MasterPeer;
  answers = true;
  die!: (how: string) => void;

  constructor(recorded: RecordedJournal) {
    const [master, own] = channelInMemory();
    const exited = new Promise<string>((resolve) => (this.die = resolve));
    void own.closed.then(() => this.die('ended'));
    this.running = { pid: 1, channel: master, exited, kill: () => this.die('SIGKILL') };
    const take = <R>(method: string, result: R) => {
      this.calls.push(method);
      return this.answers ? result : (silence() as Promise<R>);
    };
    const handlers: RpcHandlers<PairMethods> = {
      take: () => take('take', {}),
      forget: () => take('forget', {}),
      'end-half': () => take('end-half', { known: true }),
      list: () => take('list', { sessions: [] }),
      health: () => take('health', { residentBytes: 1, cpuMicros: 1 }),
      drain: ({ draining }) => take(`drain ${draining}`, {}),
      serve: () => take('serve', { host: '127.0.0.1', port: 1 }),
      stop: () => take('stop', {}),
    };
    this.master = new RpcPeer(own, PAIR_METHODS, handlers, MASTER_METHODS, recorded.journal);
  }
}

describe('SupervisedPair', () => {
  const recorded = recordedJournal();
  const started: ScriptedPair[] = [];
  const down: string[] = [];
  let pair: SupervisedPair;
  let reportsReady = true;

  beforeEach(() => {
    [started.length, down.length, reportsReady] = [0, 0, true];
    const startPair = () => {
      const next = new ScriptedPair(recorded);
      started.push(next);
      if (reportsReady) void next.master.call('ready', { trialPort: started.length }).catch(() => undefined);
      return next.running;
    };
    const onDown = () => {
      down.push(pair.isUp ? 'up' : 'down');
      return Promise.resolve();
    };
    setLimit('RETRY_FIRST_MS', 10);
    pair = new SupervisedPair(1, startPair, answers, onDown, recorded.journal);
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await pair.stop('relay-stopped', 100);
  });

  it('starts a pair', async () => {
    await pair.start();
    expect([pair.isUp, pair.trialPort]).toEqual([true, 1]);
  });

  it.each([
    ['exits before it is ready', 10_000, 'exit code 1'],
    ['does not report ready', 20, 'it did not report ready in time'],
  ])('fails to start a pair that %s', async (why, startMs, message) => {
    reportsReady = false;
    setLimit('RELAY_PAIR_START_MS', startMs);
    const starting = pair.start();
    if (why.startsWith('exits')) started[0]!.die('exit code 1');
    await expect(starting).rejects.toMatchObject({
      code: 'pair-failed',
      message: `pair 1 cannot start: ${message}`,
    });
  });

  it('restarts a dead pair: first its halves are ended, then it drains and serves as before', async () => {
    await pair.start();
    await pair.serve();
    await pair.drain({ draining: true, returnAfterSeconds: 5 });
    started[0]!.die('SIGSEGV');
    await until('it to serve again', () => started[1]?.calls.includes('serve'));
    expect(down).toEqual(['down']);
    expect(started[1]!.calls).toEqual(['drain true', 'serve']);
    expect(pair.trialPort).toBe(2);
  });

  it('retries while the pair cannot be restarted', async () => {
    await pair.start();
    reportsReady = false;
    setLimit('RELAY_PAIR_START_MS', 20);
    started[0]!.die('SIGSEGV');
    await until('further tries', () => started.length >= 3);
    expect(pair.isUp).toBe(false);
    await expect(pair.call('take', {} as never)).rejects.toMatchObject({ code: 'rpc-unavailable' });
    setLimit('RELAY_PAIR_START_MS', 60_000);
    reportsReady = true;
    await until('it to be up', () => pair.isUp);
  });

  it('kills and replaces a pair that hangs', async () => {
    setLimit('RELAY_PAIR_PING_MS', 10);
    setLimit('RELAY_RPC_TIMEOUT_MS', 10);
    await pair.start();
    started[0]!.answers = false;
    await until('its end', () => recorded.messages().includes('a pair does not answer and is killed'));
    setLimit('RELAY_RPC_TIMEOUT_MS', 60_000); // the next one may be slow
    await until('another pair', () => started.length >= 2 && pair.isUp);
  });

  it('replaces a pair whose channel breaks', async () => {
    await pair.start();
    started[0]!.running.channel.close(1000, '');
    await until('another pair', () => started.length >= 2 && pair.isUp);
  });

  it('stops the pair in order and does not restart it', async () => {
    await pair.start();
    await pair.stop('relay-stopped', 100);
    expect(started[0]!.calls).toEqual(['stop']);
    expect([pair.isUp, started.length]).toEqual([false, 1]);
  });

  it('kills a pair that does not stop', async () => {
    await pair.start();
    started[0]!.answers = false;
    await pair.stop('relay-stopped', 20);
    expect(recorded.messages()).toContain('a pair did not stop in order');
    await started[0]!.running.exited;
  });
});
