import type { SkipReason, WaveSize } from '../../protocol/campaign';
import type { DeviceInView } from '../devices/devices.service';
import { skipReasonOf, wavesOf, waveSizes, type CampaignWork } from './campaign-plan';

const FIRMWARE = { version: '2.15', model: '3050ci', sha256: 'a'.repeat(64) };
const install: CampaignWork = { operation: 'firmware-install', firmware: FIRMWARE, fromVersions: [] };
const deviceOf = (values: Partial<DeviceInView['device']>, reportedModel = ''): DeviceInView => ({
  ...({} as DeviceInView),
  device: {
    ...({} as DeviceInView['device']),
    ...{ id: 'd', kind: 'mfp', model: '3050ci', operations: ['firmware-install', 'restart'], firmwareVersion: '2.14' },
    ...values,
  },
  information: { information: { model: reportedModel } } as DeviceInView['information'],
});

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
