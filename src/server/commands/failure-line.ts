import { BackupRefused } from '../backup/backup.errors';
import { CertificateUnusable } from '../config/certificate';
import { ConfigurationError } from '../config/config';
import { DataFolderUnusable } from '../config/data-folder';
import { DataFolderInUse } from '../config/data-folder-lock';
import { listenFailure } from '../http/listen-failure';
import { CompanyLogoUnusable } from '../config/company';
import { ReleaseKeyUnusable } from '../config/release-key';
import { SecretsUnusable } from '../config/secrets';
import { DatabaseInUse, StandbyUnusable } from '../database/database-lock';
import { DatabaseUnusable } from '../database/database-unusable';
import { PasswordNotGiven } from './password-prompt';

const OWN = [
  ConfigurationError,
  DataFolderUnusable,
  DataFolderInUse,
  DatabaseInUse,
  StandbyUnusable,
  SecretsUnusable,
  CertificateUnusable,
  DatabaseUnusable,
  ReleaseKeyUnusable,
  CompanyLogoUnusable,
  PasswordNotGiven,
  BackupRefused,
];

/** One line for the terminal: why a program did not start. */
export function failureLine(error: unknown): string {
  if (OWN.some((kind) => error instanceof kind)) return (error as Error).message;
  return listenFailure(error) ?? (error instanceof Error ? `${error.name}: ${error.message}` : String(error));
}
