import { differenceOf, withMarks } from '../../../protocol/device-identity';
import type { DeviceInformation } from '../../../protocol/device-information';
import type { DeviceInformationEntity } from '../information/device-information.entity';

type Stored = Pick<DeviceInformationEntity, 'information' | 'identity'>;

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
  };
}
