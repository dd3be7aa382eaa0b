import { setImmediate as nextTurn } from 'node:timers/promises';
import { DataSource, type DataSourceOptions } from 'typeorm';
import type { Secrets } from '../../config/secrets';
import { ColumnUnreadable, unlockColumns } from '../../database/encrypted-column';
import { readingOnly } from '../../database/open-database';
import { AuditChainEntity } from './audit-chain.entity';
import { AuditEventEntity } from './audit-event.entity';
import { CHAIN_START, chainHash, type ChainHead, type ChainLink } from './audit-chain';
import { AuditRepository } from './audit.repository';

/** Read, made into objects and hashed within one turn of the event loop. */
const ROWS = 100;
/** The least ID in both databases. */
const LEAST_ID = -(2 ** 31);
/** A trail that was rewritten has a finding for each entry. */
const FINDINGS = 20;

export interface AuditVerification {
  /** How many entries there are. */
  readonly entries: number;
  /** The newest entry; noted elsewhere, it shows later whether the trail up to it is still the same. */
  readonly last: ChainLink;
  /** Since when the server keeps the trail sealed; null: not yet. ISO 8601. */
  readonly sealedAt: string | null;
  /** What was changed, removed, or reordered, oldest first; the first FINDINGS. */
  readonly findings: string[];
}

/**
 * Reads the whole trail, in batches, also while entries are added and the oldest are deleted.
 * @param noted an entry with its hash, as an earlier verification has named it
 */
export async function verifyAudit(
  repository: Pick<AuditRepository, 'after' | 'head'>,
  noted?: ChainLink,
): Promise<AuditVerification> {
  let head: ChainHead | null;
  const findings: string[] = [];
  const found = (text: string): void => void (findings.length < FINDINGS && findings.push(text));
  try {
    head = await repository.head();
  } catch (error) {
    if (!(error instanceof ColumnUnreadable)) throw error;
    head = null;
    found('what the server remembers of the trail was changed, or its secrets.json is another one');
  }
  let previous = head?.anchor ?? CHAIN_START;
  let entries = 0;
  let isNoted = noted === undefined || noted.id <= previous.id;
  for (let id = LEAST_ID; ;) {
    const rows = await repository.after(id, ROWS);
    await nextTurn(); // the database may answer within the same turn
    for (const row of rows) {
      id = row.id;
      entries += 1;
      if (head && row.id <= head.anchor.id) {
        found(`entry ${row.id} was put among those that were deleted because of their age`);
        continue;
      }
      if (chainHash(previous.hash, row) !== row.hash) {
        const now = head && row.id > previous.id + 1 ? await repository.head() : null;
        // deleted because of its age meanwhile
        if (now && now.anchor.id > previous.id && now.anchor.id < row.id) previous = now.anchor;
        if (chainHash(previous.hash, row) !== row.hash) found(misfit(previous, row.id));
      }
      if (noted?.id === row.id) {
        isNoted = true;
        if (noted.hash !== row.hash) found(`entry ${row.id} is not the one that was noted`);
      }
      previous = { id: row.id, hash: row.hash };
    }
    if (rows.length === ROWS) continue;
    const now = head && (await repository.head());
    // added meanwhile
    if (now && now.last.id > previous.id && now.last.id !== head!.last.id) {
      head = now;
      continue;
    }
    head = now;
    break;
  }
  if (head && previous.id < head.last.id) found(missing(previous.id + 1, head.last.id));
  else if (head && previous.id > head.last.id) found(`entries after ${head.last.id} were not written by the server`);
  else if (head && previous.hash !== head.last.hash)
    found(`entry ${previous.id} is not the last one that the server wrote`);
  if (!isNoted) found(`entry ${noted!.id}, which was noted, is missing`);
  return { entries, last: previous, sealedAt: head?.sealedAt ?? null, findings };
}

/**
 * Verifies the trail in a database, which it does not change.
 * @returns undefined if a server of this version has not used it yet
 */
export async function verifyStoredAudit(
  options: DataSourceOptions,
  { encryptionKey }: Pick<Secrets, 'encryptionKey'>,
  noted?: ChainLink,
): Promise<AuditVerification | undefined> {
  const database = new DataSource(readingOnly(options));
  await database.initialize();
  try {
    unlockColumns(database, encryptionKey);
    const runner = database.createQueryRunner();
    const isChained = await runner.hasTable(database.getMetadata(AuditChainEntity).tableName);
    await runner.release();
    if (!isChained) return undefined;
    return await verifyAudit(new AuditRepository(database.getRepository(AuditEventEntity)), noted);
  } finally {
    await database.destroy();
  }
}

const missing = (first: number, last: number): string =>
  first === last ? `entry ${first} is missing` : `entries ${first} to ${last} are missing`;

function misfit(previous: ChainLink, id: number): string {
  if (id > previous.id + 1) return `${missing(previous.id + 1, id - 1)}, or entry ${id} was changed`;
  return previous.id === 0
    ? `entry ${id} was changed`
    : `entry ${id} does not follow entry ${previous.id}: it was changed, or the one before it`;
}
