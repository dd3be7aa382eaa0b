import { mkdtempSync, rmSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../../../ormconfig';
import { databaseSettings } from '../../../../test/support/server/new-database';
import { readConfig } from '../../config/config';
import type { Secrets } from '../../config/secrets';
import { openDatabase } from '../../database/open-database';
import { exportOf, EXPORT_FORMATS } from './audit-export';
import { AuditChainEntity } from './audit-chain.entity';
import { chainHash } from './audit-chain';
import { AuditEventEntity } from './audit-event.entity';
import { AuditRepository } from './audit.repository';
import { AuditService } from './audit.service';
import { verifyAudit, verifyStoredAudit } from './audit-verification';

const DAY_MS = 24 * 60 * 60_000;

describe('the hash chain of the audit trail', () => {
  const folder = mkdtempSync(join(tmpdir(), 'platen-audit-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const secrets = { encryptionKey: randomBytes(32) } as unknown as Secrets;
  let options: ReturnType<typeof dataSourceOptions>;
  let database: DataSource;
  let audit: AuditService;
  let repository: AuditRepository;

  beforeEach(async () => {
    const data = mkdtempSync(join(folder, 'data-'));
    options = dataSourceOptions(readConfig({ ...(await databaseSettings()), PLATEN_DATA: data }));
    await open();
  });
  afterEach(() => database?.destroy());

  const open = async () => {
    database = await openDatabase(options, secrets);
    repository = new AuditRepository(database.getRepository(AuditEventEntity));
    audit = new AuditService(repository);
  };
  const verified = (noted?: { id: number; hash: string }) => verifyStoredAudit(options, secrets, noted);
  const findings = async () => (await verified())!.findings;
  const record = async (count: number) => {
    for (let n = 0; n < count; n += 1) await audit.record(undefined, 'door.opened', `door ${n}`, 'with a key');
  };
  const isPostgres = () => options.type === 'postgres';
  /** As someone does who can write to the database. */
  const tamper = async (...statements: string[]) => {
    if (isPostgres()) await database.query('ALTER TABLE audit_events DISABLE TRIGGER audit_events_append_only');
    else
      for (const change of ['update', 'delete'])
        await database.query(`DROP TRIGGER IF EXISTS audit_events_no_${change}`);
    for (const statement of statements) await database.query(statement);
  };

  it('fits what the server has written, also what many wrote at once, and texts that a database would alter', async () => {
    const texts = ['plain', 'a\ud800b', 'nul \0 inside', '\u{1f5a8} 複合機', `"quoted", 'twice'`];
    await Promise.all(texts.map((text) => audit.record(undefined, 'x.done', text, text)));
    await Promise.all(Array.from({ length: 30 }, (_, n) => audit.record(undefined, 'x.done', `at once ${n}`)));
    expect(await verified()).toMatchObject({ entries: 35, findings: [], last: { id: 35 } });
  });

  it('has one order when two processes write', async () => {
    const other = await openDatabase(options, secrets);
    try {
      const service = new AuditService(new AuditRepository(other.getRepository(AuditEventEntity)));
      const writes = Array.from({ length: 20 }, (_, n) =>
        (n % 2 ? audit : service).record(undefined, 'x.done', `${n}`),
      );
      await Promise.all(writes);
    } finally {
      await other.destroy();
    }
    expect(await verified()).toMatchObject({ entries: 20, findings: [], last: { id: 20 } });
  });

  it.each([
    [
      'a changed detail',
      [`UPDATE audit_events SET detail = 'by force' WHERE id = 4`],
      ['entry 4 does not follow entry 3: it was changed, or the one before it'],
    ],
    [
      'a changed time',
      [`UPDATE audit_events SET at = at + 1 WHERE id = 4`],
      ['entry 4 does not follow entry 3: it was changed, or the one before it'],
    ],
    ['the first entry, changed', [`UPDATE audit_events SET actor = 'bob' WHERE id = 1`], ['entry 1 was changed']],
    ['a removed entry', [`DELETE FROM audit_events WHERE id = 4`], ['entry 4 is missing, or entry 5 was changed']],
    [
      'removed entries at the beginning',
      [`DELETE FROM audit_events WHERE id <= 3`],
      ['entries 1 to 3 are missing, or entry 4 was changed'],
    ],
    ['removed entries at the end', [`DELETE FROM audit_events WHERE id > 8`], ['entries 9 to 10 are missing']],
    ['all of them removed', [`DELETE FROM audit_events`], ['entries 1 to 10 are missing']],
    [
      'two entries in another order',
      [
        `UPDATE audit_events SET id = 99 WHERE id = 4`,
        `UPDATE audit_events SET id = 4 WHERE id = 5`,
        `UPDATE audit_events SET id = 5 WHERE id = 99`,
      ],
      [4, 5, 6].map((id) => `entry ${id} does not follow entry ${id - 1}: it was changed, or the one before it`),
    ],
    [
      'an added entry',
      [
        `INSERT INTO audit_events (id, at, actor, action, target, detail, hash) VALUES (11, 1, 'ada', 'x', 'y', '', 'z')`,
      ],
      [
        'entry 11 does not follow entry 10: it was changed, or the one before it',
        'entries after 10 were not written by the server',
      ],
    ],
    [
      'an exchanged seal',
      [`UPDATE audit_chain SET head = 'AAAA'`],
      ['what the server remembers of the trail was changed, or its secrets.json is another one'],
    ],
  ])('finds and names %s', async (_, statements, found) => {
    await record(10);
    expect(await findings()).toEqual([]);
    await tamper(...statements);
    expect(await findings()).toEqual(found);
  });

  it('finds an end that was written again with hashes that fit', async () => {
    await record(5);
    const { last } = (await verified())!;
    let { hash: previous } = (await repository.after(2, 1))[0]!;
    await tamper(`UPDATE audit_events SET detail = '' WHERE id > 3`);
    for (const event of await repository.after(3, 10)) {
      previous = chainHash(previous, event);
      await database.getRepository(AuditEventEntity).update(event.id, { hash: previous });
    }
    expect(await findings()).toEqual(['entry 5 is not the last one that the server wrote']);
    // also when the seal was removed, and the server has made another one
    await tamper('DELETE FROM audit_chain');
    await record(1);
    expect((await repository.after(5, 1))[0]).toMatchObject({ action: 'audit.sealed', target: 'up to entry 5' });
    expect(await verified()).toMatchObject({ entries: 7, findings: [] });
    expect((await verified(last))!.findings).toEqual(['entry 5 is not the one that was noted']);
    expect((await verified({ ...last, id: 12 }))!.findings).toEqual(['entry 12, which was noted, is missing']);
  });

  it('records what happens also when the seal cannot be read', async () => {
    await record(2);
    await tamper(`UPDATE audit_chain SET head = 'AAAA'`);
    await record(1);
    expect((await repository.after(0, 9)).map(({ action }) => action)).toEqual([
      'door.opened',
      'door.opened',
      'audit.sealed',
      'door.opened',
    ]);
    expect(await findings()).toEqual([]);
  });

  it('holds for what is left when the oldest entries are deleted', async () => {
    jest.useFakeTimers({
      doNotFake: ['nextTick', 'setImmediate', 'setTimeout', 'clearTimeout'],
      now: Date.now() - 500 * DAY_MS,
    });
    await record(6);
    jest.useRealTimers();
    await record(4);
    const before = new Date(Date.now() - 400 * DAY_MS);
    expect(await repository.hasBefore(before)).toBe(true);
    expect([await repository.deleteOldest(before, 4), await repository.deleteOldest(before, 4)]).toEqual([4, 2]);
    expect(await repository.hasBefore(before)).toBe(false);
    expect(await verified()).toMatchObject({ entries: 4, findings: [] });
    await tamper(`DELETE FROM audit_events WHERE id = 7`);
    expect(await findings()).toEqual(['entry 7 is missing, or entry 8 was changed']);
    await tamper(
      `INSERT INTO audit_events (id, at, actor, action, target, detail, hash) VALUES (3, 1, 'a', 'b', 'c', '', 'z')`,
    );
    expect((await findings())[0]).toBe('entry 3 was put among those that were deleted because of their age');
  });

  it('is verified while entries are added and the oldest are deleted', async () => {
    jest.useFakeTimers({
      doNotFake: ['nextTick', 'setImmediate', 'setTimeout', 'clearTimeout'],
      now: Date.now() - 500 * DAY_MS,
    });
    await record(8);
    jest.useRealTimers();
    const before = new Date(Date.now() - 400 * DAY_MS);
    let reads = 0;
    const disturbed = {
      head: () => repository.head(),
      after: async (id: number, most: number) => {
        if (reads++ === 0) await repository.deleteOldest(before, 5);
        const rows = await repository.after(id, most);
        if (reads < 3) await record(1);
        return rows;
      },
    };
    expect(await verifyAudit(disturbed)).toMatchObject({ entries: 5, findings: [], last: { id: 10 } });
  });

  it('is verified without holding up others between two batches', async () => {
    let [asked, turns] = [0, 0];
    const turnsBefore: number[] = [];
    const after = (id: number, most: number): Promise<AuditEventEntity[]> => {
      turnsBefore.push(turns);
      setImmediate(() => (turns += 1));
      const first = Math.max(id, 0) + 1;
      const entry = { at: new Date(0), actor: '', action: '', target: '', detail: '', hash: '' };
      return Promise.resolve(Array.from({ length: asked++ < 3 ? most : 0 }, (_, n) => ({ ...entry, id: first + n })));
    };
    await verifyAudit({ after, head: () => Promise.resolve(null) });
    expect(turnsBefore).toEqual([0, 1, 2, 3]);
  });

  it('is made of what an earlier version has stored', async () => {
    const names = database.migrations.map(({ name, constructor }) => name ?? constructor.name);
    const later = names.length - names.findIndex((name) => name.startsWith('AuditChain'));
    for (let n = 0; n < later; n += 1) await database.undoLastMigration();
    for (let n = 0; n < 3; n += 1)
      await database.query(
        `INSERT INTO audit_events (at, actor, action, target, detail) VALUES (${1_700_000_000_000 + n}, 'ada', 'x', 'ü "${n}"', '')`,
      );
    await database.destroy();
    expect(await verified()).toBeUndefined();
    await open();
    expect(await verified()).toMatchObject({ entries: 3, findings: [], sealedAt: null });
    await record(1);
    const all = await repository.after(0, 9);
    expect(all.map(({ action }) => action)).toEqual(['x', 'x', 'x', 'audit.sealed', 'door.opened']);
    expect(await verified()).toMatchObject({ entries: 5, findings: [], sealedAt: expect.any(String) });
    await tamper(`UPDATE audit_events SET actor = 'bob' WHERE id = 2`);
    expect(await findings()).toHaveLength(1);
  });

  it('is in an export, in batches, filtered', async () => {
    jest.replaceProperty((await import('../../../protocol/limits.js')).LIMITS, 'AUDIT_EXPORT_ROWS', 3 as never);
    await record(7);
    const ada = { username: 'ada' } as never;
    const texts = async (query: object, format: 'csv' | 'jsonl') => {
      const all: string[] = [];
      const batches = audit.export(ada, { format, ...query });
      for await (const text of exportOf(batches, EXPORT_FORMATS[format])) all.push(text);
      return all;
    };
    const lines = await texts({}, 'jsonl');
    expect(lines.map((text) => text.trim().split('\n').length)).toEqual([3, 3, 2]);
    // as docs/PROTOCOL.md says
    const { createHash } = await import('node:crypto');
    let previous = '';
    for (const line of lines.join('').trim().split('\n')) {
      const { id, at, actor, action, target, detail, hash } = JSON.parse(line) as Record<string, string>;
      const content = JSON.stringify([previous, id, at, actor, action, target, detail]);
      expect(createHash('sha256').update(content).digest('base64url')).toBe(hash);
      previous = hash!;
    }
    const ofAda = (await texts({ actor: 'ada', action: 'audit' }, 'csv')).join('').split('\r\n');
    expect(ofAda[0]).toBe('\ufeffid,at,actor,action,target,detail,hash');
    expect(ofAda.slice(1, -1).map((line) => line.split(',').slice(2, 5))).toEqual([
      ['ada', 'audit.exported', 'jsonl'],
      ['ada', 'audit.exported', 'csv'],
    ]);
    jest.restoreAllMocks();
  });

  it('seals with the key of the server', async () => {
    await record(1);
    const [row] = await database.query<{ head: string }[]>('SELECT head FROM audit_chain');
    expect(row!.head).not.toContain('anchor');
    expect((await database.getRepository(AuditChainEntity).findOneByOrFail({ id: 1 })).head).toMatchObject({
      anchor: { id: 0, hash: '' },
      last: { id: 1 },
    });
  });
});
