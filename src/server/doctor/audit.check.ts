import { existsSync } from 'node:fs';
import type { DataSourceOptions } from 'typeorm';
import { check, note, type CheckFinding } from '../../protocol/check-finding';
import { withTimeLimit } from '../../tunnel/time-limit';
import { verifyStoredAudit } from '../auth/audit/audit-verification';
import type { Config } from '../config/config';
import { loadSecrets } from '../config/secrets';

/** The whole trail is read. */
const LIMIT_MS = 120_000;

export async function auditCheck(config: Config, database: DataSourceOptions): Promise<CheckFinding> {
  if (database.type === 'sqlite' && !existsSync(database.database)) return note('audit trail', 'has no entries yet');
  return check(
    'audit trail',
    async () => {
      const verified = await withTimeLimit(LIMIT_MS, undefined, () => verifyStoredAudit(database, loadSecrets(config)));
      if (!verified) return 'is not chained yet; the next start of the server does it';
      const [first, ...more] = verified.findings;
      if (first !== undefined)
        throw new Error(`${first}${more.length > 0 ? ', and more' : ''}; see "Audit trail" in docs/RUNNING.md`);
      return `${verified.entries} entries, unchanged`;
    },
    ({ message, name }) => (name === 'TimeoutError' ? 'is too long to be verified here: platen audit verify' : message),
  );
}
