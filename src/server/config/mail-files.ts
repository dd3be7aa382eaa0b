import { readFileSync } from 'node:fs';
import { ConfigurationError } from './config';
import type { MailSettings } from './mail-settings';

export interface MailFiles {
  readonly password: string | undefined;
  /** PEM */
  readonly authority: string | undefined;
}

/** @throws ConfigurationError naming the variable whose file cannot be read */
export const readMailFiles = ({ passwordFile, authorityFile }: MailSettings): MailFiles => ({
  password: read('PLATEN_SMTP_PASSWORD_FILE', passwordFile)?.trimEnd(),
  authority: read('PLATEN_SMTP_CA', authorityFile),
});

function read(variable: string, path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigurationError(`${variable}: the file cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}
