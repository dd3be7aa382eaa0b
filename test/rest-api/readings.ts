import { z } from 'zod';
import { customer } from '../../src/protocol/api';
import { announce, reportInformation } from '../../src/protocol/control-channel';
import { deviceInformation } from '../../src/protocol/device-information';
import { reading, readings, readingSchedule, readingSchedules } from '../../src/protocol/readings';
import { announcedPrinter } from '../support/server/control-plane';
import { itRefuses, UNKNOWN_ID, type RestApi } from '../support/server/rest-api';
import { until } from '../support/until';
import vectors from '../vectors/control-channel.json';

const SAMPLE = deviceInformation.parse(vectors.acquireInformation.response);

export function describeReadings(api: () => RestApi): void {
  describe('meter readings', () => {
    const period = { from: '2020-01-01T00:00:00Z', to: '2040-01-01T00:00:00Z' };
    const printer = { params: { id: 'printer' }, query: { ...period, points: 10 } };
    const read = () => api().answers('tom', 'GET /api/devices/:id/readings', readings, printer);
    const report = (impressions: number) =>
      api().plane.agent.ask(reportInformation, {
        deviceId: 'printer',
        information: { ...SAMPLE, counters: { impressions } },
      });

    it('are shown for a period, and entered by hand', async () => {
      await report(100_000);
      const known = await until('a reading', async () => {
        const all = await read();
        return all.since !== null && all;
      });
      expect(known.readings.length).toBeLessThanOrEqual(10);
      expect(known.schedule).toMatchObject({ hours: 24, obstacle: null });
      const body = { at: new Date().toISOString(), counters: { impressions: 100_001 }, reason: 'by phone' };
      const entered = await api().answers(
        'tom',
        'POST /api/metered-devices/:id/readings',
        reading,
        { params: { id: String(known.meteredDeviceId) }, body },
        201,
      );
      expect(entered.counters).toMatchObject({ impressions: 100_001 });
    });

    it('have an offset for each counter that jumped', async () => {
      await report(100_000);
      await until('the jump', async () => {
        await report(1);
        return (await read()).jumps.length > 0;
      });
      const { id } = (await read()).jumps[0]!;
      const call = { params: { id }, body: { offset: 99_999, reason: 'new board' } };
      await api().succeeds('tom', 'PUT /api/meter-jumps/:id/offset', call);
      expect((await read()).jumps[0]).toMatchObject({ offset: 99_999, reason: 'new board', enteredBy: 'TOM' });
    });

    it('have a schedule for each customer', async () => {
      const all = await api().answers('ada', 'GET /api/customers', z.array(customer));
      const { id } = all.find(({ name }) => name === 'Acme')!;
      const route = 'PUT /api/customers/:id/reading-schedule';
      const call = (hours: number | null) => ({ params: { id }, body: { hours } });
      expect(await api().answers('ada', route, readingSchedule, call(6))).toEqual({ hours: 6 });
      const listed = () => api().answers('tom', 'GET /api/reading-schedules', readingSchedules);
      expect(await listed()).toEqual({ usual: 24, customers: [{ customerId: id, hours: 6 }] });
      expect(await api().answers('ada', route, readingSchedule, call(null))).toEqual({ hours: 24 });
      expect(await listed()).toEqual({ usual: 24, customers: [] });
    });

    it('are out of reach with their device', async () => {
      const { plane } = api();
      const account = await plane.enrol('hidden', await plane.addSite(await plane.addCustomer('Hidden'), 'Hidden'));
      const agent = await plane.streamOf(account);
      await agent.ask(announce, { agentVersion: '1', devices: [announcedPrinter('hidden-mfp')] });
      const deviceId = 'hidden-mfp';
      const shown = { params: { id: deviceId }, query: period };
      const seen = () => api().answers('ada', 'GET /api/devices/:id/readings', readings, shown);
      await until('a reading', async () => (await seen()).since !== null);
      const jumped = { ...SAMPLE, counters: { impressions: 0 } };
      await agent.ask(reportInformation, { deviceId, information: jumped });
      await until('a jump', async () => (await seen()).jumps.length > 0);
      const { meteredDeviceId, jumps } = await seen();
      const reading = { params: { id: String(meteredDeviceId) }, body };
      await api().refuses('tom', 'POST /api/metered-devices/:id/readings', '404 not-found', reading);
      const offset = { params: { id: jumps[0]!.id }, body: { offset: 1, reason: 'x' } };
      await api().refuses('tom', 'PUT /api/meter-jumps/:id/offset', '404 not-found', offset);
      const today = new Date().toISOString().slice(0, 10);
      const report = async (who: 'ada' | 'tom') => {
        const answer = await api().call(who, 'GET /api/meter-report', { query: { from: today, to: today } });
        return answer.text.includes(deviceId);
      };
      expect([await report('ada'), await report('tom')]).toEqual([true, false]);
      await agent.leave();
      await plane.call('ada', 'DELETE', '/agents/hidden');
    });

    const body = { at: '2026-01-01T00:00:00Z', counters: { impressions: 1 }, reason: 'x' };
    const unknown = { params: { id: 'none' } };
    itRefuses(api, [
      [
        'readings of no period',
        'tom',
        'GET /api/devices/:id/readings',
        '400 invalid-request',
        { params: { id: 'printer' } },
      ],
      [
        'a period that ends before it begins',
        'tom',
        'GET /api/devices/:id/readings',
        '400 invalid-request',
        { params: { id: 'printer' }, query: { from: period.to, to: period.from } },
      ],
      [
        'more points than are sent',
        'tom',
        'GET /api/devices/:id/readings',
        '400 invalid-request',
        { params: { id: 'printer' }, query: { ...period, points: 100_000 } },
      ],
      [
        'readings of an unknown device',
        'tom',
        'GET /api/devices/:id/readings',
        '404 unknown-device',
        { ...unknown, query: period },
      ],
      [
        'to enter a reading of an unknown device',
        'tom',
        'POST /api/metered-devices/:id/readings',
        '404 not-found',
        { params: { id: '2000000000' }, body },
      ],
      [
        'to enter a reading of a device without a number',
        'tom',
        'POST /api/metered-devices/:id/readings',
        '400 invalid-request',
        { params: { id: 'printer' }, body },
      ],
      [
        'to enter a reading without a reason',
        'tom',
        'POST /api/metered-devices/:id/readings',
        '400 invalid-request',
        { params: { id: '1' }, body: { ...body, reason: '' } },
      ],
      [
        'the offset of an unknown jump',
        'tom',
        'PUT /api/meter-jumps/:id/offset',
        '404 not-found',
        { params: { id: UNKNOWN_ID }, body: { offset: 1, reason: 'x' } },
      ],
      [
        'the schedule of an unknown customer',
        'ada',
        'PUT /api/customers/:id/reading-schedule',
        '404 not-found',
        { params: { id: UNKNOWN_ID }, body: { hours: 1 } },
      ],
      [
        'a schedule of minutes',
        'ada',
        'PUT /api/customers/:id/reading-schedule',
        '400 invalid-request',
        { params: { id: UNKNOWN_ID }, body: { hours: 0.1 } },
      ],
    ]);
  });
}
