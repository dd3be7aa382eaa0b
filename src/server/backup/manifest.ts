import { z } from 'zod';
import { LIMITS } from '../../protocol/limits';

export const MANIFEST = 'manifest.json';
/** The copy of SQLite has the name that it has in the data folder. */
export const DATABASES = { sqlite: 'platen.sqlite', postgres: 'platen.pgdump' } as const;

/** What a backup may contain: nothing leads out of the folder into which it is restored. */
export const isBackupPath = (path: string): boolean =>
  /^(platen\.(sqlite|pgdump)|secrets\.json|(tls|releases|agent-releases|firmware)(\/[A-Za-z0-9_][A-Za-z0-9_.+-]*){1,2})$/.test(
    path,
  );

/** The last file of a backup. */
export const backupManifest = z.object({
  format: z.literal(1),
  /** Of Platen. */
  version: z.string().max(100),
  createdAt: z.iso.datetime(),
  database: z.enum(['sqlite', 'postgres']),
  files: z
    .array(
      z.object({
        path: z.string().refine(isBackupPath),
        bytes: z.int().nonnegative(),
        sha256: z.string().regex(/^[0-9a-f]{64}$/),
      }),
    )
    .max(LIMITS.BACKUP_FILES),
});
export type BackupManifest = z.infer<typeof backupManifest>;
