import vectors from '../../../../test/vectors/control-channel.json';
import { UNIDENTIFIED, type DeviceIdentity } from '../../../protocol/device-identity';
import { deviceInformation } from '../../../protocol/device-information';
import { recorded } from './replacement.rules';

const SAMPLE = deviceInformation.parse(vectors.acquireInformation.response);
const A: DeviceIdentity = { ...UNIDENTIFIED, serialNumber: 'A-1', model: 'Acme Laser' };
const B: DeviceIdentity = { ...A, serialNumber: 'B-2' };
const AT = new Date(5_000);

const NOTHING = { identity: null };

describe('what is stored of reported information', () => {
  it('is all of it, with the marks of the device', () => {
    const reported = { ...SAMPLE, identity: A };
    expect(recorded(null, reported, AT)).toEqual({
      ...{ information: reported, acquiredAt: AT, identity: A },
    });
    const more = { ...A, uuid: 'urn:uuid:a' };
    const stored = { information: reported, identity: A };
    expect(recorded(stored, { ...SAMPLE, identity: more }, AT).identity).toEqual(more);
    // of an agent of an earlier version
    expect(recorded(stored, SAMPLE, AT).identity).toEqual(A);
    expect(recorded(null, SAMPLE, AT).identity).toBeNull();
  });

  it('is nothing of another device', () => {
    const earlier = { ...SAMPLE, identity: A };
    const stored = { information: earlier, identity: A };
    const other = { ...SAMPLE, identity: B, state: 'idle' as const, counters: { impressions: 1 } };
    const detail = 'the device at this address has the serial number "B-2" instead of "A-1"';
    const problem = { code: 'other-device' as const, detail, otherDevice: { expected: A, found: B } };
    expect(recorded(stored, other, AT)).toEqual({ information: { ...earlier, reached: false, problem } });
  });

  it('is only the problem if the device does not answer', () => {
    const problem = { code: 'unreachable' as const, detail: 'off' };
    const reported = { ...SAMPLE, state: 'unknown' as const, reached: false, problem };
    const stored = { ...NOTHING, information: SAMPLE };
    expect(recorded(stored, reported, AT)).toEqual({ information: { ...SAMPLE, reached: false, problem } });
    expect(recorded(null, reported, AT)).toEqual({ information: reported, acquiredAt: AT });
  });
});
