import { AlertsStage, HEALTHY, withAlert, withToner } from '../../../test/support/server/alerts-stage';
import { announcedPrinter } from '../../../test/support/server/control-plane';
import type { ScriptedAgent } from '../../../test/support/agent/scripted-agent';
import { setLimit } from '../../../test/support/relay/test-relay';
import { DEFAULT_ALERT_RULES } from '../../protocol/alert';
import { announce, sleep } from '../../protocol/control-channel';
import { LIMITS } from '../../protocol/limits';
import { readings } from '../../protocol/readings';
import { AlertEvents } from './alert-events';
import { AlertsRepository } from './alerts.repository';
import { DeviceEvaluation } from './rules/device-evaluation';
import { ServerCertificate } from './rules/server-certificate';

const AROUND_NOW = `from=${new Date(Date.now() - 86_400_000).toISOString()}&to=${new Date(Date.now() + 86_400_000).toISOString()}`;

describe('alerts', () => {
  let stage: AlertsStage;
  beforeAll(async () => {
    stage = await AlertsStage.start();
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await stage.clear();
  });
  afterAll(() => stage?.stop());
  const rulesOf = async () => (await stage.open()).map(({ rule }) => rule).sort();

  it('about a supply are raised once below one level, and resolved above another', async () => {
    for (const level of [12, 9, 4, 11, 9, 19]) await stage.report(withToner(level));
    const [alert, ...others] = await stage.alerts();
    expect(others).toEqual([]);
    expect(alert).toMatchObject({
      ...{ rule: 'supply-low', severity: 'warning', deviceId: 'printer', agentId: 'box', resolved: null },
      ...{ facts: { level: 19, supply: { name: 'Black toner' } }, site: { customerName: 'Acme' } },
    });
    await stage.report(withToner(20));
    const [resolved] = await stage.alerts();
    expect(resolved).toMatchObject({ id: alert!.id, resolved: { resolution: 'cleared' } });
    await stage.report(withToner(3));
    expect(await stage.alerts()).toHaveLength(2);
    expect(await stage.open()).toHaveLength(1);
  });

  it('about a jam are raised when it has lasted long enough, and not if it was cleared before', async () => {
    await stage.report(withAlert('media-jam'));
    await stage.tick();
    expect(await stage.alerts()).toEqual([]);
    await stage.report(HEALTHY);
    await stage.report(withAlert('media-jam'));
    await stage.pass(14);
    await stage.tick();
    expect(await stage.alerts()).toEqual([]);
    await stage.pass(1);
    await stage.tick();
    expect(await stage.open()).toMatchObject([{ rule: 'jam', facts: { code: 'media-jam' } }]);
    await stage.tick();
    expect(await stage.alerts()).toHaveLength(1);
  });

  it('survive a restart; what was stored before it raises nothing until the agent has reported again', async () => {
    await stage.report(withToner(5));
    const [low] = await stage.open();
    await stage.report({ ...withToner(5), alerts: withAlert('media-jam').alerts });
    await stage.pass(60);
    await stage.restart();
    await stage.tick();
    expect(await stage.alerts()).toEqual([low]);
    // the jam has been cleared meanwhile, the toner has not been replaced
    await stage.connect(withToner(5));
    await stage.tick();
    expect(await stage.alerts()).toEqual([low]);
    await stage.report({ ...withToner(5), alerts: withAlert('media-jam').alerts });
    await stage.pass(60);
    await stage.restart({ ...withToner(5), alerts: withAlert('media-jam').alerts });
    expect(await rulesOf()).toEqual(['jam', 'supply-low']);
  });

  it('are evaluated again after a failure of the database, and made once', async () => {
    setLimit('ALERT_RETRY_MS', 1);
    const apply = jest.spyOn(stage.get(AlertsRepository), 'apply');
    apply.mockRejectedValueOnce(new Error('refused by the test'));
    await stage.report(withToner(5));
    await stage.until(
      () => stage.open(),
      (open) => open.length === 1,
    );
    expect(apply.mock.calls.length).toBeGreaterThanOrEqual(2);
    expect(await stage.alerts()).toHaveLength(1);
  });

  it('about a device that does not answer keep what it reported before', async () => {
    await stage.report(withToner(5));
    await stage.report({ ...withToner(5), reached: false });
    await stage.pass(60);
    await stage.tick();
    expect(await rulesOf()).toEqual(['device-silent', 'supply-low']);
    await stage.report(withToner(5));
    expect(await rulesOf()).toEqual(['supply-low']);
  });

  it('are published when they are raised, when they are resolved, and when their facts change', async () => {
    const published: string[] = [];
    stage.get(AlertEvents).on('changed', (id) => published.push(id));
    for (const level of [5, 5, 4, 80]) await stage.report(withToner(level));
    const [alert] = await stage.alerts();
    expect(published).toEqual([alert!.id, alert!.id, alert!.id]);
  });

  it('follow the thresholds of a customer, and end with their rule', async () => {
    const customer = await stage.plane.addCustomer('Own thresholds');
    const site = await stage.plane.addSite(customer, 'Mill');
    const agent = await stage.agent('own');
    await stage.plane.call('ada', 'PATCH', '/agents/own', { siteId: site });
    const low = { ...DEFAULT_ALERT_RULES['supply-low'], belowPercent: 30, resolvedAtPercent: 40 };
    await stage.setOfCustomer(customer, { rules: { 'supply-low': low } });
    for (const [id, from] of [
      ['printer', stage.plane.agent],
      ['own-mfp', agent],
    ] as const)
      await stage.report(withToner(25), id, from);
    expect(await stage.open()).toMatchObject([{ deviceId: 'own-mfp', customerId: customer }]);
    await stage.setOfCustomer(customer, { rules: { 'supply-low': { ...low, enabled: false } } });
    await stage.until(
      () => stage.alerts(),
      ([first]) => first?.resolved?.resolution === 'rule-off',
    );
    await agent.leave();
    await stage.plane.call('ada', 'DELETE', '/agents/own');
  });

  it('by readings: supplies that are used up soon, a counter that stands still, and an unusual volume', async () => {
    const { meteredDeviceId } = readings.parse(
      (await stage.plane.call('ada', 'GET', `/devices/printer/readings?${AROUND_NOW}`)).body,
    );
    await stage.plane.write(`DELETE FROM readings`);
    setLimit('TREND_MS', 0);
    /** A reading each day, the last one as the device reports it now. */
    const read = async (level: (daysAgo: number) => number, pages: (daysAgo: number) => number): Promise<void> => {
      const days = Array.from({ length: 31 }, (_, daysAgo) => daysAgo);
      let impressions = HEALTHY.counters.impressions!;
      const rows = days.map((daysAgo) => {
        const at = Date.now() - daysAgo * 24 * 60 * 60_000 - 60_000;
        const counted = JSON.stringify({ impressions });
        impressions -= pages(daysAgo);
        return `(${meteredDeviceId}, ${at}, 'idle', '${counted}', '${JSON.stringify({ 'Black toner': level(daysAgo) })}')`;
      });
      await stage.plane.write(`DELETE FROM readings`);
      await stage.plane.write(
        `INSERT INTO readings ("meteredDeviceId", at, state, counters, levels) VALUES ${rows.join(', ')}`,
      );
    };
    const evaluated = async () => {
      stage.get(DeviceEvaluation).addAll();
      await stage.settled();
      return (await stage.open()).map(({ rule, facts }) => ({ rule, facts }));
    };

    // 6.5 days: not at the boundary between two, because the last readings are a moment apart
    await read(
      (daysAgo) => 13 + 2 * daysAgo,
      () => 40,
    );
    await stage.report(withToner(13));
    expect(await evaluated()).toMatchObject([
      { rule: 'supply-low', facts: { supply: { name: 'Black toner' }, level: 13, daysLeft: 6 } },
    ]);
    await stage.report(withToner(80));
    expect(await evaluated()).toEqual([]);

    const full = () => 80;
    await read(full, (daysAgo) => (daysAgo > 14 ? 40 : 0));
    expect(await evaluated()).toMatchObject([{ rule: 'meter-still', facts: { usual: 40 } }]);
    await read(full, (daysAgo) => (daysAgo > 14 || daysAgo === 0 ? 40 : 0));
    expect(await evaluated()).toEqual([]);
    await read(full, (daysAgo) => (daysAgo === 0 ? 4_000 : 40));
    expect((await evaluated()).map(({ rule }) => rule)).toEqual(['unusual-volume']);
    await read(full, () => 40);
    expect(await evaluated()).toEqual([]);
  });

  it('move with their agent, and are resolved when it is removed', async () => {
    const customer = await stage.plane.addCustomer('Mover');
    const site = await stage.plane.addSite(customer, 'Yard');
    const agent = await stage.agent('mover');
    await stage.report(withToner(5), 'mover-mfp', agent);
    const seenByTom = async () => (await stage.plane.call('tom', 'GET', '/alerts')).body as { rows: object[] };
    expect((await seenByTom()).rows).toHaveLength(1);
    await stage.plane.call('ada', 'PATCH', '/agents/mover', { siteId: site });
    await stage.until(seenByTom, ({ rows }) => rows.length === 0);
    expect(await stage.open()).toMatchObject([{ customerId: customer, site: { customerName: 'Mover' } }]);
    await stage.plane.call('ada', 'DELETE', '/agents/mover');
    await stage.until(
      () => stage.alerts(),
      ([first]) => first?.resolved?.resolution === 'removed',
    );
    await agent.leave();
  });

  it('of a device that its agent no longer announces are resolved', async () => {
    const agent = await stage.agent('fewer', ['one-mfp', 'two-mfp']);
    await stage.report(withToner(5), 'two-mfp', agent);
    agent.answers.set('acquire-information', { body: HEALTHY });
    await agent.ask(announce, { agentVersion: '1', devices: [announcedPrinter('one-mfp')] });
    await stage.until(
      () => stage.alerts('state=all&deviceId=two-mfp'),
      ([only]) => only?.resolved?.resolution === 'removed',
    );
    await agent.leave();
    await stage.plane.call('ada', 'DELETE', '/agents/fewer');
  });

  it('about the certificate of the server are raised in time, for administrators only', async () => {
    stage.passSinceStart();
    const validTo = jest.spyOn(stage.get(ServerCertificate), 'validTo');
    const inDays = (days: number) => new Date(Date.now() + days * 24 * 60 * 60_000);
    validTo.mockReturnValue(inDays(22));
    await stage.tick();
    expect(await stage.open()).toEqual([]);
    validTo.mockReturnValue(inDays(20));
    await stage.tick();
    expect(await stage.open()).toMatchObject([{ rule: 'certificate-expiring', site: null, agentId: null }]);
    expect((await stage.plane.call('tom', 'GET', '/alerts')).body).toMatchObject({ rows: [] });
    validTo.mockReturnValue(inDays(90));
    await stage.tick();
    expect(await stage.open()).toEqual([]);
  });
});

