import { ProblemError } from '../../protocol/problems';

export class BackupsOff extends ProblemError {
  constructor() {
    super('backups-off', 'PLATEN_BACKUP_FOLDER is not set.');
  }
}
export class BackupRunning extends ProblemError {
  constructor() {
    super('backup-running', 'A backup is being written.');
  }
}

/** A backup that cannot be made or restored. The message says why, and what to do. */
export class BackupRefused extends Error {
  override readonly name: string = 'BackupRefused';
}

/** The file is not what was written. */
export class BackupDamaged extends BackupRefused {
  override readonly name = 'BackupDamaged';

  constructor(why: string) {
    super(`The backup is damaged (${why}). Nothing was restored: use another backup.`);
  }
}
