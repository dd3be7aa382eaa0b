import { DataSource, type ObjectLiteral } from 'typeorm';
import { AlertsStage } from '../../../test/support/server/alerts-stage';
import { setLimit } from '../../../test/support/relay/test-relay';
import { alertMailOf } from './delivery/alert-mail';
import { RolloutEntity } from '../agent-updates/agent-update.entities';
import { CampaignEntity } from '../campaigns/campaign.entity';
import { DeploymentEntity } from '../deployment/deployment.entity';
import type { Alert } from '../../protocol/alert';
import { ServerConditions } from './rules/server-conditions';
import { ServerUpkeep } from './rules/server-upkeep';

const ID = '11111111-1111-4111-8111-111111111111';
const now = new Date();
const user = { userId: ID, userName: 'Ada' };

const ROLLOUT: Partial<RolloutEntity> = {
  ...{ id: ID, version: '2.0.0', state: 'paused', open: 'open', reason: 'agent hall: put back' },
  ...{ canaries: [], customerIds: null, soakMinutes: 1, startedAt: now, startedBy: 'Ada', retry: false },
};
const CAMPAIGN: Partial<CampaignEntity> = {
  ...{ id: ID, name: 'June', state: 'paused', reason: 'failures', operation: 'restart', fromVersions: [], ...user },
  ...{ waves: 1, wave: 1, pauseAfterFirstWave: false, failureLeast: 1, waitHours: 1 },
  ...{ createdAt: now, startsAt: now, countedFrom: now },
};
const DEPLOYMENT: Partial<DeploymentEntity> = {
  ...{ id: ID, relayId: 'main', state: 'rolled-back', enteredAt: now, when: 'now', ...user },
  ...{ fromRelease: 'built-in', fromVersion: '1', fromPairs: 1, toRelease: '2', toVersion: '2', toPairs: 1 },
  ...{ reason: 'crashed', output: '', instructedAt: now },
};

describe('alerts about the server itself', () => {
  let stage: AlertsStage;
  beforeAll(async () => {
    stage = await AlertsStage.start();
    stage.passSinceStart();
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    for (const entity of [RolloutEntity, CampaignEntity, DeploymentEntity])
      await stage.get(DataSource).getRepository(entity).clear();
    await stage.clear();
  });
  afterAll(() => stage?.stop());
  const rows = <Row extends ObjectLiteral>(entity: new () => Row) => stage.get(DataSource).getRepository<Row>(entity);
  const open = async () => {
    await stage.tick();
    return stage.open();
  };

  it.each<[rule: string, mail: RegExp, begin: () => Promise<unknown>, end: () => Promise<unknown>]>([
    [
      'rollout-paused',
      /2\.0\.0.*agent hall: put back/,
      () => rows(RolloutEntity).insert(ROLLOUT),
      () => rows(RolloutEntity).update(ID, { state: 'running', reason: '' }),
    ],
    [
      'campaign-paused',
      /June/,
      () => rows(CampaignEntity).insert(CAMPAIGN),
      () => rows(CampaignEntity).update(ID, { state: 'running', reason: null }),
    ],
    [
      'deployment-undone',
      /main/,
      () => rows(DeploymentEntity).insert(DEPLOYMENT),
      () =>
        rows(DeploymentEntity).insert({
          ...DEPLOYMENT,
          ...{ id: ID.replaceAll('1', '2'), state: 'deployed', instructedAt: new Date(now.getTime() + 1) },
        }),
    ],
    [
      'disk-full',
      /\d GB/,
      () => Promise.resolve(setLimit('DISK_FREE_BYTES', Number.MAX_SAFE_INTEGER)),
      () => Promise.resolve(setLimit('DISK_FREE_BYTES', 1)),
    ],
  ])('%s: is raised once, for administrators only, and resolved', async (rule, mail, begin, end) => {
    expect(await open()).toEqual([]);
    await begin();
    const [alert, ...others] = await open();
    expect(others).toEqual([]);
    expect(alert).toMatchObject({ rule, site: null, agentId: null, deviceId: null });
    for (const language of ['en', 'ja'] as const)
      expect(alertMailOf([{ data: { alert } } as never], language, undefined).subject).toMatch(mail);
    expect((await stage.plane.call('tom', 'GET', '/alerts')).body).toMatchObject({ rows: [] });
    await open();
    expect(await stage.alerts()).toHaveLength(1);
    await end();
    expect(await open()).toEqual([]);
  });

  it.each<[what: string, begin: () => Promise<unknown>]>([
    ['a rollout that a person has paused', () => rows(RolloutEntity).insert({ ...ROLLOUT, reason: '' })],
    ['a campaign that a person has paused', () => rows(CampaignEntity).insert({ ...CAMPAIGN, reason: 'user' })],
    ['a deployment that was aborted', () => rows(DeploymentEntity).insert({ ...DEPLOYMENT, state: 'aborted' })],
  ])('are not raised about %s', async (_what, begin) => {
    await begin();
    expect(await open()).toEqual([]);
  });

  it('stay as they are while nothing can be found out', async () => {
    let answer: () => Promise<{ severity: 'error'; facts: Alert['facts'] }[]> = () =>
      Promise.resolve([{ severity: 'error', facts: {} }]);
    stage.get(ServerConditions).register('backup-missing', () => answer());
    expect(await open()).toMatchObject([{ rule: 'backup-missing' }]);
    answer = () => Promise.reject(new Error('the folder cannot be read'));
    expect(await open()).toMatchObject([{ rule: 'backup-missing' }]);
    answer = () => Promise.resolve([]);
    expect(await open()).toEqual([]);
  });

  it('audit-changed: is raised when the daily verification finds something, and not before it has ended', async () => {
    const upkeep = stage.get(ServerUpkeep);
    setLimit('AUDIT_VERIFIED_MS', 0);
    await stage.tick();
    await upkeep.settled();
    expect(await open()).toEqual([]);
    // the database refuses other changes
    await stage.plane.write(
      `INSERT INTO audit_events (id, at, actor, action, target, detail, hash) VALUES (9999, 1, 'a', 'b', 'c', '', 'z')`,
    );
    await upkeep.settled();
    await stage.tick();
    await upkeep.settled();
    expect(await open()).toMatchObject([{ rule: 'audit-changed', facts: { text: expect.stringContaining('9999') } }]);
  });
});
