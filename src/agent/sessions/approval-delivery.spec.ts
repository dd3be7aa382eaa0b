import { ScriptedChannel } from '../../../test/support/agent/scripted-channel';
import { recordedJournal, type RecordedJournal } from '../../../test/support/recorded-journal';
import { until } from '../../../test/support/until';
import type { SentAnswer } from '../approval/answers';
import { ApprovalDelivery } from './approval-delivery';
import { ChannelOffline, ChannelTimeout, ExchangeRefused } from '../channel/control-channel.errors';

const remoteSessionId = '7d3c6c0e-8a40-4b6e-9d58-1f1a3a0a6a11';
const YES: SentAnswer = { decision: 'approved', grant: 'operate' };
const NO: SentAnswer = { decision: 'declined' };
const given = (answer: SentAnswer, stored = Promise.resolve()) => ({ answer, stored });
const within = (ms: number) => performance.now() + ms;
const fails = (error: Error) => () => Promise.reject(error);

describe('ApprovalDelivery', () => {
  let channel: ScriptedChannel;
  let recorded: RecordedJournal;
  let refused: string[];
  let delivery: ApprovalDelivery;
  beforeEach(() => {
    channel = new ScriptedChannel();
    recorded = recordedJournal();
    refused = [];
    delivery = new ApprovalDelivery(channel, recorded.journal, (id, detail) => refused.push(`${id} ${detail}`));
  });
  afterEach(() => delivery.stopAll());

  it.each([YES, { ...YES, grant: 'view' } as const, NO])('sends %j once when it is acknowledged', async (answer) => {
    delivery.start(remoteSessionId, given(answer), within(60_000));
    delivery.start(remoteSessionId, given(answer), within(60_000));
    await until('sent', () => channel.asked.length > 0);
    expect(channel.asked).toEqual([`approval ${JSON.stringify({ remoteSessionId, ...answer })}`]);
    expect(recorded.steps()).toEqual(answer.decision === 'approved' ? ['S144'] : []);
  });

  it('sends an answer only when it is stored', async () => {
    let isStored = () => undefined as void;
    const stored = new Promise<void>((resolve) => (isStored = resolve));
    delivery.start(remoteSessionId, given(YES, stored), within(60_000));
    await until('a moment', () => new Promise<boolean>((done) => setImmediate(() => done(true))));
    expect(channel.asked).toEqual([]);
    isStored();
    await until('sent', () => channel.asked.length >= 1);
  });

  it('sends no answer that could not be stored, and reports it', async () => {
    delivery.start(remoteSessionId, given(YES, Promise.reject(new Error('disk full'))), within(60_000));
    await until('refused', () => refused.length >= 1);
    expect(refused[0]).toContain('disk full');
    expect(channel.asked).toEqual([]);
  });

  it('waits for the channel', async () => {
    channel.online = false;
    delivery.start(remoteSessionId, given(YES), within(60_000));
    await until('a moment', () => new Promise<boolean>((done) => setImmediate(() => done(true))));
    expect([channel.asked, recorded.steps()]).toEqual([[], []]);
    channel.online = true;
    await until('sent', () => channel.asked.length >= 1);
    expect(recorded.steps()).toEqual(['S144']);
  });

  it('retries until the answer is acknowledged, and logs the step once', async () => {
    channel.answers.push(
      fails(new ChannelOffline('gone')),
      fails(new ChannelTimeout('no answer')),
      fails(new ExchangeRefused('internal-error', 'incident 1')),
    );
    delivery.start(remoteSessionId, given(YES), within(60_000));
    await until('the fourth try', () => channel.asked.length >= 4);
    expect(recorded.steps()).toEqual(['S144']);
    expect(refused).toEqual([]);
  });

  it('reports a permanent refusal', async () => {
    channel.answers.push(fails(new ExchangeRefused('session-over', 'too late')));
    delivery.start(remoteSessionId, given(YES), within(60_000));
    await until('refused', () => refused.length >= 1);
    expect(refused[0]).toContain('session-over (too late)');
    expect(channel.asked).toHaveLength(1);
  });

  it('counts a refusal after a lost acknowledgement as an acknowledgement', async () => {
    channel.answers.push(fails(new ChannelTimeout('no answer')), fails(new ExchangeRefused('wrong-state', 'approved')));
    delivery.start(remoteSessionId, given(YES), within(60_000));
    await until('the second try', () => channel.asked.length >= 2 && channel.answers.length === 0);
    expect(refused).toEqual([]);
  });

  it('ends when the time to answer is up', async () => {
    channel.online = false;
    delivery.start(remoteSessionId, given(YES), within(100));
    await until('given up', () => recorded.messages().includes('the answer could not be delivered in time'));
    expect(channel.asked).toEqual([]);
  });

  it('replaces an undelivered YES with NO', async () => {
    let unanswered: () => void = () => undefined;
    channel.answers.push(
      () => new Promise((_, reject) => (unanswered = () => reject(new ChannelTimeout('no answer')))),
    );
    delivery.start(remoteSessionId, given(YES), within(60_000));
    await until('YES sent', () => channel.asked.length >= 1);
    delivery.start(remoteSessionId, given(NO), within(60_000));
    await until('NO sent', () => channel.asked.length >= 2);
    unanswered();
    await until('done', () => delivery.pending === 0);
    expect(channel.asked.map((line) => (line.includes('declined') ? 'NO' : 'YES'))).toEqual(['YES', 'NO']);
    expect(refused).toEqual([]);
  });

  it('ends when it is stopped', async () => {
    channel.online = false;
    delivery.start(remoteSessionId, given(YES), within(60_000));
    delivery.stop(remoteSessionId);
    channel.online = true;
    await until('a new one takes its place', () => {
      delivery.start(remoteSessionId, given(NO), within(60_000));
      return channel.asked.length > 0;
    });
    expect(channel.asked.filter((line) => line.includes('approved'))).toEqual([]);
  });
});
