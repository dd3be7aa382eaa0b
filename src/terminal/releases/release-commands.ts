import { Option, type Command } from 'commander';
import { adder, JSON_ANSWER, JSON_ROWS, perform, type Json } from '../command-line';
import type { PackOptions } from './make-release';

/** Adds `platen release ...`. */
export function register(program: Command): void {
  const release = adder(program)(
    'release',
    'sign, verify and upload releases of the relay; sign and verify those of the agent',
  );
  const add = adder(release);

  add('keys', 'create the key pair that signs and verifies releases and firmware')
    .requiredOption('--out <folder>', 'folder for the two files; existing files are never overwritten')
    .option('--json', 'print the paths as JSON')
    .action((options: Json & { out: string }) =>
      perform(async (io) => (await import('./make-release.js')).releaseKeys(io, options), options),
    );
  add('pack <bundle>', 'sign the script built by `npm run release` and pack it into one file')
    .requiredOption('--release-version <version>', 'version that the script was built with, such as 1.2.0')
    .requiredOption('--key <file>', 'the private key')
    .requiredOption('--out <file>', 'release file to write')
    .option('--notes <text>', 'release notes', '')
    .addOption(new Option('--product <product>', 'what the script is').choices(['relay', 'agent']).default('relay'))
    .action((bundle: string, options: PackOptions) =>
      perform(async (io) => (await import('./make-release.js')).releasePack(io, bundle, options)),
    );
  add('verify <file>', 'verify a release as a server does')
    .requiredOption('--key <file>', 'the public key')
    .option('--json', 'print the manifest as JSON')
    .action((file: string, options: Json & { key: string }) =>
      perform(async (io) => (await import('./make-release.js')).releaseVerify(io, file, options), options),
    );
  add('upload <file>', 'upload a release to the server (administrators)')
    .option(...JSON_ANSWER)
    .action((file: string, options: Json) =>
      perform(async (io) => (await import('./stored-releases.js')).releaseUpload(io, file, options), options),
    );
  add('list', 'list the releases on the server (administrators)')
    .option(...JSON_ROWS)
    .action((options: Json) =>
      perform(async (io) => (await import('./stored-releases.js')).releaseList(io, options), options),
    );
  add('remove <version>', 'remove a release from the server (administrators)').action((version: string) =>
    perform(async (io) => (await import('./stored-releases.js')).releaseRemove(io, version)),
  );
}
