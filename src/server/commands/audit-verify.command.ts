import { dataSourceOptions } from '../../../ormconfig';
import type { ChainLink } from '../auth/audit/audit-chain';
import { verifyStoredAudit } from '../auth/audit/audit-verification';
import { loadSecrets } from '../config/secrets';
import { loadConfig } from '../config/settings-file';
import { failureLine } from './failure-line';

/** `platen audit verify`: findings on standard error; exit code 1 if there are any. */
export async function runAuditVerify({ noted }: { readonly noted?: string }): Promise<void> {
  try {
    const config = loadConfig();
    const entry = noted === undefined ? undefined : notedEntry(noted);
    const verified = await verifyStoredAudit(dataSourceOptions(config), loadSecrets(config), entry);
    if (!verified) throw new Error('The trail is not chained yet; the next start of the server does it.');
    const { entries, last, sealedAt, findings } = verified;
    for (const finding of findings) process.stderr.write(`${finding}\n`);
    if (findings.length > 0) process.exitCode = 1;
    const state = findings.length > 0 ? 'not as the server wrote them' : 'unchanged';
    const since = sealedAt === null ? '' : ` since ${sealedAt}`;
    process.stdout.write(`${entries} entries, ${state}${since}; the newest is ${last.id}:${last.hash}\n`);
  } catch (error) {
    process.stderr.write(`platen audit verify: ${failureLine(error)}\n`);
    process.exitCode = 1;
  }
}

function notedEntry(text: string): ChainLink {
  const [, id, hash] = /^(\d{1,10}):([\w-]{43})$/.exec(text) ?? [];
  if (id === undefined || hash === undefined) throw new Error('--noted is an ID and a hash, as in 1234:AbC...');
  return { id: Number(id), hash };
}
