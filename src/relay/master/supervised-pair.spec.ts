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
  store: silence,
  report: silence,
  over: silence,
};

/** A pair by hand: does what a test tells it. */
class PlayedPair {
  readonly asked: string[] = [];
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
      this.asked.push(method);
      return this.answers ? result : (silence() as Promise<R>);
    };
    const handlers: RpcHandlers<PairMethods> = {
      take: () => take('take', {}),
      'end-half': () => take('end-half', { known: true }),
      list: () => take('list', { sessions: [] }),
      health: () => take('health', { residentBytes: 1 }),
      drain: ({ draining }) => take(`drain ${draining}`, {}),
      serve: () => take('serve', { host: '127.0.0.1', port: 1 }),
      stop: () => take('stop', {}),
    };
    this.master = new RpcPeer(own, PAIR_METHODS, handlers, MASTER_METHODS, recorded.journal);
  }
}

describe('a pair and its Master', () => {
  const recorded = recordedJournal();
  const played: PlayedPair[] = [];
  const down: string[] = [];
  let pair: SupervisedPair;
  let says = true;

  beforeEach(() => {
    [played.length, down.length, says] = [0, 0, true];
    const startPair = () => {
      const next = new PlayedPair(recorded);
      played.push(next);
      if (says) void next.master.call('ready', { trialPort: played.length }).catch(() => undefined);
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

  it('start together', async () => {
    await pair.start();
    expect([pair.isUp, pair.trialPort]).toEqual([true, 1]);
  });

  it.each([
    ['exits before it is ready', 10_000, 'exit code 1'],
    ['does not say that it is ready', 20, 'it does not say that it is ready'],
  ])('do not where the pair %s', async (why, startMs, message) => {
    says = false;
    setLimit('RELAY_PAIR_START_MS', startMs);
    const starting = pair.start();
    if (why.startsWith('exits')) played[0]!.die('exit code 1');
    await expect(starting).rejects.toMatchObject({
      code: 'pair-failed',
      message: `pair 1 cannot start: ${message}`,
    });
  });

  it('bring back a pair that died: its halves are ended first, then it drains and serves as before', async () => {
    await pair.start();
    await pair.serve();
    await pair.drain({ draining: true, returnAfterSeconds: 5 });
    played[0]!.die('SIGSEGV');
    await until('it to serve again', () => played[1]?.asked.includes('serve'));
    expect(down).toEqual(['down']);
    expect(played[1]!.asked).toEqual(['drain true', 'serve']);
    expect(pair.trialPort).toBe(2);
  });

  it('try again where it dies at once', async () => {
    await pair.start();
    says = false;
    setLimit('RELAY_PAIR_START_MS', 20);
    played[0]!.die('SIGSEGV');
    await until('further tries', () => played.length >= 3);
    expect(pair.isUp).toBe(false);
    await expect(pair.call('take', {} as never)).rejects.toMatchObject({ code: 'rpc-unavailable' });
    says = true;
    await until('it to be up', () => pair.isUp);
  });

  it('part where the pair has hung: it is killed, and another started', async () => {
    setLimit('RELAY_PAIR_PING_MS', 10);
    setLimit('RELAY_RPC_TIMEOUT_MS', 10);
    await pair.start();
    played[0]!.answers = false;
    await until('another pair', () => played.length === 2 && pair.isUp);
    expect(recorded.messages()).toContain('a pair does not answer; it is ended');
  });

  it('part where the channel between them breaks', async () => {
    await pair.start();
    played[0]!.running.channel.close(1000, '');
    await until('another pair', () => played.length === 2 && pair.isUp);
  });

  it('end in order, and do not start again', async () => {
    await pair.start();
    await pair.stop('relay-stopped', 100);
    expect(played[0]!.asked).toEqual(['stop']);
    expect([pair.isUp, played.length]).toEqual([false, 1]);
  });

  it('end by force where the pair does not', async () => {
    await pair.start();
    played[0]!.answers = false;
    await pair.stop('relay-stopped', 20);
    expect(recorded.messages()).toContain('a pair did not stop in order');
    await played[0]!.running.exited;
  });
});
