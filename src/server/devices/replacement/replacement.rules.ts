import { differenceOf, withMarks } from '../../../protocol/device-identity';
import type { Counters, DeviceInformation } from '../../../protocol/device-information';
import type { DeviceInformationEntity } from '../information/device-information.entity';

type Stored = Pick<DeviceInformationEntity, 'information' | 'identity' | 'countersBack'>;

/** The counter by which a life counter that went back is noticed, and the sources in which it counts the life of a device. */
const TOTAL = 'impressions';
const LIFELONG: readonly (string | undefined)[] = ['snmp', 'vendor'];

/**
 * What is stored of reported information. That of another device than the expected one is not: the last information of this
 * one stays, with the problem `other-device`, until an administrator has decided.
 */
export function recorded(
  stored: Stored | null,
  reported: DeviceInformation,
  at: Date,
): Partial<DeviceInformationEntity> {
  const last = stored?.information;
  const unreached = (problem: DeviceInformation['problem']) => ({
    information: { ...(last ?? reported), reached: false, problem },
    ...(!last && { acquiredAt: at }),
  });
  if (!reported.reached) return unreached(reported.problem);
  const { identity: expected } = stored ?? {};
  const { identity: found } = reported;
  const difference = expected && found && differenceOf(expected, found, expected);
  if (difference) return unreached({ code: 'other-device', detail: difference, otherDevice: { expected, found } });
  return {
    information: reported,
    acquiredAt: at,
    identity: (found && withMarks(expected ?? undefined, found)) ?? expected ?? null,
    countersBack: countersBack(stored, reported, at),
  };
}

/** A life counter that is lower than before: the board was replaced, although the serial number is the same. */
function countersBack(stored: Stored | null, reported: DeviceInformation, at: Date): Stored['countersBack'] {
  const open = stored?.countersBack ?? null;
  const before = open?.before ?? stored?.information?.counters ?? {};
  const after = reported.counters;
  const sources = [stored?.information?.sources, reported.sources].map((each) => each?.counters[TOTAL]);
  if (!open && !sources.every((each) => LIFELONG.includes(each))) return null;
  if (after[TOTAL] === undefined) return open;
  if (!isBelow(after, before)) return null;
  return open ?? { at: at.getTime(), before, after };
}

const isBelow = (after: Counters, before: Counters): boolean => (after[TOTAL] ?? 0) < (before[TOTAL] ?? 0);
