import { UNIDENTIFIED, type DeviceIdentity } from '../../../protocol/device-identity';
import { sameDevices } from './same-devices';

const found = (id: string, marks: Partial<DeviceIdentity>) => ({
  id,
  found: { identity: { ...UNIDENTIFIED, model: 'Acme LaserMax', ...marks } },
});

describe('devices that agents have found', () => {
  it.each([
    ['a serial number in two ways of writing', [{ serialNumber: 'AC 90-1' }, { serialNumber: 'ac901' }], ['ab']],
    ['a UUID', [{ uuid: 'urn:uuid:1', serialNumber: 'S1' }, { uuid: 'urn:uuid:1' }], ['ab']],
    ['a MAC address', [{ mac: '00:25:07:51:0e:ca' }, { mac: '00:25:07:51:0e:ca' }], ['ab']],
    [
      'a third one that has both marks',
      [{ serialNumber: 'S1' }, { uuid: 'U1' }, { serialNumber: 'S1', uuid: 'U1' }],
      ['abc'],
    ],
    ['nothing but the model', [{}, {}], ['a', 'b']],
    [
      'a UUID, but not the serial number',
      [
        { serialNumber: 'S1', uuid: 'U1' },
        { serialNumber: 'S2', uuid: 'U1' },
      ],
      ['a', 'b'],
    ],
  ])('are grouped by %s', (_what, marks, groups) => {
    const all = marks.map((each, index) => found('abc'[index]!, each));
    const named = sameDevices(all).map((group) =>
      group
        .map(({ id }) => id)
        .sort()
        .join(''),
    );
    expect(named.sort()).toEqual(groups);
  });
});
