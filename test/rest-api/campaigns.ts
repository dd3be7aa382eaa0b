import { auditEvent, page } from '../../src/protocol/api';
import {
  campaign,
  campaignDevice,
  campaignExport,
  campaignPlan,
  type Campaign,
  type CampaignState,
} from '../../src/protocol/campaign';
import { LIMITS } from '../../src/protocol/limits';
import { overview } from '../../src/protocol/overview';
import { itRefuses, UNKNOWN_ID, type Call, type RestApi } from '../support/server/rest-api';
import { until } from '../support/until';

export function describeCampaigns(api: () => RestApi): void {
  describe('campaigns', () => {
    /** The agent holds every job, and drops those that are withdrawn. */
    beforeAll(() => {
      api().plane.agent.onCommand = (command) =>
        command.answer(command.action === 'cancel' ? { status: 'canceled' } : { hold: 'stopped' });
    });
    afterAll(() => {
      api().plane.agent.onCommand = () => undefined;
    });

    const wanted = (more: object = {}): Call => ({
      body: { name: 'Identify', devices: { deviceIds: ['printer'] }, operation: 'identify', ...more },
    });
    /** One that does not start before the end of the test. */
    const later = { startsAt: new Date(Date.now() + 3_600_000).toISOString() };
    const start = (more: object = later) => api().answers('tom', 'POST /api/campaigns', campaign, wanted(more), 201);
    const reaches = (id: string, state: CampaignState): Promise<Campaign> =>
      until(`the campaign to be ${state}`, async () => {
        const seen = await api().answers('tom', 'GET /api/campaigns/:id', campaign, { params: { id } });
        return seen.state === state && seen;
      });
    const abort = async (id: string) => {
      await api().answers('tom', 'POST /api/campaigns/:id/abortion', campaign, { params: { id } });
      await reaches(id, 'aborted');
    };

    it('are planned, started, listed, shown on the first screen, paused, resumed and aborted', async () => {
      const plan = await api().answers('tom', 'POST /api/campaigns/plan', campaignPlan, wanted());
      expect(plan).toEqual({ waves: [1], skipped: [] });
      const begun = await start({ waves: [{ percent: 10 }], failureLimit: { percent: 20, least: 5 } });
      expect(begun).toMatchObject({
        ...{ name: 'Identify', operation: 'identify', firmware: null, user: { displayName: 'TOM' }, mayControl: true },
        ...{ waves: [{ wave: 1, counts: { waiting: 1 } }], failureLimit: { percent: 20, least: 5 }, waitHours: 72 },
      });
      const { id } = begun;
      const params = { id };
      await reaches(id, 'running');
      const { campaigns } = await api().answers('tom', 'GET /api/overview', overview);
      expect(campaigns.map((each) => each.id)).toContain(id);
      for (const [state, isListed] of [
        ['open', true],
        ['over', false],
        ['all', true],
      ] as const) {
        const rows = await api().pages('tom', 'GET /api/campaigns', campaign, { state });
        expect(rows.some((row) => row.id === id)).toBe(isListed);
      }
      const paused = await api().answers('tom', 'POST /api/campaigns/:id/pause', campaign, { params });
      expect(paused).toMatchObject({ state: 'paused', reason: 'user' });
      const resumed = await api().answers('tom', 'POST /api/campaigns/:id/resumption', campaign, { params });
      expect(resumed).toMatchObject({ state: 'running', reason: null });
      await abort(id);
    });

    it('have their devices listed, and exported as CSV and JSON', async () => {
      const { id } = await start();
      const params = { id };
      const answer = await api().answers('tom', 'GET /api/campaigns/:id/devices', page(campaignDevice), { params });
      expect(answer.rows).toMatchObject([{ deviceId: 'printer', state: 'waiting', hold: 'scheduled', wave: 1 }]);
      const csv = await api().succeeds('tom', 'GET /api/campaigns/:id/export', { params }, 200);
      expect(csv.get('Content-Type')).toBe('text/csv; charset=utf-8');
      expect(csv.get('Content-Disposition')).toMatch(/^attachment; filename="?campaign-\d{4}-\d\d-\d\d\.csv"?$/);
      const [head, line] = csv.text.split('\r\n');
      expect(head).toBe('\ufeffdeviceId,deviceName,wave,state,reason,detail,versionBefore,startedAt,endedAt,jobId');
      expect(line).toMatch(/^printer,printer,1,waiting,scheduled,,/);
      const query = { format: 'json' };
      const json = await api().answers('tom', 'GET /api/campaigns/:id/export', campaignExport, { params, query });
      expect(json.devices).toEqual(answer.rows);
      const { rows } = await api().answers('ada', 'GET /api/audit', page(auditEvent));
      expect(rows.filter(({ action, target }) => action === 'campaign.exported' && target === id)).toHaveLength(2);
      await abort(id);
    });

    const unknown = { params: { id: UNKNOWN_ID } };
    const hours = (from: string, until: string) => ({ window: { hours: [{ days: [1], from, until }] } });
    itRefuses(api, [
      ['an unknown campaign', 'tom', 'GET /api/campaigns/:id', '404 unknown-campaign', unknown],
      ['to list its devices', 'tom', 'GET /api/campaigns/:id/devices', '404 unknown-campaign', unknown],
      ['to export it', 'tom', 'GET /api/campaigns/:id/export', '404 unknown-campaign', unknown],
      ['to pause it', 'tom', 'POST /api/campaigns/:id/pause', '404 unknown-campaign', unknown],
      ['to resume it', 'tom', 'POST /api/campaigns/:id/resumption', '404 unknown-campaign', unknown],
      ['to abort it', 'tom', 'POST /api/campaigns/:id/abortion', '404 unknown-campaign', unknown],
      ['an unknown state', 'tom', 'GET /api/campaigns', '400 invalid-request', { query: { state: 'done' } }],
      ['one without a name', 'tom', 'POST /api/campaigns', '400 invalid-request', wanted({ name: ' ' })],
      [
        'an unknown device',
        'tom',
        'POST /api/campaigns',
        '404 unknown-device',
        wanted({ devices: { deviceIds: ['nowhere'] } }),
      ],
      [
        'another number of devices than was seen',
        'tom',
        'POST /api/campaigns',
        '409 outdated',
        wanted({ devices: { filter: { search: 'nothing-of-this' }, count: 3 } }),
      ],
      [
        'too many waves',
        'tom',
        'POST /api/campaigns',
        '400 invalid-request',
        wanted({ waves: Array(LIMITS.CAMPAIGN_WAVES).fill({ devices: 1 }) }),
      ],
      ['no values to set', 'tom', 'POST /api/campaigns', '400 invalid-request', wanted({ operation: 'settings-set' })],
      [
        'values that cannot be',
        'tom',
        'POST /api/campaigns',
        '400 invalid-request',
        wanted({ operation: 'settings-set', settings: { 'sleep-minutes': '0' } }),
      ],
      [
        'values with another operation',
        'tom',
        'POST /api/campaigns',
        '400 invalid-request',
        wanted({ settings: { location: 'Hall' } }),
      ],
      [
        'only those that differ with another operation',
        'tom',
        'POST /api/campaigns',
        '400 invalid-request',
        wanted({ onlyDiffering: true }),
      ],
      ['a wave of nothing', 'tom', 'POST /api/campaigns', '400 invalid-request', wanted({ waves: [{ percent: 0 }] })],
      [
        'hours that are too short',
        'tom',
        'POST /api/campaigns',
        '400 invalid-request',
        wanted(hours('23:50', '00:10')),
      ],
      [
        'an unknown time zone',
        'tom',
        'POST /api/campaigns',
        '400 invalid-request',
        wanted({ window: { ...hours('22:00', '05:00').window, timeZone: 'Mars/Base' } }),
      ],
      [
        'firmware without a file',
        'tom',
        'POST /api/campaigns',
        '400 invalid-request',
        wanted({ operation: 'firmware-install' }),
      ],
      [
        'a file without firmware',
        'tom',
        'POST /api/campaigns',
        '400 invalid-request',
        wanted({ firmwareId: UNKNOWN_ID }),
      ],
      [
        'versions without firmware',
        'tom',
        'POST /api/campaigns/plan',
        '400 invalid-request',
        wanted({ fromVersions: ['1'] }),
      ],
      [
        'an unknown file',
        'tom',
        'POST /api/campaigns',
        '404 unknown-firmware',
        wanted({ operation: 'firmware-install', firmwareId: UNKNOWN_ID }),
      ],
      [
        'one that no device takes part in',
        'tom',
        'POST /api/campaigns',
        '400 invalid-request',
        wanted({ operation: 'test-page' }),
      ],
      [
        'one that starts too late',
        'tom',
        'POST /api/campaigns',
        '400 invalid-request',
        wanted({ startsAt: '2126-01-01T00:00:00Z' }),
      ],
    ]);

    it('are refused beyond their number, and in a state that does not fit', async () => {
      const { id } = await start();
      const params = { id };
      await api().refuses('tom', 'POST /api/campaigns/:id/pause', '409 wrong-state', { params });
      jest.replaceProperty(LIMITS, 'CAMPAIGNS_OPEN', 1 as never);
      await api().refuses('tom', 'POST /api/campaigns', '409 too-many-campaigns', wanted());
      jest.restoreAllMocks();
      await abort(id);
      await api().refuses('tom', 'POST /api/campaigns/:id/resumption', '409 wrong-state', { params });
    });
  });
}
