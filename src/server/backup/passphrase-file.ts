import { readFile } from 'node:fs/promises';
import { LIMITS } from '../../protocol/limits';
import { BackupRefused } from './backup.errors';

/** The first line of a file. @throws BackupRefused if it cannot be read, or the passphrase is too short */
export async function passphraseIn(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new BackupRefused(`The file of the passphrase, ${file}, cannot be read (${error.code}).`);
  });
  const [passphrase = ''] = text.split(/\r?\n/);
  if (passphrase.length < LIMITS.BACKUP_PASSPHRASE_CHARACTERS_MIN)
    throw new BackupRefused(
      `The first line of ${file} is the passphrase. It needs ${LIMITS.BACKUP_PASSPHRASE_CHARACTERS_MIN} characters or more.`,
    );
  return passphrase;
}
