import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import type { z } from 'zod';
import {
  firmwareManifest,
  signedFirmwareText,
  unsignedFirmware,
  type FirmwareManifest,
  type UnsignedFirmware,
} from '../../protocol/firmware-package';
import { LIMITS } from '../../protocol/limits';
import { toInstant } from '../../protocol/names';
import { parseJson } from '../../protocol/parse-json';
import {
  releaseManifest,
  signedText,
  unsignedManifest,
  type ReleaseManifest,
  type ReleaseProduct,
  type UnsignedManifest,
} from '../../protocol/release';
import { PROTOCOL_VERSION } from '../../protocol/version';
import { sha256Hex } from '../../tunnel/sha256';
import { readBounded } from '../files';
import { PackageNotValid, UsageError } from '../terminal.errors';

const LINE_FEED = 0x0a;

/** A package that its publisher signs: the manifest as one line of JSON, a line feed, and the content. */
interface Kind<Unsigned, Signed> {
  readonly noun: 'release' | 'firmware';
  readonly content: 'script' | 'file';
  readonly unsigned: z.ZodType<Unsigned>;
  readonly signed: z.ZodType<Signed>;
  readonly text: (manifest: Unsigned) => string;
}
const RELEASE: Kind<UnsignedManifest, ReleaseManifest> = {
  ...{ noun: 'release', content: 'script' },
  ...{ unsigned: unsignedManifest, signed: releaseManifest, text: signedText },
};
const FIRMWARE: Kind<UnsignedFirmware, FirmwareManifest> = {
  ...{ noun: 'firmware', content: 'file' },
  ...{ unsigned: unsignedFirmware, signed: firmwareManifest, text: signedFirmwareText },
};

/** The largest possible packages. */
export const RELEASE_FILE_BYTES = LIMITS.MANIFEST_BYTES + 1 + LIMITS.RELEASE_BYTES;
export const FIRMWARE_FILE_BYTES = LIMITS.MANIFEST_BYTES + 1 + LIMITS.FIRMWARE_BYTES;

/** Packs a script and its manifest into one signed file (Ed25519, RFC 8032). @throws UsageError */
export const packedRelease = (
  script: Buffer,
  about: { product: ReleaseProduct; version: string; notes: string },
  key: KeyObject,
): Buffer => packed(RELEASE, { protocol: PROTOCOL_VERSION, ...about }, script, key);

/** The same for firmware of a device. @throws UsageError */
export const packedFirmware = (
  file: Buffer,
  about: { name: string; version: string; model: string },
  key: KeyObject,
): Buffer => packed(FIRMWARE, { product: 'device-firmware', ...about }, file, key);

/** Verifies a release as a server does. @throws PackageNotValid with the check that failed */
export const verifiedRelease = (file: Buffer, key: KeyObject): ReleaseManifest => verified(RELEASE, file, key);

/** Verifies firmware as server and agents do. @throws PackageNotValid with the check that failed */
export const verifiedFirmware = (file: Buffer, key: KeyObject): FirmwareManifest => verified(FIRMWARE, file, key);

function packed<Unsigned>(kind: Kind<Unsigned, unknown>, about: object, content: Buffer, key: KeyObject): Buffer {
  const parsed = kind.unsigned.safeParse({
    ...about,
    bytes: content.length,
    sha256: sha256Hex(content),
    createdAt: toInstant(Date.now()),
  });
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new UsageError(
      `The ${issue?.path.join('.')} of the ${kind.noun} is not valid: ${issue?.message}.`,
      'Correct it and try again.',
    );
  }
  const signature = sign(null, Buffer.from(kind.text(parsed.data)), key).toString('base64');
  const line = `${JSON.stringify({ ...parsed.data, signature })}\n`;
  if (Buffer.byteLength(line) > LIMITS.MANIFEST_BYTES) throw new UsageError('The notes are too long.', 'Shorten them.');
  return Buffer.concat([Buffer.from(line), content]);
}

function verified<Unsigned, Signed extends Unsigned & { bytes: number; sha256: string; signature: string }>(
  kind: Kind<Unsigned, Signed>,
  file: Buffer,
  key: KeyObject,
): Signed {
  const invalid = (why: string) => new PackageNotValid(kind.noun, why);
  const end = file.subarray(0, LIMITS.MANIFEST_BYTES + 1).indexOf(LINE_FEED);
  const parsed = kind.signed.safeParse(parseJson(file.subarray(0, Math.max(end, 0)).toString('utf8')));
  if (!parsed.success) throw invalid('it does not start with a valid manifest');
  const manifest = parsed.data;
  if (!verify(null, Buffer.from(kind.text(manifest)), key, Buffer.from(manifest.signature, 'base64')))
    throw invalid('it was not signed with this key');
  const content = file.subarray(end + 1);
  if (content.length !== manifest.bytes)
    throw invalid(`its ${kind.content} has ${content.length} bytes instead of ${manifest.bytes}`);
  if (sha256Hex(content) !== manifest.sha256) throw invalid(`its ${kind.content} was changed after signing`);
  return manifest;
}

/** @throws UsageError */
export const privateKeyFrom = (path: string): Promise<KeyObject> => keyFrom(path, 'private', createPrivateKey);
/** @throws UsageError */
export const publicKeyFrom = (path: string): Promise<KeyObject> => keyFrom(path, 'public', createPublicKey);

const KEY_BYTES = 16 * 1024;

async function keyFrom(path: string, kind: string, read: (pem: Buffer) => KeyObject): Promise<KeyObject> {
  const pem = await readBounded(path, KEY_BYTES);
  let key: KeyObject | undefined;
  try {
    key = read(pem);
  } catch {
    // reported below
  }
  if (key?.asymmetricKeyType === 'ed25519') return key;
  throw new UsageError(
    `${path} contains no ${kind} Ed25519 key (PEM).`,
    'Create a key pair: platen release keys --out <folder>',
  );
}
