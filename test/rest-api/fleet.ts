import { z } from 'zod';
import { auditEvent, page } from '../../src/protocol/api';
import { deviceNotes, NO_NOTES } from '../../src/protocol/device-notes';
import { announce, reportInformation } from '../../src/protocol/control-channel';
import type { DeviceInformation } from '../../src/protocol/device-information';
import {
  fleetDevice,
  fleetGroups,
  fleetJobs,
  fleetView,
  type FleetGroup,
  type FleetViewQuery,
} from '../../src/protocol/fleet';
import { alert } from '../../src/protocol/alert';
import { LIMITS } from '../../src/protocol/limits';
import { job } from '../../src/protocol/maintenance';
import { overview } from '../../src/protocol/overview';
import type { ScriptedAgent } from '../support/agent/scripted-agent';
import { announcedPrinter } from '../support/server/control-plane';
import { itRefuses, UNKNOWN_ID, type Call, type RestApi } from '../support/server/rest-api';
import { until } from '../support/until';

const reported: DeviceInformation = {
  ...{ reached: true, problem: null, state: 'idle', alerts: [], supplies: [], counters: {} },
  ...{ model: 'Reported 300', serialNumber: 'R-1', firmwareVersion: '2.14' },
};
const JAM = { severity: 'error', code: 'media-jam', text: 'Paper jam in the duplex unit' } as const;
const LOW = { name: 'Black', type: 'toner', colour: 'black', level: 4 };

