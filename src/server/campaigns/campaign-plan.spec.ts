import type { SettingRow } from '../../protocol/device-settings';
import type { SkipReason, WaveSize } from '../../protocol/campaign';
import type { DeviceInView } from '../devices/devices.service';
import { skipReasonOf, wavesOf, waveSizes, type CampaignWork } from './campaign-plan';

const FIRMWARE = { version: '2.15', model: '3050ci', sha256: 'a'.repeat(64) };
const NONE = { firmware: null, fromVersions: [], settings: null, onlyDiffering: false } as const;
const install: CampaignWork = { ...NONE, operation: 'firmware-install', firmware: FIRMWARE };
const set: CampaignWork = { ...NONE, operation: 'settings-set', settings: { location: 'Hall', contact: 'Bureau' } };
const settable = deviceOf({ operations: ['settings-set'] });
const row = (name: string, value: string | null, isSettable = true): SettingRow => ({
  ...{ name, value, outcome: 'read', source: 'ipp', settable: isSettable, choices: [], detail: '' },
});
function deviceOf(values: Partial<DeviceInView['device']>, reportedModel = ''): DeviceInView {
  return {
    ...({} as DeviceInView),
    device: {
      ...({} as DeviceInView['device']),
      ...{
        id: 'd',
        kind: 'mfp',
        model: '3050ci',
        operations: ['firmware-install', 'restart'],
        firmwareVersion: '2.14',
      },
      ...values,
    },
    information: { information: { model: reportedModel } } as DeviceInView['information'],
  };
}

describe('the plan of a campaign', () => {
  it.each<[string, CampaignWork, DeviceInView, SkipReason | undefined]>([
    ['fits', install, deviceOf({}), undefined],
    ['fits, in other letters', install, deviceOf({ model: ' 3050CI ' }), undefined],
    ['reports the model', install, deviceOf({ model: '' }, '3050ci'), undefined],
    ['is of another model', install, deviceOf({ model: 'X' }), 'other-model'],
    ['is of an unknown model', install, deviceOf({ model: '' }), 'other-model'],
    ['is of any model', { ...install, firmware: { ...FIRMWARE, model: '' } }, deviceOf({ model: 'X' }), undefined],
    ['has the version', install, deviceOf({ firmwareVersion: '2.15' }), 'same-version'],
    ['has a listed version', { ...install, fromVersions: ['2.13', '2.14'] }, deviceOf({}), undefined],
    ['has a version that is not listed', { ...install, fromVersions: ['2.13'] }, deviceOf({}), 'other-version'],
    [
      'has no known version',
      { ...install, fromVersions: ['2.13'] },
      deviceOf({ firmwareVersion: '' }),
      'other-version',
    ],
    ['may not', install, deviceOf({ operations: ['restart'] }), 'unsupported'],
    ['cannot', { ...install, operation: 'test-page', firmware: null }, deviceOf({ kind: 'scanner' }), 'unsupported'],
    ['restarts', { ...install, operation: 'restart', firmware: null }, deviceOf({ model: 'X' }), undefined],
  ])('of a device that %s', (_what, work, device, reason) => {
    expect(skipReasonOf(work, device)).toBe(reason);
  });

  it.each<[string, SettingRow[], SkipReason | undefined]>([
    ['has not been read', [], undefined],
    ['has all values', [row('location', 'Hall'), row('contact', 'Bureau', false)], 'same-settings'],
    ['has one of two values', [row('location', 'Hall'), row('contact', 'Other')], undefined],
    ['has one value, the other is not known', [row('location', 'Hall')], undefined],
    ['has one value, and not the other setting', [row('location', 'Hall'), row('contact', null)], 'not-settable'],
    ['does not permit the one that differs', [row('location', 'X', false), row('contact', 'Bureau')], 'not-settable'],
    ['permits one of two', [row('location', 'X', false), row('contact', 'X')], undefined],
  ])('of settings, only where they differ, of a device that %s', (_what, rows, reason) => {
    expect(skipReasonOf({ ...set, onlyDiffering: true }, settable, rows)).toBe(reason);
    expect(skipReasonOf(set, settable, rows)).toBeUndefined();
  });

  it.each<[number, WaveSize[], number[]]>([
    [10, [], [10]],
    [10, [{ devices: 2 }], [2, 8]],
    [10, [{ devices: 1 }, { percent: 25 }], [1, 3, 6]],
    [3, [{ percent: 1 }], [1, 2]],
    [3, [{ devices: 5 }], [3]],
    [4, [{ devices: 2 }, { devices: 2 }, { devices: 2 }], [2, 2]],
    [0, [{ devices: 2 }], []],
  ])('has %i devices in waves of %j: %j', (devices, waves, sizes) => {
    expect(waveSizes(devices, waves)).toEqual(sizes);
  });

  it('gives each device its wave', () => expect(wavesOf([1, 3])).toEqual([1, 2, 2, 2]));
});
