import { manifestIn, type FirmwareSource, type JobOrder } from '../../protocol/ad-hoc-command';
import type { DeviceInformation } from '../../protocol/device-information';
import { isForModel, signedFirmwareText } from '../../protocol/firmware-package';
import { isNewer } from '../../protocol/newer-version';
import type { JobFailure } from '../../protocol/maintenance';
import { hasSignedText } from '../../tunnel/signing-key';

/** What decides whether firmware may be written to a device. Nothing of it comes from the server. */
export interface FirmwareFacts {
  /** Verifies firmware; undefined: none is written. */
  readonly releaseKey: string | undefined;
  /** The model in the agent's configuration. */
  readonly model: string;
  /** Whether the owner allows a version that is not newer than the one of the device. */
  readonly downgrade: boolean;
  /** The latest; `reached` is false if the device did not answer. */
  readonly information: Pick<DeviceInformation, 'reached' | 'model' | 'firmwareVersion'>;
}

export interface FirmwareRefusal {
  readonly failure: JobFailure;
  readonly detail: string;
}

/** Why the agent does not write the firmware of an order, if it has any, to a device that has reported this. */
export type FirmwareCheck = (order: JobOrder, information: FirmwareFacts['information']) => FirmwareRefusal | undefined;

/**
 * Why the agent does not write this firmware to the device; undefined: it may. Model and version are compared only if the
 * device has answered. The bytes are compared with the manifest after their download. Pure.
 */
export function refusalOfFirmware(source: FirmwareSource, facts: FirmwareFacts): FirmwareRefusal | undefined {
  const { releaseKey, model, downgrade, information } = facts;
  if (releaseKey === undefined)
    return {
      failure: 'no-release-key',
      detail: 'enrol the agent again, or set "releaseKeyFile" in its configuration',
    };
  const manifest = manifestIn(source);
  if (!manifest) return { failure: 'firmware-unsigned', detail: 'the order contains no signature' };
  if (!hasSignedText(releaseKey, signedFirmwareText(manifest), manifest.signature))
    return { failure: 'firmware-unsigned', detail: 'another key signed it, or it was changed after signing' };
  if (!information.reached) return undefined;
  if (!isForModel(manifest.model, [model, information.model]))
    return {
      failure: 'firmware-unfit',
      detail: `it is for ${manifest.model}; the device is ${information.model || model || 'of an unknown model'}`,
    };
  const { version } = manifest;
  const installed = information.firmwareVersion;
  if (downgrade || isNewer(version, installed)) return undefined;
  return {
    failure: 'firmware-older',
    detail:
      installed === ''
        ? `${version} is to be installed; the device reports no version to compare with`
        : `${version} is to be installed; the device has ${installed}`,
  };
}
