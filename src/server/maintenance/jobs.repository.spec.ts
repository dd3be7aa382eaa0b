import { randomBytes, randomUUID } from 'node:crypto';
import { DataSource } from 'typeorm';
import type { JobState } from '../../protocol/maintenance';
import { unlockColumns } from '../database/encrypted-column';
import { JobEntity } from './job.entity';
import { JobsRepository } from './jobs.repository';

describe('the repository of maintenance jobs', () => {
  let database: DataSource;
  let repository: JobsRepository;
  beforeEach(async () => {
    database = new DataSource({ type: 'sqlite', database: ':memory:', entities: [JobEntity], synchronize: true });
    await database.initialize();
    unlockColumns(database, randomBytes(32));
    repository = new JobsRepository(database.getRepository(JobEntity));
  });
  afterEach(() => database.destroy());

  const insert = async (state: JobState, deadlineAt: number | null, askedAt: number | null = null) => {
    const id = randomUUID();
    const now = new Date();
    await repository.insert({
      ...{
        id,
        askerKind: 'user',
        userId: id,
        username: 'tom',
        displayName: 'Tom',
        deviceId: 'd',
        deviceName: 'D',
        agentId: 'a',
        siteId: null,
        apiTokenId: null,
        revokedAt: null,
        approvalRecord: null,
      },
      ...{ operation: 'counters', firmwareId: null, firmwareName: null, firmwareVersion: null, firmwareToken: null },
      ...{
        campaignId: null,
        waiting: null,
        decision: null,
        hold: null,
        percent: null,
        activity: '',
        failure: null,
        detail: '',
        result: [],
        settings: null,
        log: null,
        settingRows: null,
      },
      ...{ requestedAt: now, expiresAt: now, sentAt: null, beganAt: null, endedAt: null, state },
      askedAt: askedAt === null ? null : new Date(askedAt),
      deadlineAt: deadlineAt === null ? null : new Date(deadlineAt),
    });
    return id;
  };

  it('has each job claimed once: it is either sent or cancelled', async () => {
    const id = await insert('requested', 1_000);
    const claims = await Promise.all([repository.claim(id), repository.claim(id)]);
    expect(claims.filter((claimed) => claimed)).toHaveLength(1);
    expect(await repository.claim(await insert('requested', 1_000, 500))).toBe(false);
    expect(await repository.claim(await insert('cancelled', null))).toBe(false);
  });

  it('finds the deadlines of open jobs only', async () => {
    expect(await repository.nextDeadline()).toBeUndefined();
    const [first, second] = [await insert('held', 1_000), await insert('executing', 2_000)];
    await insert('failed', 500);
    await insert('requested', null);
    const due = async (now: number) => (await repository.due(new Date(now))).map(({ id }) => id);
    expect([await due(999), await due(1_000)]).toEqual([[], [first]]);
    expect((await due(2_000)).sort()).toEqual([first, second].sort());
    expect(await repository.nextDeadline()).toEqual(new Date(1_000));
  });
});
