import type { Command } from 'commander';
import { adder, perform, type Json } from '../command-line';
import type { PackOptions } from './release-pack';

/** Adds `platen release ...`. */
export function register(program: Command): void {
  const release = adder(program)('release', 'make, sign and upload releases of the relay');
  const add = adder(release);

  add('keys', 'make the key pair that releases are signed and checked with')
    .requiredOption('--out <folder>', 'where the two files go; none is ever overwritten')
    .option('--json', 'print where they are')
    .action((options: Json & { out: string }) =>
      perform(async (io) => (await import('./release-keys.js')).releaseKeys(io, options), options),
    );
  add('pack <bundle>', 'sign the script that `npm run release` has built, and pack it into one file')
    .requiredOption('--release-version <version>', 'the version it was built with, such as 1.2.0')
    .requiredOption('--key <file>', 'the private key')
    .requiredOption('--out <file>', 'the release')
    .option('--notes <text>', 'what is new', '')
    .action((bundle: string, options: PackOptions) =>
      perform(async (io) => (await import('./release-pack.js')).releasePack(io, bundle, options)),
    );
  add('verify <file>', 'check a release as a server does')
    .requiredOption('--key <file>', 'the public key')
    .option('--json', 'print its manifest')
    .action((file: string, options: Json & { key: string }) =>
      perform(async (io) => (await import('./release-verify.js')).releaseVerify(io, file, options), options),
    );
  add('upload <file>', 'store a release on the server (administrators)')
    .option('--json', "print the API's answer")
    .action((file: string, options: Json) =>
      perform(async (io) => (await import('./release-upload.js')).releaseUpload(io, file, options), options),
    );
  add('list', 'list the releases on the server (administrators)')
    .option('--json', "print the API's rows")
    .action((options: Json) =>
      perform(async (io) => (await import('./release-list.js')).releaseList(io, options), options),
    );
  add('remove <version>', 'remove a release from the server (administrators)').action((version: string) =>
    perform(async (io) => (await import('./release-remove.js')).releaseRemove(io, version)),
  );
}
