import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ScriptedChannel } from '../../../test/support/agent/scripted-channel';
import { recordedJournal, type RecordedJournal } from '../../../test/support/recorded-journal';
import { removeFolder } from '../../../test/support/remove-folder';
import { newAccessCondition, type AccessCondition } from '../../protocol/access-conditions';
import type { Asker } from '../../protocol/asker';
import { reportDenials, type ReportedDenial } from '../../protocol/control-channel';
import { LIMITS } from '../../protocol/limits';
import { ChannelOffline, ChannelTimeout, ExchangeRefused } from '../channel/control-channel.errors';
import { containerExcess } from '../channel/json-container';
import { ConditionReports, REPORT_MS } from './condition-reports';
import { ConditionStore } from './condition-store';
import { DENIALS_KEPT, DenialLog } from './denial-log';

const NOW = Date.parse('2030-01-07T09:00:00Z');
const ARCHIVE = { kind: 'client', id: 'archive', name: 'Invoice archive' } as const;
const DEVICES = ['mfp-1', 'mfp-2'];
/** Longer than the first retries, with their jitter. */
const RETRIED_MS = 10_000;

let folder: string;
let recorded: RecordedJournal;
let channel: ScriptedChannel;
let store: ConditionStore;
let denials: DenialLog;
let reports: ConditionReports;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'platen-reports-'));
  recorded = recordedJournal();
  channel = new ScriptedChannel();
  store = new ConditionStore({ folder, journal: recorded.journal, timeOfDay: () => NOW });
  denials = new DenialLog(folder, recorded.journal);
  await store.load();
  await denials.load();
  // what reads and writes files runs on the real clock
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate', 'clearImmediate', 'Date'] });
  reports = new ConditionReports(
    DEVICES.map((id) => ({ id })),
    store,
    denials,
    channel,
    recorded.journal,
  );
});
afterEach(async () => {
  reports.stop();
  jest.useRealTimers();
  await Promise.all([store.close(), denials.close()]);
  await removeFolder(folder);
});

const set = (deviceId = 'mfp-1') => {
  const access = { kind: 'box', box: 'invoices', operations: ['get'] } as const;
  return store.set(deviceId, newAccessCondition.parse({ who: ARCHIVE, access }), 'local page');
};
const deny = (what: string, deviceId = 'mfp-1', asker: Asker = ARCHIVE) =>
  denials.add({ deviceId, remoteSessionId: null, asker, what, reason: 'expired' }, NOW);
const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);
const refuse = (code: string) => () => Promise.reject(new ExchangeRefused(code, ''));

/** What was reported since the last call: `conditions <device> <uses>`, `denials <device> <what>x<count>`. */
function reported(): string[] {
  return channel.asked.splice(0).map((text) => {
    const body = JSON.parse(text.slice(text.indexOf(' ') + 1)) as {
      deviceId: string;
      conditions?: AccessCondition[];
      denials?: ReportedDenial[];
    };
    const rows = body.conditions?.map(({ used }) => used.times) ?? body.denials?.map((e) => `${e.what}x${e.count}`);
    return `${body.conditions ? 'conditions' : 'denials'} ${body.deviceId} ${rows?.join()}`;
  });
}

