import { ControlPlane, announcedPrinter } from '../../../test/support/server/control-plane';
import { setLimit } from '../../../test/support/relay/test-relay';
import { until } from '../../../test/support/until';
import vectors from '../../../test/vectors/control-channel.json';
import { announce, reportInformation } from '../../protocol/control-channel';
import { deviceInformation, type DeviceInformation } from '../../protocol/device-information';
import { UNIDENTIFIED } from '../../protocol/device-identity';
import { LIMITS } from '../../protocol/limits';
import { readings, type Readings } from '../../protocol/readings';

const SAMPLE = deviceInformation.parse(vectors.acquireInformation.response);

describe('meter readings', () => {
  let plane: ControlPlane;
  beforeAll(async () => {
    setLimit('READING_CHECK_MS', 20);
    // each reading is one of its own
    setLimit('READING_SLOT_MS', 1);
    plane = await ControlPlane.start();
    await shown('printer', ({ readings: all }) => all.length > 0);
  });
  afterAll(async () => {
    await plane?.stop();
    jest.restoreAllMocks();
  });

  const read = async (id: string, points = 50): Promise<Readings> => {
    const from = new Date(Date.now() - 1_000_000).toISOString();
    const to = new Date(Date.now() + 1_000_000).toISOString();
    const answer = await plane.call('tom', 'GET', `/devices/${id}/readings?from=${from}&to=${to}&points=${points}`);
    return readings.parse(answer.body);
  };
  const shown = (id: string, isRight: (known: Readings) => boolean) =>
    until(`the readings of ${id}`, async () => {
      const known = await read(id, LIMITS.READING_POINTS);
      return isRight(known) && known;
    });
  const report = (information: Partial<DeviceInformation>, deviceId = 'printer') =>
    plane.agent.ask(reportInformation, { deviceId, information: { ...SAMPLE, ...information } });
  const times = (id: string, agent = plane.agent) =>
    agent.asked.filter(({ name, body }) => name === 'acquire-information' && body.deviceId === id).length;
  /** The scheduled reading of a device is due. */
  const makeDue = (id: string) => plane.write(`UPDATE metered_devices SET "nextAt" = 1 WHERE "deviceId" = '${id}'`);
  const agentWith = async (agentId: string, id: string, operations = announcedPrinter(id).operations) => {
    const agent = await plane.streamOf(await plane.enrol(agentId));
    await agent.ask(announce, { agentVersion: '1', devices: [{ ...announcedPrinter(id), operations }] });
    return agent;
  };

  it('are booked when a device is read on demand, and when its agent reports a change', async () => {
    const { counters } = SAMPLE;
    const known = await read('printer');
    expect(known).toMatchObject({ serialNumber: SAMPLE.serialNumber, schedule: { hours: 24, obstacle: null } });
    expect(known.readings.at(-1)).toMatchObject({ state: SAMPLE.state, counters });
    const more = { impressions: (counters.impressions ?? 0) + 5 };
    plane.agent.answers.set('acquire-information', { body: { ...SAMPLE, counters: more } });
    await plane.call('tom', 'POST', '/devices/printer/information');
    await shown('printer', ({ readings: all }) => all.at(-1)?.counters?.impressions === more.impressions);
    // of the readings in one part of the period, one with counters is shown
    await until('the device is not reached', async () => {
      await report({ state: 'idle', reached: false });
      return (await read('printer', LIMITS.READING_POINTS)).readings.at(-1)?.state === 'not-reached';
    });
  });

  it('are made on schedule, of a device that may be asked', async () => {
    const before = times('printer');
    await makeDue('printer');
    await until('the device is asked', () => times('printer') > before);
    const { schedule } = await shown('printer', (known) => Date.parse(known.schedule.nextAt ?? '') > Date.now());
    const hours = (Date.parse(schedule.nextAt!) - Date.now()) / 3_600_000;
    expect([hours > 21, hours <= 24]).toEqual([true, true]);
  });

  it('are not made of an agent that is offline, and do not wake it', async () => {
    const agent = await agentWith('leaver', 'left');
    await shown('left', ({ readings: all }) => all.length > 0);
    await agent.leave();
    await shown('left', ({ schedule }) => schedule.obstacle === 'offline');
    const asked = times('left', agent);
    await makeDue('left');
    await shown('left', ({ schedule }) => Date.parse(schedule.nextAt ?? '') > Date.now());
    expect(times('left', agent)).toBe(asked);
  });

  it('are not made of a device whose agent may not report information', async () => {
    const agent = await agentWith('closed', 'open', ['information']);
    await shown('open', ({ readings: all }) => all.length > 0);
    await agent.ask(announce, { agentVersion: '1', devices: [{ ...announcedPrinter('open'), operations: [] }] });
    const asked = times('open', agent);
    await makeDue('open');
    await until('it was due', async () => (await read('open')).schedule.obstacle === 'not-permitted');
    expect((await read('open')).schedule).toEqual({ hours: 24, nextAt: null, obstacle: 'not-permitted' });
    await makeDue('printer');
    await shown('printer', ({ schedule }) => Date.parse(schedule.nextAt ?? '') > Date.now());
    expect(times('open', agent)).toBe(asked);
    await agent.leave();
  });

  it('follow the schedule of the customer', async () => {
    const customers = (await plane.call('ada', 'GET', '/customers')).body as unknown as { id: string; name: string }[];
    const { id } = customers.find(({ name }) => name === 'Acme')!;
    const change = (hours: number | null) => plane.call('ada', 'PUT', `/customers/${id}/reading-schedule`, { hours });
    expect((await change(0)).body).toEqual({ hours: 0 });
    expect((await read('printer')).schedule).toEqual({ hours: 0, nextAt: null, obstacle: 'off' });
    const before = times('printer');
    await plane.call('tom', 'POST', '/devices/printer/information');
    await until('the reading', () => times('printer') > before);
    expect((await read('printer')).schedule.nextAt).toBeNull();
    await change(1);
    const { nextAt, hours } = (await read('printer')).schedule;
    expect([hours, Date.parse(nextAt!) <= Date.now() + 3_600_000]).toEqual([1, true]);
    expect((await change(null)).body).toEqual({ hours: 24 });
  });

  it('have nothing of another device that answers at the address', async () => {
    const agent = await agentWith('swapped', 'kept');
    const own = await shown('kept', ({ readings: all }) => all.length > 0);
    const reports = (serialNumber: string, impressions: number) => {
      const identity = { ...UNIDENTIFIED, serialNumber };
      const information = { ...SAMPLE, serialNumber, identity, counters: { impressions } };
      return agent.ask(reportInformation, { deviceId: 'kept', information });
    };
    const printed = SAMPLE.counters.impressions! + 5;
    await reports(SAMPLE.serialNumber, printed);
    await shown('kept', ({ readings: all }) => all.at(-1)?.counters?.impressions === printed);
    // of the readings in one part of the period, one with counters is shown
    const known = await until('the device is not reached', async () => {
      await reports('B-2', 700_000);
      const now = await read('kept', LIMITS.READING_POINTS);
      return now.readings.at(-1)?.state === 'not-reached' && now;
    });
    const { meteredDeviceId } = own;
    expect(known).toMatchObject({ meteredDeviceId, serialNumber: SAMPLE.serialNumber, jumps: [] });
    expect(known.readings.at(-1)?.counters).toBeNull();
    // the right one is back
    await reports(SAMPLE.serialNumber, printed + 10);
    const back = await shown('kept', ({ readings: all }) => all.at(-1)?.counters?.impressions === printed + 10);
    expect(back.readings.map(({ counters }) => counters?.impressions)).not.toContain(700_000);
    await agent.leave();
  });

  it('show a counter that jumped, until its offset is entered', async () => {
    await report({ counters: { impressions: 90_000, copies: 7 } });
    await shown('printer', ({ readings: all }) => all.at(-1)?.counters?.copies === 7);
    await report({ counters: { impressions: 3, copies: 8 } });
    const { jumps } = await shown('printer', (known) => known.jumps.some(({ before }) => before === 90_000));
    const jump = jumps.find(({ before }) => before === 90_000)!;
    expect(jump).toMatchObject({ counter: 'impressions', before: 90_000, after: 3, offset: null });
    const body = { offset: 90_000, reason: 'board replaced' };
    expect((await plane.call('tom', 'PUT', `/meter-jumps/${jump.id}/offset`, body)).status).toBe(204);
    expect((await read('printer')).jumps).toContainEqual({ ...jump, ...body, enteredBy: 'TOM' });
    const audit = (await plane.call('ada', 'GET', '/audit?limit=200')).body as { rows: object[] };
    expect(audit.rows).toContainEqual(
      expect.objectContaining({
        ...{ action: 'meter-offset.entered', target: 'printer', actor: 'tom' },
        detail: 'impressions 90000 -> 3, offset 90000: board replaced',
      }),
    );
  });

  it('are entered by hand, with what was known before', async () => {
    await report({ counters: { impressions: 50, copies: 20 } });
    await shown('printer', ({ readings: all }) => all.at(-1)?.counters?.impressions === 50);
    const at = new Date().toISOString();
    const path = `/metered-devices/${(await read('printer')).meteredDeviceId}/readings`;
    const body = { at, counters: { impressions: 60 }, reason: 'read from the display' };
    expect(await plane.call('tom', 'POST', path, body)).toMatchObject({
      ...{ status: 201, body: { at, counters: { impressions: 60, copies: 20 } } },
    });
    expect((await read('printer')).readings).toContainEqual(
      expect.objectContaining({ at, counters: { impressions: 60, copies: 20 } }),
    );
    for (const wrong of [Date.now() + 60_000, Date.now() - LIMITS.READING_ADDED_MS - 60_000]) {
      const refused = { ...body, at: new Date(wrong).toISOString() };
      expect((await plane.call('tom', 'POST', path, refused)).status).toBe(400);
    }
  });

  it('at another customer are not shown at this one', async () => {
    const other = await plane.addSite(await plane.addCustomer('Other'), 'Other');
    expect((await read('printer')).since).not.toBeNull();
    await plane.call('ada', 'PATCH', '/agents/box', { siteId: other });
    const answer = await plane.call(
      'ada',
      'GET',
      '/devices/printer/readings?from=2020-01-01T00:00:00Z&to=2040-01-01T00:00:00Z',
    );
    expect(answer.body).toMatchObject({ since: null, readings: [], jumps: [] });
    await plane.call('ada', 'PATCH', '/agents/box', { siteId: plane.siteId });
    expect((await read('printer')).since).not.toBeNull();
  });
});
