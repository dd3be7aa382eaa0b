import { kindHas } from '../../protocol/device-kinds';
import type { SettingRow, WantedSettings } from '../../protocol/device-settings';
import { isForModel } from '../../protocol/firmware-package';
import type { SkipReason, WaveSize } from '../../protocol/campaign';
import type { Operation } from '../../protocol/maintenance';
import { secretHash } from '../../tunnel/sha256';
import type { DeviceInView } from '../devices/devices.service';
import { comparedSettings, uselessnessOf } from '../devices/settings/setting-differences';

/** What a campaign does, as far as it decides which devices take part. */
export interface CampaignWork {
  readonly operation: Operation;
  readonly firmware: { readonly version: string; readonly model: string; readonly sha256: string } | null;
  readonly fromVersions: readonly string[];
  readonly settings: WantedSettings | null;
  readonly onlyDiffering: boolean;
}

/** Device and firmware file in one text; the file by its content, however often it was uploaded. */
export const installedKey = (deviceId: string, sha256: string): string => secretHash(`${deviceId} ${sha256}`);

/**
 * Why a device does not take part, by what is known of it now; undefined: it does. Pure.
 * @param reported its settings
 */
export function skipReasonOf(
  { operation, firmware, fromVersions, settings, onlyDiffering }: CampaignWork,
  { device, information }: DeviceInView,
  reported: readonly SettingRow[] = [],
): SkipReason | undefined {
  if (!kindHas(device.kind, operation) || !device.operations.includes(operation)) return 'unsupported';
  if (settings && onlyDiffering) return uselessnessOf(comparedSettings(settings, reported));
  if (!firmware) return undefined;
  if (!isForModel(firmware.model, [device.model, information?.information?.model ?? ''])) return 'other-model';
  if (device.firmwareVersion === firmware.version) return 'same-version';
  if (fromVersions.length > 0 && !fromVersions.includes(device.firmwareVersion)) return 'other-version';
  return undefined;
}

/** The number of devices in each wave; the last one has the rest. No wave is empty. Pure. */
export function waveSizes(devices: number, waves: readonly WaveSize[]): number[] {
  const sizes: number[] = [];
  let left = devices;
  for (const wave of waves) {
    const wanted = 'devices' in wave ? wave.devices : Math.ceil((devices * wave.percent) / 100);
    if (left === 0) break;
    sizes.push(Math.min(wanted, left));
    left -= Math.min(wanted, left);
  }
  return left > 0 ? [...sizes, left] : sizes;
}

/** The wave of each device, in order; 1 is the first. */
export const wavesOf = (sizes: readonly number[]): number[] =>
  sizes.flatMap((size, index) => Array<number>(size).fill(index + 1));
