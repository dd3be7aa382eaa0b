import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import { LIMITS } from '../../protocol/limits';
import { toInstant } from '../../protocol/names';
import { parseJson } from '../../protocol/parse-json';
import { releaseManifest, signedText, unsignedManifest, type ReleaseManifest } from '../../protocol/release';
import { PROTOCOL_VERSION } from '../../protocol/version';
import { sha256Hex } from '../../tunnel/sha256';
import { readBounded } from '../files';
import { ReleaseNotValid, UsageError } from '../terminal.errors';

const LINE_FEED = 0x0a;
/** The largest possible release. */
export const FILE_BYTES = LIMITS.RELEASE_MANIFEST_BYTES + 1 + LIMITS.RELEASE_BYTES;

/** Packs a script and its manifest into one signed file (Ed25519, RFC 8032). @throws UsageError */
export function packedRelease(script: Buffer, about: { version: string; notes: string }, key: KeyObject): Buffer {
  const parsed = unsignedManifest.safeParse({
    product: 'platen-relay',
    version: about.version,
    protocol: PROTOCOL_VERSION,
    bytes: script.length,
    sha256: sha256Hex(script),
    createdAt: toInstant(Date.now()),
    notes: about.notes,
  });
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new UsageError(
      `The ${issue?.path.join('.')} of the release is not valid: ${issue?.message}.`,
      'Correct it and try again.',
    );
  }
  const signature = sign(null, Buffer.from(signedText(parsed.data)), key).toString('base64');
  const line = `${JSON.stringify({ ...parsed.data, signature })}\n`;
  if (Buffer.byteLength(line) > LIMITS.RELEASE_MANIFEST_BYTES)
    throw new UsageError('The notes are too long.', 'Shorten them.');
  return Buffer.concat([Buffer.from(line), script]);
}

/** Verifies a release as a server does. @throws ReleaseNotValid with the check that failed */
export function verifiedRelease(file: Buffer, key: KeyObject): ReleaseManifest {
  const end = file.subarray(0, LIMITS.RELEASE_MANIFEST_BYTES + 1).indexOf(LINE_FEED);
  const parsed = releaseManifest.safeParse(parseJson(file.subarray(0, Math.max(end, 0)).toString('utf8')));
  if (!parsed.success) throw new ReleaseNotValid('it does not start with a valid manifest');
  const manifest = parsed.data;
  if (!verify(null, Buffer.from(signedText(manifest)), key, Buffer.from(manifest.signature, 'base64')))
    throw new ReleaseNotValid('it was not signed with this key');
  const script = file.subarray(end + 1);
  if (script.length !== manifest.bytes)
    throw new ReleaseNotValid(`its script has ${script.length} bytes instead of ${manifest.bytes}`);
  if (sha256Hex(script) !== manifest.sha256) throw new ReleaseNotValid('its script was changed after signing');
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
