import { generateKeyPairSync } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../terminal.errors';
import type { TerminalIo } from '../terminal-io';

/** `platen release keys`: the pair that releases are signed and checked with; an earlier one is never overwritten. */
export async function releaseKeys(io: TerminalIo, { out, json }: { out: string; json?: boolean }): Promise<void> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const files = { privateKey: join(out, 'release.key'), publicKey: join(out, 'release.pub') };
  try {
    await mkdir(out, { recursive: true });
    await writeFile(files.privateKey, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'wx' });
    await writeFile(files.publicKey, publicKey.export({ type: 'spki', format: 'pem' }), { flag: 'wx' }).catch(
      async (error: unknown) => {
        await rm(files.privateKey); // half a pair is of no use
        throw error;
      },
    );
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw new UsageError(`There is a ${path} already.`, 'Name another folder.');
    throw new UsageError(`The keys cannot be written to ${out} (${code}).`, 'Name another folder.');
  }
  if (json) return io.printJson(files);
  io.print(`Private key  ${files.privateKey}  (signs releases; keep it away from the server)`);
  io.print(`Public key   ${files.publicKey}  (for the server: PLATEN_RELEASE_PUBLIC_KEY)`);
}
