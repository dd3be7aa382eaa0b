import { z } from 'zod';
import { auditEvent, page } from '../../src/protocol/api';
import { campaign } from '../../src/protocol/campaign';
import { announce } from '../../src/protocol/control-channel';
import { deviceSettings } from '../../src/protocol/device-settings';
import { LIMITS } from '../../src/protocol/limits';
import {
  deviceDrift,
  driftCounts,
  settingsTemplate,
  templateDrift,
  type SettingsTemplate,
} from '../../src/protocol/settings-template';
import type { ScriptedAgent } from '../support/agent/scripted-agent';
import { SimulatedFleet } from '../support/agent/simulated-fleet';
import { announcedPrinter } from '../support/server/control-plane';
import { itRefuses, UNKNOWN_ID, type Call, type RestApi } from '../support/server/rest-api';
import { until } from '../support/until';

const SETTINGS = { location: 'Hall', contact: 'Bureau' };
const READ = ['set-same', 'set-differs', 'set-lacks'];
const ALL = [...READ, 'set-unread', 'set-blind'];

export function describeSettingsTemplates(api: () => RestApi): void {
  describe('settings templates', () => {
    const fleet = new SimulatedFleet('2.15');
    let agent: ScriptedAgent;
    let template: SettingsTemplate;
    const body = (more: object = {}) => ({
      ...{ name: 'Halls', settings: SETTINGS, devices: { filter: { search: 'set-' } } },
      ...more,
    });
    const add = (more: object = {}) =>
      api().answers('ada', 'POST /api/settings-templates', settingsTemplate, { body: body(more) }, 201);
    const remove = (id: string) => api().succeeds('ada', 'DELETE /api/settings-templates/:id', { params: { id } });

    beforeAll(async () => {
      const { plane } = api();
      agent = await plane.streamOf(await plane.enrol('settings-agent'));
      fleet.attach(agent);
      fleet.settings.set('set-same', { ...SETTINGS });
      fleet.settings.set('set-differs', { location: '=Yard', contact: 'Bureau' });
      fleet.settings.set('set-lacks', { location: 'Hall' });
      const blind = { ...announcedPrinter('set-blind'), operations: ['counters' as const] };
      const devices = [...ALL.slice(0, -1).map(announcedPrinter), blind];
      await agent.ask(announce, { agentVersion: '1', devices });
      for (const deviceId of READ) {
        const request = { operation: 'settings-read', waitMinutes: 5 };
        expect((await plane.call('ada', 'POST', `/devices/${deviceId}/jobs`, request)).status).toBe(201);
        await until('its settings', async () => {
          const { body: known } = await plane.call('ada', 'GET', `/devices/${deviceId}/settings`);
          return deviceSettings.parse(known).readAt;
        });
      }
      template = await add();
    });
    afterAll(async () => {
      await agent?.leave();
      await api().plane.call('ada', 'DELETE', '/agents/settings-agent');
    });

    it('are added, listed, changed and removed, and audited', async () => {
      expect(template).toMatchObject({ ...body(), deviceCount: ALL.length, version: 1, changedBy: 'ADA' });
      const list = await api().answers('tom', 'GET /api/settings-templates', z.array(settingsTemplate));
      expect(list).toContainEqual(template);
      const { id } = await add({ name: 'Other', devices: { deviceIds: ['set-lacks', 'gone', 'set-same'] } });
      const params = { id };
      const one = await api().answers('tom', 'GET /api/settings-templates/:id', settingsTemplate, { params });
      expect(one).toMatchObject({ devices: { deviceIds: ['set-lacks', 'set-same'] }, deviceCount: 2 });
      const changed = { ...body({ name: 'Another', settings: { location: 'Yard' } }), version: 1 };
      const call = { params, body: changed };
      const after = await api().answers('ada', 'PUT /api/settings-templates/:id', settingsTemplate, call);
      expect(after).toMatchObject({ name: 'Another', settings: { location: 'Yard' }, version: 2 });
      await api().refuses('ada', 'PUT /api/settings-templates/:id', '409 outdated', call);
      const taken = { params, body: { ...body(), version: 2 } };
      await api().refuses('ada', 'PUT /api/settings-templates/:id', '409 conflict', taken);
      await remove(id);
      await api().refuses('ada', 'DELETE /api/settings-templates/:id', '404 unknown-settings-template', { params });
      await api().refuses('ada', 'PUT /api/settings-templates/:id', '404 unknown-settings-template', call);
      const { rows } = await api().answers('ada', 'GET /api/audit', page(auditEvent));
      const actions = rows.filter(({ target }) => target === id).map(({ action }) => action);
      expect(actions.sort()).toEqual(['changed', 'created', 'removed'].map((each) => `settings-template.${each}`));
    });

    it('say which devices differ, in what, and which are not known', async () => {
      const params = { id: template.id };
      const counts = await api().answers('tom', 'GET /api/settings-templates/:id/drift', driftCounts, { params });
      expect(counts).toEqual({ devices: 5, same: 1, differs: 1, unknown: 1, unsupported: 2 });
      const all = page(deviceDrift);
      const get = async (query: Record<string, string | number> = {}) =>
        api().answers('tom', 'GET /api/settings-templates/:id/devices', all, { params, query });
      const { rows } = await get();
      expect(rows.map(({ deviceId, state }) => [deviceId, state])).toEqual([
        ['set-blind', 'unsupported'],
        ['set-differs', 'differs'],
        ['set-lacks', 'unsupported'],
        ['set-same', 'same'],
        ['set-unread', 'unknown'],
      ]);
      expect(rows[1]).toMatchObject({
        ...{ reads: true, sets: true, readAt: expect.any(String), model: '3050ci' },
        settings: [
          { name: 'location', state: 'differs', wanted: 'Hall', value: '=Yard', settable: true },
          { name: 'contact', state: 'same', wanted: 'Bureau', value: 'Bureau' },
        ],
      });
      expect(rows[4]).toMatchObject({ readAt: null, jobId: null });
      const paged: string[] = [];
      for (let cursor: string | null = ''; cursor !== null;) {
        const part: z.infer<typeof all> = await get({ limit: 2, ...(cursor && { cursor }) });
        paged.push(...part.rows.map(({ deviceId }) => deviceId));
        cursor = part.next;
      }
      expect(paged).toEqual(rows.map(({ deviceId }) => deviceId));
      const some = await get({ state: 'unsupported', limit: 1 });
      expect(some.rows.map(({ deviceId }) => deviceId)).toEqual(['set-blind']);
      const rest = await get({ state: 'unsupported', limit: 1, cursor: some.next! });
      expect(rest).toMatchObject({ rows: [{ deviceId: 'set-lacks' }], next: null });
    });

    it('are compared with one device, and exported as CSV', async () => {
      const ofDevice = (id: string) =>
        api().answers('tom', 'GET /api/devices/:id/drift', z.array(templateDrift), { params: { id } });
      const named = await add({ name: 'Named', devices: { deviceIds: ['set-same'] } });
      expect((await ofDevice('set-same')).map(({ template: { name }, drift }) => [name, drift.state])).toEqual([
        ['Halls', 'same'],
        ['Named', 'same'],
      ]);
      expect(await ofDevice('set-differs')).toMatchObject([
        { template: { name: 'Halls' }, drift: { state: 'differs' } },
      ]);
      expect(await ofDevice('printer')).toEqual([]);
      await remove(named.id);
      const params = { id: template.id };
      const call = { params, query: { state: 'differs' } };
      const csv = await api().succeeds('tom', 'GET /api/settings-templates/:id/export', call, 200);
      const lines = csv.text.split('\r\n');
      expect(lines[0]).toBe(
        '\ufeffdeviceId,deviceName,model,customer,site,deviceState,readAt,setting,state,value,wanted',
      );
      expect(lines).toHaveLength(4);
      expect(lines[1]).toMatch(
        /^set-differs,set-differs,3050ci,Acme,Berlin,differs,[^,]+,location,differs,"'=Yard",Hall$/,
      );
    });

    it('give a campaign its values, which stay when the template is changed', async () => {
      const other = await add({ name: 'Applied', settings: { location: 'Hall' } });
      const wanted = {
        ...{ name: 'Apply', operation: 'settings-set', templateId: other.id, onlyDiffering: true },
        ...{ devices: { filter: { search: 'set-' }, count: ALL.length } },
        startsAt: new Date(Date.now() + 3_600_000).toISOString(),
      };
      const begun = await api().answers('tom', 'POST /api/campaigns', campaign, { body: wanted }, 201);
      expect(begun).toMatchObject({
        ...{ settings: { location: 'Hall' }, template: { id: other.id, name: 'Applied' }, onlyDiffering: true },
        all: { waiting: 2, skipped: 3 },
      });
      const changed = { ...body({ name: 'Applied', settings: { location: 'Yard' } }), version: 1 };
      const params = { id: other.id };
      await api().answers('ada', 'PUT /api/settings-templates/:id', settingsTemplate, { params, body: changed });
      await remove(other.id);
      const own = { params: { id: begun.id } };
      const later = await api().answers('tom', 'GET /api/campaigns/:id', campaign, own);
      expect(later).toMatchObject({ settings: { location: 'Hall' }, template: { name: 'Applied' } });
      await api().succeeds('tom', 'POST /api/campaigns/:id/abortion', own, 200);
      for (const [more, refusal] of [
        [{ templateId: UNKNOWN_ID }, '404 unknown-settings-template'],
        [{ templateId: template.id, settings: SETTINGS }, '400 invalid-request'],
        [{ templateId: template.id, operation: 'identify', onlyDiffering: false }, '400 invalid-request'],
      ] as const)
        await api().refuses('tom', 'POST /api/campaigns', refusal, { body: { ...wanted, ...more } });
    });

    it('are limited in number', async () => {
      jest.replaceProperty(LIMITS, 'SETTINGS_TEMPLATES', 1 as never);
      await api().refuses('ada', 'POST /api/settings-templates', '409 conflict', { body: body({ name: 'More' }) });
      jest.restoreAllMocks();
    });

    const unknown = { params: { id: UNKNOWN_ID } };
    const wrong = (more: object): Call => ({ body: body({ name: 'Wrong', ...more }) });
    itRefuses(api, [
      ['an unknown template', 'tom', 'GET /api/settings-templates/:id', '404 unknown-settings-template', unknown],
      ['its drift', 'tom', 'GET /api/settings-templates/:id/drift', '404 unknown-settings-template', unknown],
      ['its devices', 'tom', 'GET /api/settings-templates/:id/devices', '404 unknown-settings-template', unknown],
      ['to export it', 'tom', 'GET /api/settings-templates/:id/export', '404 unknown-settings-template', unknown],
      ['a name that is taken', 'ada', 'POST /api/settings-templates', '409 conflict', { body: body() }],
      ['one without a name', 'ada', 'POST /api/settings-templates', '400 invalid-request', wrong({ name: ' ' })],
      ['one without settings', 'ada', 'POST /api/settings-templates', '400 invalid-request', wrong({ settings: {} })],
      [
        'an unknown setting',
        'ada',
        'POST /api/settings-templates',
        '400 invalid-request',
        wrong({ settings: { colour: 'red' } }),
      ],
      [
        'a value out of bounds',
        'ada',
        'POST /api/settings-templates',
        '400 invalid-request',
        wrong({ settings: { 'sleep-minutes': '015' } }),
      ],
      ['one without devices', 'ada', 'POST /api/settings-templates', '400 invalid-request', wrong({ devices: {} })],
      [
        'an unknown condition',
        'ada',
        'POST /api/settings-templates',
        '400 invalid-request',
        wrong({ devices: { filter: { colour: 'red' } } }),
      ],
    ]);
  });
}
