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