describe('reports to the server', () => {
  it('have the conditions of every device after a login, and denials where there are any', async () => {
    channel.online = false;
    await set('mfp-1');
    deny('get a', 'mfp-2');
    await pass(60 * 60_000);
    expect(reported()).toEqual([]);
    channel.online = true;
    reports.flush();
    await pass(0);
    expect(reported().sort()).toEqual(['conditions mfp-1 0', 'conditions mfp-2 ', 'denials mfp-2 get ax1']);
    reports.flush();
    await pass(60_000);
    expect(reported()).toEqual(['conditions mfp-1 0', 'conditions mfp-2 ']);
  });

  it('follow a change within half a second, together with the changes in it', async () => {
    const { id } = await set();
    await set();
    await store.revoke(id);
    deny('get a');
    deny('get a');
    await pass(REPORT_MS.change - 1);
    expect(reported()).toEqual([]);
    await pass(1);
    expect(reported()).toEqual(['conditions mfp-1 0', 'denials mfp-1 get ax2']);
    await pass(60_000);
    expect(reported()).toEqual([]);
  });

  it('follow uses within ten seconds, and with a change earlier', async () => {
    await set();
    await pass(REPORT_MS.change);
    reported();
    const use = () =>
      store.admit('mfp-1', { asker: ARCHIVE, access: { kind: 'box', box: 'invoices', operation: 'get', bytes: 1 } });
    await use();
    await pass(REPORT_MS.use - 1);
    await use();
    expect(reported()).toEqual([]);
    await pass(1);
    expect(reported()).toEqual(['conditions mfp-1 2']);
    await use();
    await set('mfp-1');
    await pass(REPORT_MS.change);
    expect(reported()).toEqual(['conditions mfp-1 3,0']);
  });

  it('are of the devices of this agent only', async () => {
    await set('mfp-9');
    deny('get a', 'mfp-9');
    reports.flush();
    await pass(60_000);
    expect(reported()).toEqual(['conditions mfp-1 ', 'conditions mfp-2 ']);
  });

  it('are sent one at a time, and what changes while a slow server has one is reported after it', async () => {
    let answer: (nothing: object) => void = () => undefined;
    channel.answers.push(() => new Promise((resolve) => (answer = resolve)));
    deny('get a');
    await pass(REPORT_MS.change);
    expect(reported()).toEqual(['denials mfp-1 get ax1']);
    deny('get a');
    deny('get b');
    await set();
    await pass(60_000);
    expect(reported()).toEqual([]);
    answer({});
    await pass(0);
    expect(reported().sort()).toEqual(['conditions mfp-1 0', 'denials mfp-1 get ax2,get bx1']);
    expect(denials.unreported('mfp-1')).toEqual([]);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['does not answer', () => Promise.reject(new ChannelTimeout('no answer'))],
    ['has an internal error', refuse('internal-error')],
    ['has too much to do', refuse('resource-constraint')],
  ])('are retried with growing waits while the server %s', async (_what, fail) => {
    channel.answers.push(fail, fail, fail);
    deny('get a');
    await pass(REPORT_MS.change + RETRIED_MS);
    const attempts = Array.from({ length: 4 }, () => 'denials mfp-1 get ax1');
    expect(reported()).toEqual(attempts);
    expect(denials.unreported('mfp-1')).toEqual([]);
    channel.answers.push(fail);
    await set();
    await pass(REPORT_MS.change + RETRIED_MS);
    expect(reported()).toEqual(['conditions mfp-1 0', 'conditions mfp-1 0']);
  });

  it('that the server refuses are not repeated until something changes or the next login', async () => {
    channel.answers.push(refuse('unknown-device'), refuse('unknown-device'));
    await set();
    deny('get a');
    await pass(60 * 60_000);
    expect(reported()).toEqual(['conditions mfp-1 0', 'denials mfp-1 get ax1']);
    expect(recorded.messages().filter((each) => each === 'a report was not accepted')).toHaveLength(2);
    reports.flush();
    await pass(60_000);
    expect(reported()).toEqual(['conditions mfp-1 0', 'conditions mfp-2 ']);
  });

  it('wait for the next login if the channel is lost during one', async () => {
    channel.answers.push(() => {
      channel.online = false;
      return Promise.reject(new ChannelOffline('lost'));
    });
    deny('get a');
    await set('mfp-2');
    await pass(60 * 60_000);
    expect(reported()).toEqual(['denials mfp-1 get ax1']);
    channel.online = true;
    reports.flush();
    await pass(RETRIED_MS);
    expect(reported().sort()).toEqual(['conditions mfp-1 ', 'conditions mfp-2 0', 'denials mfp-1 get ax1']);
  });

  it('of more denials than the agent stores are those that it has, each once', async () => {
    channel.online = false;
    for (let n = 0; n < DENIALS_KEPT + 30; n++) deny(String(n));
    channel.online = true;
    reports.flush();
    await pass(60_000);
    const parts = reported().filter((each) => each.startsWith('denials'));
    expect(parts).toHaveLength(DENIALS_KEPT / LIMITS.DENIALS_PER_REPORT);
    const sent = parts.flatMap((each) => each.slice('denials mfp-1 '.length).split(','));
    expect(sent).toEqual(Array.from({ length: DENIALS_KEPT }, (_, n) => `${n + 30}x1`));
  });

  it('fit into a stanza, whatever the askers are called', async () => {
    const long: Asker = { kind: 'client', id: '\u0001'.repeat(64), name: '\u0001'.repeat(100) };
    for (let n = 0; n < LIMITS.DENIALS_PER_REPORT; n++) deny(`get ${'a'.repeat(190)}${n}`, 'mfp-1', long);
    const parts: number[] = [];
    const excesses: number[] = [];
    channel.request = (exchange, body) => {
      excesses.push(containerExcess(exchange, body));
      if (exchange.name === reportDenials.name) parts.push((body as { denials: unknown[] }).denials.length);
      return Promise.resolve({} as never);
    };
    await pass(60_000);
    expect(parts.length).toBeGreaterThan(1);
    expect(parts.reduce((sum, each) => sum + each, 0)).toBe(LIMITS.DENIALS_PER_REPORT);
    expect(excesses.every((each) => each === 0)).toBe(true);
  });

  it('are sent although the state folder has gone, and once', async () => {
    await removeFolder(folder);
    deny('get a');
    await pass(60_000);
    expect(reported()).toEqual(['denials mfp-1 get ax1']);
  });

  it('end when the agent stops', async () => {
    deny('get a');
    reports.stop();
    reports.flush();
    await pass(60_000);
    expect(reported()).toEqual([]);
  });
});

it('denials that a killed agent has not reported are reported by the next one', async () => {
  channel.online = false;
  deny('get a');
  await denials.close();
  const next = new DenialLog(folder, recorded.journal);
  await next.load();
  channel.online = true;
  const again = new ConditionReports(
    DEVICES.map((id) => ({ id })),
    store,
    next,
    channel,
    recorded.journal,
  );
  again.flush();
  await pass(60_000);
  again.stop();
  await next.close();
  expect(reported()).toContain('denials mfp-1 get ax1');
});
