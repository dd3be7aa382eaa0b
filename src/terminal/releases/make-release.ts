import { generateKeyPairSync } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LIMITS } from '../../protocol/limits';
import { readBounded } from '../files';
import { bytes, moment } from '../formats';
import { UsageError } from '../terminal.errors';
import type { TerminalIo } from '../terminal-io';
import { fingerprintOf, signingKeyOf } from '../../tunnel/signing-key';
import { packedRelease, privateKeyFrom, publicKeyFrom, RELEASE_FILE_BYTES, verifiedRelease } from './signed-file';

/** `platen release keys`: creates the key pair that signs and verifies releases and firmware; never overwrites one. */
export async function releaseKeys(io: TerminalIo, { out, json }: { out: string; json?: boolean }): Promise<void> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const files = { privateKey: join(out, 'release.key'), publicKey: join(out, 'release.pub') };
  try {
    await mkdir(out, { recursive: true });
    await writeFile(files.privateKey, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'wx' });
    await writeFile(files.publicKey, publicKey.export({ type: 'spki', format: 'pem' }), { flag: 'wx' }).catch(
      async (error: unknown) => {
        await rm(files.privateKey); // one key without the other is useless
        throw error;
      },
    );
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw new UsageError(`${path} already exists.`, 'Choose another folder.');
    throw new UsageError(`The keys cannot be written to ${out} (${code}).`, 'Choose another folder.');
  }
  if (json) return io.printJson(files);
  io.print(`Private key  ${files.privateKey}  (signs releases and firmware; keep it away from the server)`);
  io.print(`Public key   ${files.publicKey}  (for the server: PLATEN_RELEASE_PUBLIC_KEY)`);
  io.print(`Fingerprint  ${fingerprintOf(signingKeyOf(publicKey))}  (agents print it when they are enrolled)`);
}

export interface PackOptions {
  product?: 'relay' | 'agent';
  releaseVersion: string;
  key: string;
  notes: string;
  out: string;
}

/** `platen release pack`: packs the script built by `npm run release` into one signed file. */
export async function releasePack(io: TerminalIo, bundle: string, options: PackOptions): Promise<void> {
  const script = await readBounded(bundle, LIMITS.RELEASE_BYTES);
  const { product = 'relay', releaseVersion: version, notes } = options;
  const about = { product: `platen-${product}`, version, notes } as const;
  const file = packedRelease(script, about, await privateKeyFrom(options.key));
  await writeFile(options.out, file).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${options.out} cannot be written (${error.code}).`, 'Choose another file.');
  });
  const next = product === 'agent' ? 'upload it in the console under Agents' : `platen release upload ${options.out}`;
  io.print(`${options.out}: release ${about.version}, ${bytes(file.length)}. Next: ${next}`);
}

/** `platen release verify` */
export async function releaseVerify(
  io: TerminalIo,
  file: string,
  options: { key: string; json?: boolean },
): Promise<void> {
  const manifest = verifiedRelease(await readBounded(file, RELEASE_FILE_BYTES), await publicKeyFrom(options.key));
  if (options.json) return io.printJson(manifest);
  io.print(`Release    ${manifest.version}, signed with this key`);
  io.print(`Product    ${manifest.product}`);
  io.print(`Protocol   ${manifest.protocol}`);
  io.print(`Script     ${bytes(manifest.bytes)}, SHA-256 ${manifest.sha256}`);
  io.print(`Created    ${moment(manifest.createdAt)}`);
  if (manifest.notes) io.print(`Notes      ${manifest.notes}`);
}