describe('alerts about agents', () => {
  const { minutes } = DEFAULT_ALERT_RULES['agent-silent'];
  let stage: AlertsStage;
  beforeAll(async () => {
    stage = await AlertsStage.start();
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await stage.clear();
  });
  afterAll(() => stage?.stop());
  const open = async () => (await stage.open()).map(({ rule, agentId }) => `${rule} ${agentId ?? ''}`.trim()).sort();
  const remove = (agentId: string) => stage.plane.call('ada', 'DELETE', `/agents/${agentId}`);

  it('are one for all devices behind an agent, and resolved when it is back', async () => {
    stage.passSinceStart(24 * 60);
    const agent = await stage.agent('silent', ['a-mfp', 'b-mfp', 'c-mfp']);
    await stage.report(withToner(5), 'a-mfp', agent);
    await stage.gone('silent', agent, minutes - 1);
    await stage.tick();
    expect(await open()).toEqual(['supply-low silent']);
    await stage.seenAgo('silent', minutes);
    for (let n = 0; n < 2; n += 1) await stage.tick();
    expect(await open()).toEqual(['agent-silent silent', 'supply-low silent']);
    const alert = (await stage.open()).find(({ rule }) => rule === 'agent-silent');
    expect(alert).toMatchObject({ facts: { devices: 3 }, deviceId: null });
    const back = await stage.agent('silent', ['a-mfp', 'b-mfp', 'c-mfp']);
    await stage.until(open, (rules) => !rules.includes('agent-silent silent'));
    await back.leave();
    await remove('silent');
  });

  it('are not raised for an agent that saves power, and not for one that has never connected', async () => {
    stage.passSinceStart(24 * 60);
    const agent = await stage.agent('asleep');
    await agent.ask(sleep, {});
    await stage.gone('asleep', agent, minutes * 2);
    await stage.plane.enrol('unused');
    await stage.tick();
    expect(await open()).toEqual([]);
    for (const id of ['asleep', 'unused']) await remove(id);
  });

  it('are not raised while agents return to a server that has started', async () => {
    const agent = await stage.agent('later');
    await stage.gone('later', agent, 24 * 60);
    await stage.restart(HEALTHY);
    await stage.tick();
    expect(await open()).toEqual([]);
    stage.passSinceStart(minutes - 1);
    await stage.tick();
    expect(await open()).toEqual([]);
    stage.passSinceStart(minutes);
    await stage.tick();
    expect(await open()).toEqual(['agent-silent later']);
    await remove('later');
  });

  it('that are open are resolved also by a server that has just started', async () => {
    stage.passSinceStart(24 * 60);
    const agent = await stage.agent('known');
    await stage.gone('known', agent, minutes);
    await stage.tick();
    expect(await open()).toEqual(['agent-silent known']);
    await stage.restart(HEALTHY);
    const back = await stage.agent('known');
    await stage.until(open, (rules) => rules.length === 0);
    await back.leave();
    await remove('known');
  });

  it('are one for several agents of a customer; one that falls silent later has its own', async () => {
    stage.passSinceStart(24 * 60);
    setLimit('ALERT_OUTAGE_AGENTS', 2);
    const ids = ['out-a', 'out-b', 'out-c', 'out-d', 'out-e', 'out-f'];
    const agents = new Map<string, ScriptedAgent>();
    for (const id of ids) agents.set(id, await stage.agent(id));
    await stage.gone('out-a', agents.get('out-a')!, minutes * 3);
    await stage.gone('out-b', agents.get('out-b')!, minutes * 2);
    for (let n = 0; n < 2; n += 1) await stage.tick();
    const facts = { silent: 2, connected: 5, devices: 2, agents: ['out-a', 'out-b'] };
    const site = { customerName: 'Acme' };
    expect(await stage.open()).toMatchObject([{ rule: 'customer-agents-silent', severity: 'error', facts, site }]);

    await stage.plane.write(`UPDATE alerts SET "raisedAt" = "raisedAt" - ${minutes * 90_000}`);
    await stage.gone('out-c', agents.get('out-c')!, minutes);
    await stage.tick();
    expect(await open()).toEqual(['agent-silent out-c', 'customer-agents-silent']);

    const back = [await stage.agent('out-a')];
    await stage.tick();
    const outage = (await stage.open()).find(({ rule }) => rule === 'customer-agents-silent');
    expect(outage).toMatchObject({ facts: { silent: 1, agents: ['out-b'] } });
    back.push(await stage.agent('out-b'));
    await stage.tick();
    expect(await open()).toEqual(['agent-silent out-c']);
    for (const id of ['out-d', 'out-e', 'out-f']) back.push(agents.get(id)!);
    for (const agent of back) await agent.leave();
    for (const id of ids) await remove(id);
  });

  it('are one if most agents are silent at the same time; those that do not return get their own afterwards', async () => {
    stage.passSinceStart(24 * 60);
    const ids = Array.from({ length: LIMITS.ALERT_OUTAGE_AGENTS }, (_, n) => `many-${n}`);
    for (const id of ids) await stage.gone(id, await stage.agent(id), minutes);
    for (let n = 0; n < 2; n += 1) await stage.tick();
    const facts = { silent: ids.length, connected: 1 };
    expect(await stage.open()).toMatchObject([{ rule: 'many-agents-silent', severity: 'error', facts, site: null }]);
    const back = [];
    for (const id of ids.slice(1)) back.push(await stage.agent(id));
    await stage.tick();
    expect(await open()).toEqual(['agent-silent many-0']);
    for (const agent of back) await agent.leave();
    for (const id of ids) await remove(id);
  });
});
