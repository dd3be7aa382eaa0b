import { MaintenanceStage } from '../../../test/support/agent/maintenance-stage';
import type { KnownSetting } from '../device/known-setting';
import { DEVICE_SETTINGS, SETTING_NAMES, type SettingName } from '../../protocol/device-settings';
import { ownerRules } from './owner-rules';

let on: MaintenanceStage;
beforeAll(async () => {
  on = await MaintenanceStage.open();
});
afterAll(() => on.close());
beforeEach(async () => {
  await on.setUp();
  for (const [name, value, change] of DEVICE) on.device.has.set(name, known(name, value, change));
});
afterEach(() => on.tearDown());

const known = (name: SettingName, value: string, change: Partial<KnownSetting> = {}): KnownSetting => ({
  ...{ name, value, source: 'ipp', settable: true, choices: [] },
  ...change,
});
const DEVICE: [SettingName, string, Partial<KnownSetting>?][] = [
  ['name', 'MFP in the hall', { settable: false }],
  ['location', 'Hall'],
  ['contact', 'Bureau 2', { source: 'snmp' }],
  ['sides-default', 'one-sided', { choices: ['one-sided', 'two-sided-long-edge'] }],
  ['sleep-minutes', '15'],
];
const set = (settings: Record<string, string>) => on.outcome('settings-set', { settings });

describe('settings', () => {
  it('are read, and those that the device does not have are named', async () => {
    const { failure, settings } = await on.outcome('settings-read');
    expect(failure).toBeNull();
    expect(settings.map(({ name }) => name)).toEqual(SETTING_NAMES);
    expect(settings.find(({ name }) => name === 'contact')).toEqual({
      ...{ name: 'contact', outcome: 'read', value: 'Bureau 2', source: 'snmp', settable: true, choices: [] },
      detail: '',
    });
    expect(settings.find(({ name }) => name === 'operator')).toMatchObject({ outcome: 'unsupported', value: null });
  });

  it('are set and read back, and what has the value already is not set', async () => {
    const report = await set({ location: 'Hall 2', 'sleep-minutes': '15' });
    expect(report).toMatchObject({ status: 'completed', failure: null });
    expect(report.settings.map(({ name, outcome, value }) => [name, outcome, value])).toEqual([
      ['sleep-minutes', 'unchanged', '15'],
      ['location', 'set', 'Hall 2'],
    ]);
    expect(on.device.did).toEqual(['set location']);
  });

  it.each<[string, SettingName, string, () => unknown, object]>([
    [
      'refused by the device',
      'location',
      'Hall 2',
      () => (on.device.refuses.location = 'client-error-not-possible'),
      { outcome: 'refused', value: 'Hall', detail: 'client-error-not-possible' },
    ],
    [
      'changed by the device',
      'location',
      'Hall 2',
      () => (on.device.makesOf = (_name, value) => value.slice(0, 3)),
      { outcome: 'differs', value: 'Hal' },
    ],
    ['not settable', 'name', 'Other', () => undefined, { outcome: 'unsupported', value: 'MFP in the hall' }],
    ['not of the device', 'operator', 'Tina', () => undefined, { outcome: 'unsupported', value: null }],
    [
      'none of its choices',
      'sides-default',
      'two-sided-short-edge',
      () => undefined,
      { outcome: 'refused', detail: 'must be one of one-sided, two-sided-long-edge' },
    ],
    ['out of bounds', 'sleep-minutes', '241', () => undefined, { outcome: 'refused', value: '15' }],
    ['too long', 'location', 'ä'.repeat(64), () => undefined, { outcome: 'refused', value: 'Hall' }],
  ])('are missed if one is %s, and the others are set all the same', async (_what, name, value, prepare, row) => {
    prepare();
    const other: Record<string, string> = name === 'sleep-minutes' ? { contact: 'B' } : { 'sleep-minutes': '30' };
    const report = await set({ [name]: value, ...other });
    expect(report).toMatchObject({ status: 'completed', failure: 'settings-missed', detail: name });
    expect(report.settings.find((each) => each.name === name)).toMatchObject(row);
    expect(report.settings.find((each) => each.name !== name)).toMatchObject({ outcome: 'set' });
  });

  it('are missed if the agent does not know one', async () => {
    const report = await set({ 'of-a-newer-version': 'x' });
    expect(report).toMatchObject({ failure: 'settings-missed', detail: 'of-a-newer-version' });
    expect(report.settings).toMatchObject([{ outcome: 'unsupported', detail: 'this agent does not know the setting' }]);
    expect(on.device.did).toEqual([]);
  });

  it.each([
    ['without a rule', ownerRules()],
    ['if a list leaves it out', ownerRules(['settings-read', 'restart'])],
    ['if it is denied', ownerRules({ 'settings-set': 'deny' })],
  ])('are not set %s, whatever the server asks for', async (_how, rules) => {
    on.rules = rules;
    await on.restart({});
    expect(await set({ location: 'Hall 2' })).toMatchObject({ failure: 'forbidden', settings: [] });
    expect(on.device.did).toEqual([]);
    expect((await on.outcome('settings-read')).failure).toBeNull();
  });

  it('are set after a YES at the device if the owner wants to be asked', async () => {
    on.rules = ownerRules({ 'settings-set': 'ask' });
    await on.restart({});
    const settings = { location: 'Hall 2' };
    const report = await on.execute('settings-set', { settings });
    expect(report).toMatchObject({ status: 'executing', hold: 'approval' });
    const [jobId] = [...on.maintenance.jobs.keys()];
    on.maintenance.decide(jobId!, 'approved', { where: 'local-page' });
    const { record } = await (async () => {
      for (;;) {
        const next = await on.next('settings-set', jobId!);
        if (next.status !== 'executing') return next;
      }
    })();
    expect(JSON.parse(record!.text)).toMatchObject({ operation: 'settings-set', settings, decision: 'approved' });
    expect(on.device.has.get('location')?.value).toBe('Hall 2');
  });

  it('each have a protocol, and a bound that fits the wire', () => {
    for (const of of Object.values(DEVICE_SETTINGS)) {
      expect(of.ipp ?? of.snmp).toBeDefined();
      if (of.type !== 'choice') expect(of.most).toBeGreaterThan(0);
      if (of.type === 'text') expect(of.most).toBeLessThanOrEqual(255);
    }
  });
});