export function describeFleet(api: () => RestApi): void {
  describe('the device list', () => {
    let agent: ScriptedAgent;
    let customerId: string;
    let siteId: string;
    const ids = async (query: Record<string, string>) =>
      (await api().pages('ada', 'GET /api/fleet', fleetDevice, query)).map(({ id }) => id);
    /** Those of this customer alone, whatever other tests have added. */
    const found = (query: Record<string, string> = {}) => ids({ customerId, ...query });

    beforeAll(async () => {
      const { plane } = api();
      customerId = await plane.addCustomer('Ärztehaus Süd');
      siteId = await plane.addSite(customerId, 'Keller');
      agent = await plane.streamOf(await plane.enrol('fleet-agent', siteId));
      const devices = ['fleet-c', 'fleet-a', 'fleet-b'].map(announcedPrinter).map((each) => ({
        ...each,
        ...{ name: each.id.toUpperCase(), model: '', serialNumber: '', location: '50% off_site' },
        operations: ['counters' as const, 'identify' as const], // the server does not request their information
      }));
      await agent.ask(announce, { agentVersion: '1', devices });
      await agent.ask(reportInformation, { deviceId: 'fleet-a', information: { ...reported, alerts: [JAM] } });
      const other = { ...reported, firmwareVersion: '2.15', supplies: [LOW], model: 'Reported 500' };
      await agent.ask(reportInformation, { deviceId: 'fleet-b', information: other });
      const notes = { ...NO_NOTES, text: 'The key is at the RECEPTION', assetTag: 'A-0815' };
      const { changedAt: _at, changedBy: _by, ...body } = notes;
      await api().answers('ada', 'PUT /api/devices/:id/notes', deviceNotes, { params: { id: 'fleet-c' }, body });
    });
    afterAll(async () => {
      await agent?.leave();
      await api().plane.call('ada', 'DELETE', '/agents/fleet-agent');
      await api().plane.call('ada', 'DELETE', `/customers/${customerId}`);
    });

    it('has every device with what is noted and what it reported last', async () => {
      const rows = await api().pages('ada', 'GET /api/fleet', fleetDevice, { siteId });
      expect(rows).toMatchObject([
        { id: 'fleet-a', model: 'Reported 300', firmwareVersion: '2.14', lowestSupply: null, online: true },
        { id: 'fleet-b', model: 'Reported 500', firmwareVersion: '2.15', lowestSupply: 4 },
        { id: 'fleet-c', model: '', firmwareVersion: '', assetTag: 'A-0815' },
      ]);
    });

    it.each<[Record<string, string>, string[]]>([
      [{ sort: 'name', order: 'desc' }, ['fleet-c', 'fleet-b', 'fleet-a']],
      [{ sort: 'alerts', order: 'desc' }, ['fleet-a', 'fleet-c', 'fleet-b']],
      [{ sort: 'supplies' }, ['fleet-b', 'fleet-a', 'fleet-c']],
      [{ sort: 'firmware' }, ['fleet-c', 'fleet-a', 'fleet-b']],
      [{ sort: 'last-seen' }, ['fleet-a', 'fleet-b', 'fleet-c']],
    ])('is sorted by %p, in pages', async (query, expected) => {
      expect(await found(query)).toEqual(expected);
    });

    it.each<[Record<string, string>, string[]]>([
      [{ search: 'fleet-b' }, ['fleet-b']],
      [{ search: 'reception key' }, ['fleet-c']],
      [{ search: 'a-0815' }, ['fleet-c']],
      [{ search: 'DUPLEX' }, ['fleet-a']],
      [{ search: 'media-jam r-1' }, ['fleet-a']],
      [{ search: 'Ärztehaus keller 500' }, ['fleet-b']],
      [{ search: '0% off_' }, ['fleet-a', 'fleet-b', 'fleet-c']],
      [{ search: '0_' }, []],
      [{ search: 'nothing-of-this' }, []],
      [{ model: 'Reported 500' }, ['fleet-b']],
      [{ firmwareVersion: '2.14' }, ['fleet-a']],
      [{ otherFirmware: '2.14' }, ['fleet-b']],
      [{ state: 'idle' }, ['fleet-a', 'fleet-b']],
      [{ state: 'none' }, ['fleet-c']],
      [{ alerts: 'warning' }, ['fleet-a']],
      [{ suppliesBelow: '5' }, ['fleet-b']],
      [{ suppliesBelow: '4' }, []],
      [{ presence: 'online' }, ['fleet-a', 'fleet-b', 'fleet-c']],
      [{ presence: 'offline' }, []],
      [{ presence: 'asleep' }, []],
      [{ silentHours: '1' }, []],
    ])('is filtered by %p', async (query, expected) => {
      expect(await found(query)).toEqual(expected);
    });

    it('is counted, as a whole and by group', async () => {
      const groups = async (by: string) =>
        api().answers('ada', 'GET /api/fleet/groups', fleetGroups, { query: { customerId, by } });
      const counts = { devices: 3, online: 3, asleep: 0, unreached: 0, errors: 1, warnings: 1, lowSupplies: 1 };
      expect(await groups('none')).toEqual({ all: counts, rows: [], more: false });
      const named = { name: 'Ärztehaus Süd', customerName: '' };
      expect((await groups('customer')).rows).toEqual([{ ...counts, ...named, id: customerId }]);
      const site = { id: siteId, name: 'Keller', customerName: 'Ärztehaus Süd' };
      expect((await groups('site')).rows).toEqual([{ ...counts, ...site }]);
      const models = (await groups('model')).rows;
      expect(models.map(({ id, devices }: FleetGroup) => [id, devices])).toEqual([
        [null, 1],
        ['Reported 300', 1],
        ['Reported 500', 1],
      ]);
    });

    it('is summed up on the first screen, by customer', async () => {
      // the alert about the supply follows the report
      const { own, all } = await until('the alert', async () => {
        const known = await api().answers('ada', 'GET /api/overview', overview);
        const found = known.customers.find(({ id }) => id === customerId);
        return found?.alertWarnings === 1 && { own: found, all: known.all };
      });
      const inInbox = { customerId, severity: 'warning' };
      expect(await api().pages('ada', 'GET /api/alerts', alert, inInbox)).toHaveLength(1);
      expect(all.alertWarnings).toBeGreaterThanOrEqual(1);
      expect(own.alertErrors).toBe(0);
      expect(own).toMatchObject({ name: 'Ärztehaus Süd', devices: 3, errors: 1, lowSupplies: 1, sessions: 0 });
      expect(all.devices).toBeGreaterThanOrEqual(3);
      const foreign = await api().answers('tom', 'GET /api/overview', overview);
      expect(foreign.customers.map(({ id }) => id)).not.toContain(customerId);
    });

    it('is exported as CSV, in which no cell is a formula', async () => {
      const { changedAt: _at, changedBy: _by, ...body } = { ...NO_NOTES, assetTag: '=1+1', version: 1 };
      const params = { id: 'fleet-c' };
      await api().answers('ada', 'PUT /api/devices/:id/notes', deviceNotes, { params, body });
      const query = { customerId, columns: 'assetTag,firmwareVersion,location' };
      const answer = await api().succeeds('ada', 'GET /api/fleet/export', { query }, 200);
      expect(answer.get('Content-Type')).toBe('text/csv; charset=utf-8');
      expect(answer.get('Content-Disposition')).toMatch(/^attachment; filename="?devices-\d{4}-\d\d-\d\d\.csv"?$/);
      expect(answer.text.split('\r\n')).toEqual([
        '\ufeffid,name,assetTag,firmwareVersion,location',
        'fleet-a,FLEET-A,,2.14,50% off_site',
        'fleet-b,FLEET-B,,2.15,50% off_site',
        `fleet-c,FLEET-C,"'=1+1",,50% off_site`,
        '',
      ]);
      const { rows } = await api().answers('ada', 'GET /api/audit', page(auditEvent));
      expect(rows.find(({ action }) => action === 'device.list-exported')?.detail).toContain(customerId);
    });

    const query: FleetViewQuery = {
      ...{ filter: { alerts: 'error', silentHours: 24 }, sort: 'alerts', order: 'desc' },
      ...{ columns: ['status'], by: null },
    };
    it('has filters that each user saves for themselves', async () => {
      const views = () => api().answers('tom', 'GET /api/fleet/views', z.array(fleetView));
      const save = (name: string): Call => ({ body: { name, query } });
      const saved = await api().answers('tom', 'POST /api/fleet/views', fleetView, save('Broken'), 201);
      expect(await views()).toEqual([saved]);
      expect(await api().answers('tess', 'GET /api/fleet/views', z.array(fleetView))).toEqual([]);
      await api().refuses('tom', 'POST /api/fleet/views', '409 conflict', save('Broken'));
      const params = { id: saved.id };
      await api().refuses('tess', 'DELETE /api/fleet/views/:id', '404 not-found', { params });
      await api().succeeds('tom', 'DELETE /api/fleet/views/:id', { params });
      expect(await views()).toEqual([]);
      for (let n = 0; n < LIMITS.FLEET_VIEWS_PER_USER; n += 1)
        await api().answers('tom', 'POST /api/fleet/views', fleetView, save(`View ${n}`), 201);
      await api().refuses('tom', 'POST /api/fleet/views', '409 conflict', save('One more'));
    });

    it('starts a job on each of several devices, and says why one has none', async () => {
      const wanted = { operation: 'counters', waitMinutes: 5 };
      const devices = { deviceIds: ['fleet-a', 'fleet-a', 'no-such-device', 'fleet-b'] };
      const { rows } = await api().answers('ada', 'POST /api/fleet/jobs', fleetJobs, {
        body: { devices, job: wanted },
      });
      expect(rows).toMatchObject([
        { deviceId: 'fleet-a', deviceName: 'FLEET-A', refusal: null },
        { deviceId: 'no-such-device', deviceName: '', jobId: null, refusal: { code: 'unknown-device' } },
        { deviceId: 'fleet-b', deviceName: 'FLEET-B', refusal: null },
      ]);
      for (const { jobId, deviceId } of rows.filter(({ refusal }) => refusal === null))
        expect(await api().answers('ada', 'GET /api/jobs/:id', job, { params: { id: jobId! } })).toMatchObject({
          deviceId,
        });
      // Tom is not assigned to the customer
      const refused = await api().answers('tom', 'POST /api/fleet/jobs', fleetJobs, { body: { devices, job: wanted } });
      expect(new Set(refused.rows.map(({ refusal }) => refusal?.code))).toEqual(new Set(['unknown-device']));
      expect(refused.rows.map(({ deviceName }) => deviceName)).toEqual(['', '', '']);
    });

    it('starts jobs on all that a filter fits only if they are as many as were seen', async () => {
      const of = (count: number): Call => ({
        body: { devices: { filter: { customerId }, count }, job: { operation: 'identify', waitMinutes: 5 } },
      });
      for (const count of [2, 4]) await api().refuses('ada', 'POST /api/fleet/jobs', '409 outdated', of(count));
      const { rows } = await api().answers('ada', 'POST /api/fleet/jobs', fleetJobs, of(3));
      expect(rows.map(({ deviceId }) => deviceId)).toEqual(['fleet-a', 'fleet-b', 'fleet-c']);
    });

    it('knows which agents are not connected', async () => {
      await agent.leave();
      await until('the devices to be offline', async () => (await found({ presence: 'offline' })).length === 3);
      expect(await found({ presence: 'online' })).toEqual([]);
      expect(await found({ silentHours: '1' })).toEqual([]);
    });

    const body = { devices: { deviceIds: ['x'] }, job: { operation: 'counters' } };
    itRefuses(api, [
      ['an unknown filter', 'tom', 'GET /api/fleet', '400 invalid-request', { query: { vendor: 'x' } }],
      ['a cursor that is none', 'tom', 'GET /api/fleet', '400 invalid-request', { query: { cursor: 'x' } }],
      [
        'a cursor of another order',
        'tom',
        'GET /api/fleet',
        '400 invalid-request',
        { query: { sort: 'alerts', cursor: Buffer.from('["a","b"]').toString('base64url') } },
      ],
      [
        'a cursor with NUL',
        'tom',
        'GET /api/fleet',
        '400 invalid-request',
        { query: { cursor: Buffer.from('["\\u0000","b"]').toString('base64url') } },
      ],
      ['an unknown column', 'tom', 'GET /api/fleet/export', '400 invalid-request', { query: { columns: 'password' } }],
      ['an unknown grouping', 'tom', 'GET /api/fleet/groups', '400 invalid-request', { query: { by: 'agent' } }],
      ['a view without a name', 'tom', 'POST /api/fleet/views', '400 invalid-request', { body: { name: ' ', query } }],
      ['a view of another user', 'tom', 'DELETE /api/fleet/views/:id', '404 not-found', { params: { id: UNKNOWN_ID } }],
      [
        'more jobs than one request may start',
        'tom',
        'POST /api/fleet/jobs',
        '400 invalid-request',
        { body: { ...body, devices: { filter: {}, count: LIMITS.JOBS_AT_ONCE + 1 } } },
      ],
      [
        'a filter without the number of devices',
        'tom',
        'POST /api/fleet/jobs',
        '400 invalid-request',
        { body: { ...body, devices: { filter: {} } } },
      ],
    ]);
  });
}
