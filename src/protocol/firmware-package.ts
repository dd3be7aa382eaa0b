import { z } from 'zod';
import { LIMITS } from './limits';
import { firmwareVersion, sha256 } from './maintenance';
import { instant } from './names';
import { base64Signature } from './release';
import { shownLine } from './shown-text';

/**
 * Firmware of a device in one file, signed by its publisher: the manifest as one line of JSON, a line feed, then the file
 * that the device gets. The signature is Ed25519 (RFC 8032) over `signedFirmwareText`, with the key that also signs releases
 * of the relay; its first line keeps the two apart.
 */
export const FIRMWARE_MEDIA_TYPE = 'application/vnd.platen.firmware';

export const unsignedFirmware = z.strictObject({
  product: z.literal('device-firmware'),
  /** Name of the file that the device gets. */
  name: shownLine(120).min(1),
  /** The version that the device reports after the installation. */
  version: firmwareVersion,
  /** Only for devices of this model; empty: any. */
  model: shownLine(200),
  /** Of the file that the device gets. */
  bytes: z.int().positive().max(LIMITS.FIRMWARE_BYTES),
  sha256,
  createdAt: instant,
});
export const firmwareManifest = unsignedFirmware.extend({ signature: base64Signature });
export type UnsignedFirmware = z.infer<typeof unsignedFirmware>;
export type FirmwareManifest = z.infer<typeof firmwareManifest>;

/** The signed text: every field except the signature, in a fixed order. */
export const signedFirmwareText = (manifest: UnsignedFirmware): string => {
  const { product, name, version, model, bytes, sha256: hash, createdAt } = manifest;
  return `platen firmware\n${JSON.stringify([product, name, version, model, bytes, hash, createdAt])}`;
};

/** Whether firmware for `model` is for a device that is known, or reports itself, as one of `models`. */
export const isForModel = (model: string, models: readonly string[]): boolean => {
  const plain = (text: string) => text.trim().toLowerCase();
  return model === '' || models.some((each) => plain(each) === plain(model));
};
