import WebSocket from 'ws';
import { ControlPlane, announcedPrinter, type Who } from '../../../../test/support/server/control-plane';
import { until } from '../../../../test/support/until';
import { announce, reportConditions } from '../../../protocol/control-channel';
import { LIVE_PATH, liveEvent, type LiveEvent } from '../../../protocol/live';

describe('the live publishers', () => {
  let plane: ControlPlane;
  let events: LiveEvent[];
  const open: WebSocket[] = [];
  beforeAll(async () => {
    plane = await ControlPlane.start();
    events = await eventsOf('tess');
  });
  afterAll(async () => {
    for (const live of open) live.terminate();
    await plane?.stop();
  });

  /** What a user's console receives from now on. */
  async function eventsOf(who: Who): Promise<LiveEvent[]> {
    const seen: LiveEvent[] = [];
    const headers = { Cookie: await plane.cookieOf(who), Origin: plane.url };
    const live = new WebSocket(`${plane.url.replace('http', 'ws')}${LIVE_PATH}`, { headers });
    open.push(live);
    live.on('message', (data: Buffer) => seen.push(liveEvent.parse(JSON.parse(data.toString()))));
    await new Promise((resolve) => live.once('open', resolve));
    return seen;
  }

  it('publish each state of a job with its result, and device information, to other users, too', async () => {
    const { body } = await plane.call('tom', 'POST', '/devices/printer/jobs', { operation: 'counters' });
    const id = String(body.id);
    const published = (state: string) =>
      until(`the event that the job is ${state}`, () => {
        const changes = events.flatMap((event) => (event.type === 'job' && event.job.id === id ? [event.job] : []));
        return changes.find((job) => job.state === state);
      });
    await published('requested');
    (await plane.agent.commanded(id, 'execute')).answer({});
    await published('executing');
    const result = [{ name: 'impressions', value: '7' }];
    (await plane.agent.commanded(id, 'next')).answer({ status: 'completed', result });
    expect(await published('succeeded')).toMatchObject({ result, deviceId: 'printer' });

    await plane.call('tom', 'POST', '/devices/printer/information');
    const known = await until('the information', () => events.find((event) => event.type === 'information'));
    expect(known).toMatchObject({ id: 'printer', condition: { state: 'stopped', severity: 'error' } });
  });

  it('publish an alert when it changes', async () => {
    const alerts = async () => (await plane.call('tom', 'GET', '/alerts')).body as { rows: { id: string }[] };
    const { id } = await until('an alert', async () => (await alerts()).rows[0]);
    await plane.call('tom', 'POST', `/alerts/${id}/acknowledgement`);
    const published = await until('the event', () =>
      events.find((event) => event.type === 'alert' && event.alert.acknowledged !== null),
    );
    expect(published).toMatchObject({ alert: { id, deviceId: 'printer', acknowledged: { by: 'TOM' } } });
  });

  it('publish nothing about a customer to a technician of another one', async () => {
    const elsewhere = await plane.addCustomer('Elsewhere');
    const site = await plane.addSite(elsewhere, 'Yard');
    const yard = await plane.streamOf(await plane.enrol('yard', site));
    const tom = String((await plane.call('tom', 'GET', '/auth/me')).body.id);
    await plane.call('ada', 'PUT', `/users/${tom}/customers`, { customerIds: [elsewhere] });
    const [hers, his] = [await eventsOf('tess'), await eventsOf('tom')];

    await plane.agent.ask(reportConditions, { deviceId: 'printer', conditions: [] });
    await plane.ask('tess');
    await plane.call('tess', 'POST', '/devices/printer/jobs', { operation: 'identify' });
    await plane.call('tess', 'POST', '/devices/printer/information');
    await plane.agent.leave();
    await plane.connectAgent();
    const back = await plane.addSite(await plane.addCustomer('Third'), 'Hall');
    for (const siteId of [back, plane.siteId]) await plane.call('ada', 'PATCH', '/agents/box', { siteId });
    const types = ['conditions', 'session', 'job', 'information', 'device', 'devices'] as const;
    for (const type of types) await until(`${type} to be published`, () => hers.some((event) => event.type === type));

    // events are sent in one order, so nothing earlier is still to come
    await yard.ask(announce, { agentVersion: '1', devices: [announcedPrinter('plotter')] });
    await until('the event of the other customer', () => his.find(({ type }) => type === 'devices'));
    // also the presence of that agent, and what its device answers after the announcement
    const isOfHisCustomer = (event: LiveEvent) => /"(yard|plotter)"/.test(JSON.stringify(event));
    expect(his.filter((event) => !isOfHisCustomer(event))).toEqual([]);
    expect(hers.filter(isOfHisCustomer)).toEqual([]);
    await yard.leave();
  });
});
