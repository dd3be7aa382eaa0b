import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  sampleCampaign,
  sampleCampaignDevice,
  sampleSettingsTemplate,
} from '../../../test/support/samples/campaign-samples';
import { sampleFirmware } from '../../../test/support/samples/api-samples';
import { problemAnswer, startFakeApi, type FakeApi } from '../../../test/support/terminal/fake-api';
import { recordedTerminal, type RecordedTerminal } from '../../../test/support/terminal/recorded-terminal';
import { storeCredentials } from '../credentials';
import type { Exit } from '../exit-codes';
import { runCommand } from '../run-command';
import type { TerminalIo } from '../terminal-io';
import {
  campaignResults,
  campaigns,
  controlCampaign,
  showCampaign,
  startCampaign,
  type StartOptions,
} from './campaigns';

const ONE = `/api/campaigns/${sampleCampaign.id}`;

describe('campaigns from the command line', () => {
  let api: FakeApi;
  let folder: string;
  let terminal: RecordedTerminal;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'terminal-campaigns-'));
    api = await startFakeApi({
      'GET /api/campaigns': () => ({ body: { rows: [sampleCampaign], next: null } }),
      'POST /api/campaigns': () => ({ status: 201, body: sampleCampaign }),
      [`GET ${ONE}`]: () => ({ body: sampleCampaign }),
      [`GET ${ONE}/devices`]: () => ({ body: { rows: [sampleCampaignDevice], next: null } }),
      [`POST ${ONE}/pause`]: () => ({ body: { ...sampleCampaign, state: 'paused', reason: 'user' } }),
      [`POST ${ONE}/resumption`]: () => problemAnswer('wrong-state'),
      'GET /api/settings-templates': () => ({ body: [sampleSettingsTemplate] }),
      'GET /api/firmware': () => ({ body: [sampleFirmware] }),
      'GET /api/fleet/groups': () => ({
        body: {
          all: { devices: 12, online: 0, asleep: 0, unreached: 0, errors: 0, warnings: 0, lowSupplies: 0 },
          rows: [],
          more: false,
        },
      }),
    });
    terminal = recordedTerminal({ PLATEN_CREDENTIALS: join(folder, 'credentials.json') });
    await storeCredentials(terminal.io.env, { server: api.url, token: 'the-token' });
  });
  afterEach(async () => {
    await api.stop();
    await rm(folder, { recursive: true });
  });
  const run = (command: (io: TerminalIo) => Promise<Exit | void>): Promise<number> => runCommand(terminal.io, command);
  const start = (options: Partial<StartOptions>) =>
    run((io) => startCampaign(io, 'restart', { stopFrom: 5, waitHours: 72, ...options }));
  const sent = () => api.requests.find(({ line }) => line === 'POST /api/campaigns')?.body;

  it('lists them, and shows one with what is held', async () => {
    expect(await run((io) => campaigns(io, { open: true }))).toBe(0);
    expect(terminal.out()).toContain(sampleCampaign.id);
    expect(api.requests.at(-1)?.query.get('state')).toBe('open');
    expect(await run((io) => showCampaign(io, sampleCampaign.id, {}))).toBe(0);
    expect(terminal.out()).toContain('On hold    3: The device has stopped. See its alerts.');
    expect(terminal.out()).toMatch(/mfp-1 +1 +failed +not-back/);
  });

  it('starts one for devices or for a filter, with waves, hours and a limit of failures', async () => {
    expect(await start({ device: ['mfp-1', 'mfp-2'] })).toBe(0);
    expect(sent()).toMatchObject({ name: 'restart', devices: { deviceIds: ['mfp-1', 'mfp-2'] }, waves: [] });
    api.requests.length = 0;
    const more = { wave: ['5', '10%'], stopAt: 20, hours: '22:00-05:00', timeZone: 'Europe/Berlin' };
    expect(await start({ search: 'berlin', pauseAfterFirst: true, ...more })).toBe(0);
    expect(sent()).toMatchObject({
      ...{ devices: { filter: { search: 'berlin' }, count: 12 }, waves: [{ devices: 5 }, { percent: 10 }] },
      ...{ pauseAfterFirstWave: true, failureLimit: { percent: 20, least: 5 } },
      window: { hours: [{ days: [1, 2, 3, 4, 5, 6, 7], from: '22:00', until: '05:00' }], timeZone: 'Europe/Berlin' },
    });
    expect(terminal.out().trim().split('\n').at(-1)).toBe(sampleCampaign.id);
  });

  it('starts one that sets settings, of its own or of a template', async () => {
    const set = (options: Partial<StartOptions>) =>
      run((io) => startCampaign(io, 'settings-set', { stopFrom: 5, waitHours: 72, ...options }));
    expect(await set({ device: ['mfp-1'], set: { location: 'Hall' }, onlyDiffering: true })).toBe(0);
    expect(sent()).toMatchObject({ settings: { location: 'Hall' }, onlyDiffering: true });
    api.requests.length = 0;
    expect(await set({ template: sampleSettingsTemplate.name })).toBe(0);
    const { id: templateId } = sampleSettingsTemplate;
    expect(sent()).toMatchObject({ templateId, devices: { filter: { search: 'hall' }, count: 12 } });
    expect(sent()).not.toHaveProperty('onlyDiffering'); // which an older server refuses
    api.requests.length = 0;
    for (const wrong of [{}, { set: { location: 'Hall' }, template: templateId }, { template: 'None' }])
      expect(await set({ device: ['mfp-1'], ...wrong })).toBe(2);
    expect(sent()).toBeUndefined();
  });

  it.each<[string, Partial<StartOptions>]>([
    ['without devices', {}],
    ['with devices and a filter', { device: ['mfp-1'], search: 'x' }],
    ['with a wave that is no size', { device: ['mfp-1'], wave: ['many'] }],
    ['with hours that are none', { device: ['mfp-1'], hours: 'at night' }],
    ['with a time zone and no hours', { device: ['mfp-1'], timeZone: 'UTC' }],
    ['with settings for a restart', { device: ['mfp-1'], set: { location: 'Hall' } }],
    ['with a template for a restart', { template: 'Halls' }],
    ['where they differ, for a restart', { device: ['mfp-1'], onlyDiffering: true }],
    ['with firmware for a restart', { device: ['mfp-1'], firmware: sampleFirmware.version }],
  ])('refuses to start one %s', async (_what, options) => {
    expect(await start(options)).toBe(2);
    expect(sent()).toBeUndefined();
  });

  it('pauses one, and says with its exit code that it cannot be resumed', async () => {
    expect(await run((io) => controlCampaign(io, sampleCampaign.id, 'pause', {}))).toBe(0);
    expect(terminal.out()).toContain(`${sampleCampaign.name}: paused`);
    expect(await run((io) => controlCampaign(io, sampleCampaign.id, 'resumption', {}))).toBe(18);
    expect(await run((io) => showCampaign(io, '00000000-0000-4000-8000-000000000000', {}))).toBe(12);
  });

  it('lists the results of all devices', async () => {
    expect(await run((io) => campaignResults(io, sampleCampaign.id, { json: true }))).toBe(0);
    expect(JSON.parse(terminal.out())).toEqual([sampleCampaignDevice]);
  });
});
