import { resolve } from 'node:path';
import { passphraseIn } from '../backup/passphrase-file';
import { restoreBackup } from '../backup/restore-backup';
import { writeBackup } from '../backup/write-backup';
import type { Config } from '../config/config';
import { loadConfig } from '../config/settings-file';
import { failureLine } from './failure-line';

export interface BackupOptions {
  readonly passphraseFile?: string;
}

/** `platen backup`. */
export const runBackup = (file: string, options: BackupOptions): Promise<void> =>
  run('backup', options, async (config, passphrase) => {
    const { files } = await writeBackup(config, file, passphrase);
    return `${files.length} files are in ${resolve(file)}${passphrase === undefined ? ', not encrypted' : ', encrypted'}`;
  });

/** `platen restore`. */
export const runRestore = (file: string, options: BackupOptions): Promise<void> =>
  run('restore', options, async (config, passphrase) => {
    const { files, createdAt, version } = await restoreBackup(config, file, passphrase);
    return `${files.length} files of ${createdAt} (version ${version}) are restored in ${config.data}. Start the server.`;
  });

async function run(
  name: string,
  { passphraseFile }: BackupOptions,
  act: (config: Config, passphrase: string | undefined) => Promise<string>,
): Promise<void> {
  try {
    const config = loadConfig();
    const passphrase = passphraseFile === undefined ? undefined : await passphraseIn(passphraseFile);
    process.stdout.write(`${await act(config, passphrase)}\n`);
  } catch (error) {
    process.stderr.write(`platen ${name}: ${failureLine(error)}\n`);
    process.exitCode = 1;
  }
}
