import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource, type EntityTarget, type ObjectLiteral } from 'typeorm';
import { dataSourceOptions } from '../../../ormconfig';
import { setLimit } from '../../../test/support/relay/test-relay';
import { newDatabase } from '../../../test/support/server/new-database';
import { until } from '../../../test/support/until';
import { recordedJournal } from '../../../test/support/recorded-journal';
import { LIMITS } from '../../protocol/limits';
import type { HistoryKind } from '../../protocol/retention';
import { AlertEntity } from '../alerts/alert.entity';
import { DeliveryEntity } from '../alerts/delivery/delivery.entity';
import { CampaignDeviceEntity } from '../campaigns/campaign-device.entity';
import { CampaignEntity } from '../campaigns/campaign.entity';
import { AuditEventEntity } from '../auth/audit/audit-event.entity';
import { AuditRepository } from '../auth/audit/audit.repository';
import { AuditService } from '../auth/audit/audit.service';
import { readConfig, type Config } from '../config/config';
import type { Secrets } from '../config/secrets';
import { returnFreePages } from '../database/free-pages';
import { openDatabase } from '../database/open-database';
import { DeploymentEntity } from '../deployment/deployment.entity';
import { DeploymentSessionEntity } from '../deployment/halt/deployment-session.entity';
import { DenialEntity } from '../devices/conditions/denial.entity';
import { Metrics } from '../http/metrics';
import { JobEntity } from '../maintenance/job.entity';
import { NoticeEntity } from '../notices/notice.entity';
import { MeteredDeviceEntity } from '../readings/metered-device.entity';
import { ThinningRepository } from '../readings/thinning.repository';
import { HalfLogEntity } from '../sessions/half-log.entity';
import { SessionStepEntity } from '../sessions/session-step.entity';
import { SessionEntity } from '../sessions/session.entity';
import { RetentionRepository } from './retention.repository';
import { RETENTION_RULES } from './retention.rules';
import { RetentionService } from './retention.service';

