import { z } from 'zod';
import { instant } from './names';

/** A scheduled backup, or one that was requested: a file in the folder of PLATEN_BACKUP_FOLDER. */
export const backupFile = z.object({
  name: z.string(),
  at: instant,
  bytes: z.int().nonnegative(),
  encrypted: z.boolean(),
});
export type BackupFile = z.infer<typeof backupFile>;

/** `GET /api/backups`. */
export const backups = z.object({
  /** null: PLATEN_BACKUP_FOLDER is not set, and there are none. */
  schedule: z
    .object({
      folder: z.string(),
      /** A backup is written when the newest one is as old. */
      hours: z.int().positive(),
      /** How many are kept. */
      kept: z.int().positive(),
      encrypted: z.boolean(),
    })
    .nullable(),
  /** Newest first. */
  rows: z.array(backupFile),
  /** The one that is being written; `expectedBytes`: the size of the newest one, null if there is none. */
  running: z
    .object({
      startedAt: instant,
      bytes: z.int().nonnegative(),
      expectedBytes: z.int().nonnegative().nullable(),
    })
    .nullable(),
  /** Why the last attempt has written none; null after one that has. */
  failure: z.object({ at: instant, detail: z.string() }).nullable(),
  /** The newest one is older than two intervals. */
  overdue: z.boolean(),
});
export type Backups = z.infer<typeof backups>;
