import vectors from '../../../../test/vectors/control-channel.json';
import { UNIDENTIFIED, type DeviceIdentity } from '../../../protocol/device-identity';
import { deviceInformation, type DeviceInformation } from '../../../protocol/device-information';
import { recorded } from './replacement.rules';

const SAMPLE = deviceInformation.parse(vectors.acquireInformation.response);
const A: DeviceIdentity = { ...UNIDENTIFIED, serialNumber: 'A-1', model: 'Acme Laser' };
const B: DeviceIdentity = { ...A, serialNumber: 'B-2' };
const AT = new Date(5_000);

/** The total counter of a device, and the source that it is from. */
const counted = (impressions: number | undefined, source: 'snmp' | 'vendor' | 'ipp' = 'snmp'): DeviceInformation => ({
  ...SAMPLE,
  counters: impressions === undefined ? {} : { impressions },
  sources: { counters: impressions === undefined ? {} : { impressions: source } },
});
const NOTHING = { identity: null, countersBack: null };

describe('what is stored of reported information', () => {
  it('is all of it, with the marks of the device', () => {
    const reported = { ...SAMPLE, identity: A };
    expect(recorded(null, reported, AT)).toEqual({
      ...{ information: reported, acquiredAt: AT, identity: A, countersBack: null },
    });
    const more = { ...A, uuid: 'urn:uuid:a' };
    const stored = { information: reported, identity: A, countersBack: null };
    expect(recorded(stored, { ...SAMPLE, identity: more }, AT).identity).toEqual(more);
    // of an agent of an earlier version
    expect(recorded(stored, SAMPLE, AT).identity).toEqual(A);
    expect(recorded(null, SAMPLE, AT).identity).toBeNull();
  });

  it('is nothing of another device', () => {
    const earlier = { ...SAMPLE, identity: A };
    const stored = { information: earlier, identity: A, countersBack: null };
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

  it.each<[string, DeviceInformation, DeviceInformation, boolean]>([
    ['rises', counted(100), counted(101), false],
    ['stays', counted(100), counted(100), false],
    ['goes back', counted(100), counted(3), true],
    ['goes back, from the vendor', counted(100, 'vendor'), counted(3, 'snmp'), true],
    ['goes back in IPP, which may start again', counted(100, 'ipp'), counted(3, 'ipp'), false],
    ['is missing in SNMP, and IPP counts from the start', counted(100), counted(3, 'ipp'), false],
    ['is missing', counted(100), counted(undefined), false],
    ['was missing', counted(undefined), counted(3), false],
    ['is of an earlier agent', { ...counted(100), sources: undefined }, { ...counted(3), sources: undefined }, false],
  ])('asks about a life counter that %s', (_what, before, after, isAsked) => {
    const { countersBack, information } = recorded({ ...NOTHING, information: before }, after, AT);
    const question = { at: 5_000, before: before.counters, after: after.counters };
    expect(countersBack).toEqual(isAsked ? question : null);
    expect(information).toEqual(after);
  });

  it('keeps the question until the counter has passed what it was before', () => {
    const countersBack = { at: 1_000, before: { impressions: 100 }, after: { impressions: 3 } };
    const stored = { identity: null, countersBack, information: counted(3) };
    expect(recorded(stored, counted(7), AT).countersBack).toEqual(countersBack);
    expect(recorded(stored, counted(undefined), AT).countersBack).toEqual(countersBack);
    expect(recorded(stored, counted(120), AT).countersBack).toBeNull();
  });
});