const DAY_MS = 24 * 60 * 60_000;
const folder = mkdtempSync(join(tmpdir(), 'platen-retention-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ENTITIES = [
  ...[SessionEntity, SessionStepEntity, HalfLogEntity, JobEntity, DeploymentEntity, DeploymentSessionEntity],
  ...[NoticeEntity, DenialEntity, AlertEntity, DeliveryEntity, CampaignEntity, CampaignDeviceEntity],
];
type Values = Record<string, unknown>;

describe.each(['SQLite', 'PostgreSQL'])('retention on %s', (name) => {
  const isPostgres = name === 'PostgreSQL';
  let config: Config;
  let database: DataSource;
  beforeAll(async () => {
    config = readConfig({
      PLATEN_DATA: folder,
      ...(isPostgres && { PLATEN_DATABASE_URL: await newDatabase() }),
    });
    database = await openDatabase(dataSourceOptions(config), { encryptionKey: randomBytes(32) } as unknown as Secrets);
  });
  afterAll(async () => {
    await database?.destroy();
  });
  const services: RetentionService[] = [];
  afterEach(async () => {
    for (const service of services.splice(0)) await service.onModuleDestroy();
    jest.restoreAllMocks();
    for (const entity of ENTITIES) await database.getRepository(entity).clear();
  });

  const serviceOf = (keepDays: Partial<Record<HistoryKind, number>> = {}) => {
    const recorded = recordedJournal();
    const audit = new AuditService(new AuditRepository(database.getRepository(AuditEventEntity)));
    const settings = { ...config, keepDays: { ...config.keepDays, ...keepDays } };
    const repository = new RetentionRepository(database);
    const service = new RetentionService(
      repository,
      new ThinningRepository(database.getRepository(MeteredDeviceEntity)),
      audit,
      recorded.journal,
      settings,
      new Metrics(),
    );
    services.push(service);
    return { service, repository, ...recorded };
  };

  const ago = (days: number) => new Date(Date.now() - days * DAY_MS);
  /** Inserts a row with a value in every column that needs one. */
  const put = async (entity: EntityTarget<ObjectLiteral>, values: Values): Promise<string> => {
    const { columns } = database.getMetadata(entity);
    const needed = columns.filter((each) => !each.isNullable && !each.isGenerated && each.default === undefined);
    const filled = needed.map(({ propertyName, type, length }) => {
      if (type === 'simple-json') return [propertyName, []];
      if (type === 'integer') return [propertyName, 1];
      if (type === 'bigint') return [propertyName, new Date()];
      return [propertyName, randomUUID().slice(0, Number(length) || 36)];
    });
    const row = { ...Object.fromEntries(filled), ...values };
    const { identifiers } = await database.getRepository(entity).insert(row);
    return String(identifiers[0]!.id);
  };
  const exists = (entity: EntityTarget<ObjectLiteral>, id: string) =>
    database.getRepository(entity).existsBy({ id: entity === DenialEntity ? Number(id) : id });

  const session = (days: number, values: Values = {}) =>
    put(SessionEntity, { requestedAt: ago(days), endedAt: ago(days), state: 'ended', ...values });
  const withParts = async (id: string): Promise<string> => {
    for (const step of ['S141', 'S142']) await put(SessionStepEntity, { sessionId: id, step });
    await put(HalfLogEntity, { sessionId: id, half: 'device', kind: 'end' });
    return id;
  };
  const job = (days: number, values: Values = {}) =>
    put(JobEntity, {
      ...{ requestedAt: ago(days), endedAt: ago(days), expiresAt: ago(days), state: 'succeeded' },
      ...values,
    });
  const deployment = (days: number, values: Values = {}) =>
    put(DeploymentEntity, { instructedAt: ago(days), finishedAt: ago(days), state: 'aborted', ...values });
  const halted = (values: Values) => put(DeploymentSessionEntity, { outcome: 'ended', ...values });
  const notice = (days: number, values: Values = {}) => put(NoticeEntity, { at: ago(days), mail: 'sent', ...values });
  const alert = (days: number, values: Values = {}) =>
    put(AlertEntity, { since: ago(days), resolvedAt: ago(days), state: 'resolved', facts: {}, ...values });
  const denial = (days: number) => put(DenialEntity, { reportedAt: ago(days), denial: {} });

  const cases: [string, EntityTarget<ObjectLiteral>, number, (days: number) => Promise<string>, isDeleted: boolean][] =
    [
      ['a session', SessionEntity, 365, (days) => session(days), true],
      [
        'a session that is open',
        SessionEntity,
        365,
        (days) => session(days, { openPair: randomUUID(), state: 'prepared' }),
        false,
      ],
      ['a session with an open half', SessionEntity, 365, (days) => session(days, { deviceHalf: 'connected' }), false],
      ['a session whose token is valid', SessionEntity, 365, (days) => session(days, { validUntil: ago(-1) }), false],
      ['a session that ended later', SessionEntity, 365, (days) => session(days, { endedAt: ago(days - 2) }), false],
      [
        ...(['a session whose halt has no notice yet', SessionEntity, 365] as const),
        async (days) => {
          const remoteSessionId = await session(days);
          await halted({ deploymentId: 'd', remoteSessionId });
          return remoteSessionId;
        },
        false,
      ],
      ['a job', JobEntity, 365, (days) => job(days), true],
      ['a job that is on hold', JobEntity, 365, (days) => job(days, { state: 'held', endedAt: null }), false],
      ['a job that is executing', JobEntity, 365, (days) => job(days, { state: 'executing', endedAt: null }), false],
      ['a job that may still start', JobEntity, 365, (days) => job(days, { expiresAt: ago(-1) }), false],
      ['a deployment', DeploymentEntity, 730, (days) => deployment(days), true],
      ['an open deployment', DeploymentEntity, 730, (days) => deployment(days, { openRelay: randomUUID() }), false],
      ['the release in service', DeploymentEntity, 730, (days) => deployment(days, { state: 'deployed' }), false],
      [
        ...(['a deployment with a notice to come', DeploymentEntity, 730] as const),
        async (days) => {
          const deploymentId = await deployment(days);
          await halted({ deploymentId, remoteSessionId: 's' });
          return deploymentId;
        },
        false,
      ],
      ['a notice', NoticeEntity, 90, (days) => notice(days), true],
      ['a notice whose mail is not sent', NoticeEntity, 90, (days) => notice(days, { mail: 'pending' }), false],
      ['an alert', AlertEntity, 365, (days) => alert(days), true],
      ['an open alert', AlertEntity, 365, (days) => alert(days, { state: 'open', resolvedAt: null }), false],
      [
        ...(['an alert that is still to be sent', AlertEntity, 365] as const),
        async (days) => {
          const alertId = await alert(days);
          await put(DeliveryEntity, { alertId, event: 'resolved', state: 'pending', content: {} });
          return alertId;
        },
        false,
      ],
      ['a denial', DenialEntity, 90, (days) => denial(days), true],
    ];
  it.each(cases)('of %s: by age', async (_what, entity, days, store, isDeleted) => {
    const old = await store(days + 1.01);
    const young = await store(days - 0.01);
    await serviceOf().service.run();
    expect([await exists(entity, old), await exists(entity, young)]).toEqual([!isDeleted, true]);
  });

  const KEPT = [
    'SESSIONS_KEPT',
    'JOBS_KEPT',
    'DEPLOYMENTS_KEPT',
    'NOTICES_KEPT',
    'ALERTS_KEPT',
    'DENIALS_KEPT',
  ] as const;
  const byNumber = cases.filter(([what]) => what !== 'a session that ended later');
  it.each(byNumber)('of %s: by number, the oldest first', async (_what, entity, _days, store, isDeleted) => {
    for (const name of KEPT) setLimit(name, 2);
    setLimit('KEPT_DAYS_LEAST', 0);
    const ids: string[] = [];
    for (const days of [4, 3, 2, 1]) ids.push(await store(days));
    await serviceOf().service.run();
    const left = await Promise.all(ids.map((id) => exists(entity, id)));
    expect(left).toEqual([!isDeleted, !isDeleted, true, true]);
  });

  it('keeps the last deployment of each relay, which says what is in service', async () => {
    const deployed = (relayId: string, days: number) => deployment(days, { relayId, state: 'deployed' });
    const [earlier, last, other] = [await deployed('a', 900), await deployed('a', 800), await deployed('b', 1_000)];
    await serviceOf().service.run();
    const left = await Promise.all([earlier, last, other].map((id) => exists(DeploymentEntity, id)));
    expect(left).toEqual([false, true, true]);
  });

  const partsOf = async () => {
    const parts = [SessionStepEntity, HalfLogEntity].map((entity) => database.getRepository(entity).find());
    return (await Promise.all<{ sessionId: string }[]>(parts)).flat().map(({ sessionId }) => sessionId);
  };

  it('deletes a session with its steps and logs, and a deployment with its sessions', async () => {
    const [old, young] = [await withParts(await session(400)), await withParts(await session(1))];
    const deploymentId = await deployment(800);
    await halted({ deploymentId, remoteSessionId: old, toldAt: ago(800) });
    const { service, lines } = serviceOf();
    await service.run();
    expect(new Set(await partsOf())).toEqual(new Set([young]));
    expect(await database.getRepository(DeploymentSessionEntity).count()).toBe(0);
    expect(lines).toMatchObject([
      { msg: 'history deleted', deleted: { sessions: 1, jobs: 0, deployments: 1, audit: 0 } },
    ]);
  });

  it('obeys the settings', async () => {
    const ids = [await session(9), await session(6)];
    const { service } = serviceOf({ sessions: 7 });
    await service.run();
    expect(await Promise.all(ids.map((id) => exists(SessionEntity, id)))).toEqual([false, true]);
    const { days, since } = service.kept().sessions;
    expect([days, since.slice(10), Date.parse(since) <= Date.now() - 7 * DAY_MS]).toEqual([7, 'T00:00:00.000Z', true]);
  });

  it('says since when it keeps what was too much', async () => {
    setLimit('SESSIONS_KEPT', 1);
    const [gone, stays] = [await session(20), await session(10)];
    const { service } = serviceOf();
    expect(Date.parse(service.kept().sessions.since)).toBeLessThan(ago(364).getTime());
    await service.run();
    expect([await exists(SessionEntity, gone), await exists(SessionEntity, stays)]).toEqual([false, true]);
    expect(service.kept().sessions).toMatchObject({ most: 1 });
    expect(Date.parse(service.kept().sessions.since)).toBeGreaterThan(ago(21).getTime());
    expect(service.kept().audit.most).toBeNull();
  });

  it('keeps what is a few days old, however much was stored since', async () => {
    setLimit('SESSIONS_KEPT', 1);
    const ids = [await session(8), await session(6), await session(1), await session(0)];
    const { service } = serviceOf();
    await service.run();
    expect(await Promise.all(ids.map((id) => exists(SessionEntity, id)))).toEqual([false, true, true, true]);
    expect(Date.parse(service.kept().sessions.since)).toBeLessThanOrEqual(ago(7).getTime());
  });

  it('deletes few rows in a transaction, and lets others in between', async () => {
    setLimit('RETENTION_ROWS', 2);
    for (let n = 0; n < 7; n += 1) await withParts(await session(400));
    const { service } = serviceOf();
    const seen: number[] = [];
    const running = service.run();
    let isRunning = true;
    void running.finally(() => (isRunning = false));
    while (isRunning) seen.push(await database.transaction((manager) => manager.count(SessionEntity)));
    await running;
    expect([...new Set(seen)]).toEqual(expect.arrayContaining([5, 3, 1]));
    expect(await partsOf()).toEqual([]);
  });

  it('stops with the server, and continues with the next run', async () => {
    setLimit('RETENTION_ROWS', 1);
    setLimit('RETENTION_FIRST_MS', 0);
    const ids: string[] = [];
    for (let n = 0; n < 5; n += 1) ids.push(await withParts(await session(400)));
    const { service, repository, messages } = serviceOf();
    const deleteDue = repository.deleteDue.bind(repository);
    const halfway = new Promise<void>((resolve) => {
      let calls = 0;
      repository.deleteDue = async (...due) => {
        if ((calls += 1) === 3) resolve();
        return deleteDue(...due);
      };
    });
    service.onApplicationBootstrap();
    await halfway;
    await service.onModuleDestroy();
    const left = (await Promise.all(ids.map((id) => exists(SessionEntity, id)))).filter(Boolean).length;
    expect([left, (await partsOf()).length, messages()]).toEqual([2, 6, []]);
    await serviceOf().service.run();
    expect(await partsOf()).toEqual([]);
  });

  it('leaves a session whole if its deletion fails, logs why, and tries again', async () => {
    setLimit('RETENTION_FIRST_MS', 0);
    setLimit('RETENTION_INTERVAL_MS', 10);
    await withParts(await session(400));
    const whole = await partsOf();
    const { service, repository, lines } = serviceOf();
    const deleteDue = repository.deleteDue.bind(repository);
    const wrong = {
      ...RETENTION_RULES[0]!,
      parts: [...RETENTION_RULES[0]!.parts!, [HalfLogEntity, 'no such column'] as const],
    };
    repository.deleteDue = (rule, ...due) => deleteDue(rule.kind === 'sessions' ? wrong : rule, ...due);
    service.onApplicationBootstrap();
    await until('the error is logged', () => lines.some(({ level }) => level === 'error'));
    expect(await partsOf()).toEqual(whole);
    repository.deleteDue = deleteDue;
    await until('the session is deleted', async () => (await partsOf()).length === 0);
  });

  describe('of the audit trail', () => {
    const events = () => database.getRepository(AuditEventEntity);
    const event = (days: number) =>
      events().insert({ at: ago(days), actor: 'ada', action: 'x', target: 'y', detail: '' });

    it('is itself recorded, once, and the database refuses it within a year', async () => {
      for (const days of [1_830, 1_827, 1_824, 350, 1]) await event(days);
      for (let n = 0; n < 3; n += 1) await serviceOf().service.run();
      const left = await events().find({ order: { id: 'ASC' } });
      const ages = left.filter(({ action }) => action === 'x').map(({ at }) => Math.round((Date.now() - +at) / DAY_MS));
      expect(ages).toEqual([1_824, 350, 1]);
      const recorded = left.filter(({ action }) => action === 'audit.deleted');
      expect(recorded).toMatchObject([{ actor: '(no login)', detail: 'PLATEN_KEEP_AUDIT_DAYS=1825' }]);
      expect(recorded[0]!.target).toMatch(/^before \d{4}-\d\d-\d\dT00:00:00.000Z$/);

      await expect(serviceOf({ audit: 300 }).service.run()).rejects.toThrow('append-only');
      await expect(events().delete({ target: 'y' })).rejects.toThrow('append-only');
      expect(await events().countBy({ target: 'y' })).toBe(3);
    });
  });
});

describe('a database file of SQLite', () => {
  const file = join(folder, 'shrinking', 'platen.sqlite');
  const secrets = { encryptionKey: randomBytes(32) } as unknown as Secrets;
  const open = () => openDatabase(dataSourceOptions(readConfig({ PLATEN_DATA: join(folder, 'shrinking') })), secrets);
  beforeEach(() => mkdirSync(join(folder, 'shrinking')));
  afterEach(() => rmSync(join(folder, 'shrinking'), { recursive: true }));

  const fill = async (database: DataSource, rows: number) => {
    await database.query(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})
       INSERT INTO session_steps ("sessionId", step, at, detail) SELECT 's' || i, 'S141', i, hex(randomblob(100)) FROM n`,
    );
  };
  const sizeOf = async (database: DataSource) => {
    await database.query('PRAGMA wal_checkpoint(TRUNCATE)');
    return statSync(file).size;
  };

  it('shrinks in small steps when rows are deleted', async () => {
    const database = await open();
    await fill(database, 20_000);
    const full = await sizeOf(database);
    await database.query('DELETE FROM session_steps');
    expect(await sizeOf(database)).toBe(full);
    let steps = 0;
    while ((await returnFreePages(database)) > 0) steps += 1;
    expect(steps).toBeGreaterThan(10);
    expect(await sizeOf(database)).toBeLessThan(full / 2);
    await database.destroy();
  });

  const withoutShrinking = async (rows: number) => {
    const database = await open();
    await fill(database, rows);
    await database.query('PRAGMA auto_vacuum = 0');
    await database.query('VACUUM');
    expect(await returnFreePages(database)).toBe(0);
    await database.destroy();
  };
  const property = async (database: DataSource) =>
    (await database.query<{ auto_vacuum: number }[]>('PRAGMA auto_vacuum'))[0]!.auto_vacuum;

  it('of an earlier version gets the ability to shrink, and keeps its rows', async () => {
    await withoutShrinking(1_000);
    const database = await open();
    expect(await property(database)).toBe(2);
    const [{ rows }] = await database.query('SELECT count(*) AS rows FROM session_steps');
    expect(rows).toBe(1_000);
    await database.destroy();
  });

  it('of an earlier version is left as it is while it is large, because converting it blocks', async () => {
    await withoutShrinking(1_000);
    setLimit('DATABASE_CONVERTED_BYTES', 100_000);
    const database = await open();
    expect(await property(database)).toBe(0);
    await database.destroy();
    jest.restoreAllMocks();
  });
});

it('gives every kind of history a rule, except readings, which are thinned, and the audit trail, which is a chain', () => {
  const kinds = Object.keys(readConfig({}).keepDays).filter((kind) => kind !== 'readings' && kind !== 'audit');
  expect(RETENTION_RULES.map(({ kind }) => kind)).toEqual(kinds);
  expect(LIMITS.AUDIT_KEPT_DAYS).toBe(Math.max(...Object.values(readConfig({}).keepDays)));
});
