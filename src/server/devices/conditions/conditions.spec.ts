import { randomUUID } from 'node:crypto';
import WebSocket from 'ws';
import { ControlPlane, announcedPrinter } from '../../../../test/support/server/control-plane';
import { until } from '../../../../test/support/until';
import vectors from '../../../../test/vectors/control-channel.json';
import type { AccessCondition } from '../../../protocol/access-conditions';
import { deniedAccess, page, reportedConditions } from '../../../protocol/api';
import { announce, reportConditions, reportDenials, type ReportedDenial } from '../../../protocol/control-channel';
import { LIMITS } from '../../../protocol/limits';
import { LIVE_PATH, liveEvent, type LiveEvent } from '../../../protocol/live';

const [sample] = reportConditions.request.parse(vectors.reportConditions.request).conditions;
const [sampleDenial] = reportDenials.request.parse(vectors.reportDenials.request).denials;
const conditionOf = (deviceId: string, change: Partial<AccessCondition> = {}): AccessCondition => ({
  ...sample!,
  id: randomUUID(),
  deviceId,
  ...change,
});
const denialOf = (what: string, change: Partial<ReportedDenial> = {}): ReportedDenial => ({
  ...sampleDenial!,
  count: 1,
  what,
  ...change,
});

describe('the mirror of access conditions', () => {
  let plane: ControlPlane;
  beforeAll(async () => (plane = await ControlPlane.start()));
  afterAll(() => plane?.stop());

  const report = (conditions: AccessCondition[], deviceId = 'printer', agent = plane.agent) =>
    agent.ask(reportConditions, { deviceId, conditions });
  const deny = (denials: ReportedDenial[], deviceId = 'printer', agent = plane.agent) =>
    agent.ask(reportDenials, { deviceId, denials });
  const read = async (deviceId = 'printer') =>
    reportedConditions.parse((await plane.call('tom', 'GET', `/devices/${deviceId}/conditions`)).body);
  const denialsOf = async (deviceId = 'printer', query = '') =>
    page(deniedAccess).parse((await plane.call('tom', 'GET', `/devices/${deviceId}/denials${query}`)).body);
  const reasonsOf = async (deviceId: string) => (await denialsOf(deviceId)).rows.map(({ what }) => what);
  const agentOf = async (agentId: string, ...deviceIds: string[]) => {
    const agent = await plane.streamOf(await plane.enrol(agentId));
    await agent.ask(announce, { agentVersion: '1', devices: deviceIds.map(announcedPrinter) });
    return agent;
  };

  it('is replaced as a whole by each report, and says when that was', async () => {
    expect(await read()).toEqual({ conditions: [], reportedAt: null });
    const [one, two] = [conditionOf('printer'), conditionOf('printer', { times: null, setBy: 'local page' })];
    const before = Date.now();
    expect(await report([one, two])).toEqual({});
    const known = await read();
    expect(known.conditions).toEqual([one, two]);
    expect(Date.parse(known.reportedAt!)).toBeGreaterThanOrEqual(before);
    expect(await report([two])).toEqual({});
    expect((await read()).conditions).toEqual([two]);
    expect(await report([])).toEqual({});
    expect(await read()).toEqual({ conditions: [], reportedAt: expect.any(String) });
  });

  it('shows denials newest first, in pages', async () => {
    const agent = await agentOf('paging', 'paged');
    expect(await deny([denialOf('get a/1'), denialOf('get a/2')], 'paged', agent)).toEqual({});
    expect(await deny([denialOf('get a/3', { remoteSessionId: null })], 'paged', agent)).toEqual({});
    const first = await denialsOf('paged', '?limit=2');
    expect(first.rows).toMatchObject([
      { what: 'get a/3', remoteSessionId: null, reason: 'operation', asker: sampleDenial!.asker },
      { what: 'get a/2', at: sampleDenial!.at },
    ]);
    const second = await denialsOf('paged', `?limit=2&cursor=${first.next}`);
    expect(second).toMatchObject({ rows: [{ what: 'get a/1' }], next: null });
    expect((await plane.call('tom', 'GET', '/devices/paged/denials?cursor=x')).body.code).toBe('invalid-request');
    await agent.leave();
  });

  it('stores a repeated denial once, also within one report', async () => {
    const agent = await agentOf('repeating', 'repeated');
    const [one, two] = [denialOf('list a'), denialOf('list b')];
    await deny([one, one], 'repeated', agent);
    await Promise.all([deny([one, two], 'repeated', agent), deny([two, one], 'repeated', agent)]);
    expect((await reasonsOf('repeated')).sort()).toEqual(['list a', 'list b']);
    for (const count of [7, 3]) await deny([{ ...two, count }, one], 'repeated', agent);
    const counts = (await denialsOf('repeated')).rows.map(({ what, count }) => `${what} ${count}`);
    expect(counts.sort()).toEqual(['list a 1', 'list b 7']);
    await agent.leave();
  });

  it('keeps the newest denials of each device', async () => {
    jest.replaceProperty(LIMITS, 'DENIALS_PER_DEVICE', 3 as never);
    const agent = await agentOf('crowding', 'crowded', 'quiet');
    await deny([denialOf('list quiet')], 'quiet', agent);
    await deny([denialOf('get 1'), denialOf('get 2')], 'crowded', agent);
    await deny([denialOf('get 3'), denialOf('get 4'), denialOf('get 5')], 'crowded', agent);
    expect(await reasonsOf('crowded')).toEqual(['get 5', 'get 4', 'get 3']);
    expect(await reasonsOf('quiet')).toEqual(['list quiet']);
    jest.restoreAllMocks();
    await agent.leave();
  });

  it('accepts no report about the device of another agent, or about no device', async () => {
    const mine = conditionOf('printer');
    await report([mine]);
    const other = await agentOf('other', 'theirs');
    const before = await denialsOf();
    for (const deviceId of ['printer', 'nothing']) {
      expect(await report([], deviceId, other)).toBe('unknown-device');
      expect(await deny([denialOf('get x')], deviceId, other)).toBe('unknown-device');
    }
    expect((await read()).conditions).toEqual([mine]);
    expect(await denialsOf()).toEqual(before);
    for (const what of ['conditions', 'denials'])
      expect((await plane.call('tom', 'GET', `/devices/nothing/${what}`)).body.code).toBe('unknown-device');
    await other.leave();
  });

  const many = <T>(count: number, of: () => T): T[] => Array.from({ length: count }, of);
  const malformed: [string, unknown[]][] = [
    ['for another device', [conditionOf('other-printer')]],
    ['with an access that has no name', [{ ...conditionOf('printer'), access: { kind: 5 } }]],
    ['without who', [{ ...conditionOf('printer'), who: undefined }]],
    ['with a negative use', [conditionOf('printer', { used: { times: -1, bytes: 0 } })]],
    ['with a time that is none', [conditionOf('printer', { until: 'tomorrow' })]],
    ['that are too many', many(LIMITS.CONDITIONS_PER_DEVICE + 1, () => conditionOf('printer'))],
  ];
  it.each(malformed)('is not changed by conditions %s', async (_, conditions) => {
    const known = conditionOf('printer');
    await report([known]);
    expect(await report(conditions as AccessCondition[])).toBe('invalid-request');
    expect((await read()).conditions).toEqual([known]);
  });

  it.each<[string, object]>([
    ['an access', { access: { kind: 'everything' } }],
    ['a term', { pages: 10 }],
  ])('leaves out a condition with %s of a later version', async (_, terms) => {
    const known = conditionOf('printer');
    expect(await report([known, { ...conditionOf('printer'), ...terms }])).toEqual({});
    expect((await read()).conditions).toEqual([known]);
  });

  const malformedDenials: [string, unknown[]][] = [
    ['without one', []],
    ['that are too many', many(LIMITS.DENIALS_PER_REPORT + 1, () => denialOf('x'))],
    ['with a reason that is no name', [{ ...denialOf('x'), reason: 'because so' }]],
    ['with a long text', [denialOf('x'.repeat(201))]],
  ];
  it.each(malformedDenials)('accepts no report of denials %s', async (_, denials) => {
    const before = await denialsOf();
    expect(await deny(denials as ReportedDenial[])).toBe('invalid-request');
    expect(await denialsOf()).toEqual(before);
  });

  it('stores any text that a report may have', async () => {
    const what = '\u0000 \ud800 <b>&amp;"\\';
    expect(await deny([denialOf(what)])).toEqual({});
    expect((await denialsOf()).rows[0]).toMatchObject({ what: expect.stringContaining('<b>&amp;"\\') });
    expect(await report([conditionOf('printer', { setBy: 'a\u0000b' })])).toEqual({});
  });

  it('is removed with the device, and with the agent', async () => {
    const agent = await agentOf('leaving', 'first', 'second');
    const reportBoth = async () => {
      for (const id of ['first', 'second']) {
        await report([conditionOf(id)], id, agent);
        await deny([denialOf('get x')], id, agent);
      }
    };
    await reportBoth();
    await agent.ask(announce, { agentVersion: '1', devices: [announcedPrinter('second')] });
    await agent.ask(announce, { agentVersion: '1', devices: ['first', 'second'].map(announcedPrinter) });
    expect([await read('first'), await reasonsOf('first')]).toEqual([{ conditions: [], reportedAt: null }, []]);
    expect([(await read('second')).conditions.length, await reasonsOf('second')]).toEqual([1, ['get x']]);
    await reportBoth();
    await plane.call('ada', 'DELETE', '/agents/leaving');
    await agentOf('arriving', 'first', 'second');
    for (const id of ['first', 'second'])
      expect([await read(id), await reasonsOf(id)]).toEqual([{ conditions: [], reportedAt: null }, []]);
  });

  it('tells open consoles of each report', async () => {
    const Cookie = await plane.cookieOf('tess');
    const live = new WebSocket(`${plane.url.replace('http', 'ws')}${LIVE_PATH}`, {
      headers: { Cookie, Origin: plane.url },
    });
    const events: LiveEvent[] = [];
    live.on('message', (data: Buffer) => events.push(liveEvent.parse(JSON.parse(data.toString()))));
    await new Promise((resolve) => live.once('open', resolve));
    const times = () => events.filter((event) => event.type === 'conditions' && event.id === 'printer').length;
    await report([]);
    await until('an event of the conditions', () => times() === 1);
    await deny([denialOf('get live')]);
    await until('an event of the denial', () => times() === 2);
    live.terminate();
  });
});
