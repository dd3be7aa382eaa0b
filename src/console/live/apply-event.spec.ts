import { QueryObserver, type QueryKey } from '@tanstack/react-query';
import {
  sampleAlert,
  sampleDevice,
  sampleJob,
  sampleSession,
  sampleUser,
} from '../../../test/support/samples/api-samples';
import { SAMPLE_DEPLOYMENTS } from '../../../test/support/samples/deployment-samples';
import { until } from '../../../test/support/until';
import type { Alert } from '../../protocol/alert';
import type { Device } from '../../protocol/api';
import type { Campaign } from '../../protocol/campaign';
import type { LiveEvent } from '../../protocol/live';
import type { Job } from '../../protocol/maintenance';
import type { Notice } from '../../protocol/notice';
import type { EndedWork } from '../api/ended-work';
import type { Pages } from '../api/pages';
import { applyEvent } from './apply-event';
import { ConsoleQueryClient } from '../api/query-client';

const open: Job = { ...sampleJob, state: 'executing', percent: 10, endedAt: null, result: [] };
const pages = <Row>(...rows: Row[]): Pages<Row> => ({ pages: [{ rows, next: null }], pageParams: [null] });
const rows = (client: ConsoleQueryClient, key: unknown[]): unknown =>
  client.getQueryData<Pages<unknown>>(key)?.pages.flatMap((page) => page.rows);
const isStale = (client: ConsoleQueryClient, key: unknown[]): boolean | undefined =>
  client.getQueryState(key)?.isInvalidated;

describe('a live event', () => {
  let client: ConsoleQueryClient;
  beforeEach(() => {
    client = new ConsoleQueryClient();
    client.setQueryData(['me'], sampleUser);
  });
  afterEach(() => client.clear());

  describe('about a job', () => {
    const lists = [
      ['jobs', 'open', null, null],
      ['jobs', 'over', null, null],
      ['jobs', 'all', 'copy-room', null],
      ['jobs', 'all', 'elsewhere', null],
      ['jobs', 'all', null, sampleUser.id],
      ['jobs', 'all', null, 'another'],
    ];
    beforeEach(() => lists.forEach((key) => client.setQueryData(key, pages(...(key[1] === 'over' ? [] : [open])))));
    const apply = (job: Job): void => applyEvent(client, { type: 'job', job });

    it('shows its progress in the lists and on its page, without reading them again', () => {
      client.setQueryData(['job', open.id], open);
      const later = { ...open, percent: 60 };
      apply(later);
      expect(client.getQueryData(['job', open.id])).toEqual(later);
      expect(lists.map((key) => rows(client, key))).toEqual([[later], [], [later], [open], [later], [open]]);
      expect(lists.map((key) => isStale(client, key))).toEqual(Array(6).fill(false));
    });

    it('causes another read of the lists that the job enters or leaves', () => {
      apply(sampleJob);
      expect(lists.map((key) => isStale(client, key))).toEqual([true, true, false, false, false, false]);
      apply({ ...open, id: sampleSession.id });
      expect(lists.map((key) => isStale(client, key))).toEqual([true, true, true, false, true, false]);
    });

    const requested: Job = { ...open, state: 'requested', percent: null, sentAt: null, beganAt: null };
    const held: Job = { ...requested, state: 'held', hold: 'stopped', sentAt: sampleJob.sentAt };
    it.each([
      ['held, requested', held, requested],
      ['executing, held', open, held],
      ['succeeded, executing', sampleJob, open],
    ])('is not undone by an older answer (%s)', (_states, job, older) => {
      apply(job);
      apply(older);
      expect(client.getQueryData(['job', job.id])).toEqual(job);
      expect(rows(client, ['jobs', 'all', 'copy-room', null])).toEqual([job]);
    });

    it('shows a job that waits for its agent again', () => {
      const again: Job = { ...requested, sentAt: held.sentAt };
      apply(held);
      apply(again);
      expect(client.getQueryData(['job', held.id])).toEqual(again);
    });

    it.each<[string, Job, unknown]>([
      ['own one that has ended', sampleJob, [{ kind: 'job', id: sampleJob.id, job: sampleJob, isSeen: false }]],
      ['own one of a campaign', { ...sampleJob, campaignId: sampleSession.id }, undefined],
      ['own one that is still open', open, undefined],
      ["another user's one", { ...sampleJob, user: { ...sampleJob.user, id: sampleSession.id } }, undefined],
    ])('%s: its user is notified, once', (_name, job, notified) => {
      apply(job);
      apply(job);
      expect(client.getQueryData(['ended-work'])).toEqual(notified);
    });
  });

  it('about campaigns notifies their user when one is over or stops, once for each time', () => {
    const campaign = { type: 'campaign', id: sampleJob.id, name: 'Update', userId: sampleUser.id } as const;
    const notified = () =>
      client.getQueryData<EndedWork[]>(['ended-work'])?.map((each) => each.kind === 'campaign' && each.campaign.state);
    const apply = (state: Campaign['state'], reason: Campaign['reason'] = null, more: object = {}): unknown => {
      applyEvent(client, { ...campaign, state, reason, ...more });
      return notified();
    };
    expect(apply('completed', null, { userId: sampleSession.id })).toBeUndefined();
    expect(apply('running')).toBeUndefined();
    expect(apply('paused', 'user')).toBeUndefined();
    expect(apply('paused', 'failures')).toEqual(['paused']);
    client.setQueryData<EndedWork[]>(['ended-work'], (known) => known?.map((each) => ({ ...each, isSeen: true })));
    apply('paused', 'failures');
    expect(client.getQueryData(['ended-work'])).toMatchObject([{ isSeen: true }]);
    expect(apply('running')).toEqual([]);
    expect(apply('paused', 'failures')).toEqual(['paused']);
    expect(apply('completed')).toEqual(['completed']);
    expect(apply('completed')).toEqual(['completed']);
  });

  describe('about an alert', () => {
    const lists = [
      ['alerts', { state: 'open' }],
      ['alerts', { state: 'open', severity: 'error' }],
      ['alerts', { state: 'resolved' }],
      ['alerts', { state: 'open', acknowledged: 'no', customerId: sampleAlert.customerId }],
      ['alerts', { state: 'open', deviceId: 'copy-room' }],
    ];
    const contents = () => lists.map((key) => rows(client, key));
    const stale = () => lists.map((key) => isStale(client, key));
    const apply = (alert: Alert): void => applyEvent(client, { type: 'alert', alert });
    beforeEach(() => {
      for (const [index, key] of lists.entries())
        client.setQueryData(key, [1, 2].includes(index) ? pages() : pages(sampleAlert));
      client.setQueryData(['unacknowledged-alerts'], { rows: [sampleAlert], next: null });
    });
    const counted = () => client.getQueryData<{ rows: Alert[] }>(['unacknowledged-alerts'])!.rows;

    it('shows its facts without reading the lists again', () => {
      const later = { ...sampleAlert, facts: { ...sampleAlert.facts, level: 2 } };
      apply(later);
      expect(contents()).toEqual([[later], [], [], [later], [later]]);
      expect(stale()).toEqual([false, false, false, false, false]);
      expect(counted()).toEqual([later]);
    });

    it('causes another read of the lists that the alert enters or leaves, and is counted until it is acknowledged', () => {
      const acknowledged = { ...sampleAlert, acknowledged: { at: sampleAlert.since, by: 'Tess' } };
      apply(acknowledged);
      expect(stale()).toEqual([false, false, false, true, false]);
      expect(counted()).toEqual([]);
      apply({ ...acknowledged, resolved: { at: sampleAlert.since, resolution: 'cleared' } });
      expect(stale()).toEqual([true, false, true, true, true]);
      const another: Alert = { ...sampleAlert, id: sampleSession.id, severity: 'error' };
      apply(another);
      expect(stale()).toEqual([true, true, true, true, true]);
      expect(counted()).toEqual([another]);
    });
  });

  it('about information changes the condition, and causes another read of the information', () => {
    const other: Device = { ...sampleDevice, id: 'other' };
    client.setQueryData(['devices'], [sampleDevice, other]);
    client.setQueryData(['device', sampleDevice.id], sampleDevice);
    client.setQueryData(['information', sampleDevice.id], {});
    client.setQueryData(['information', 'other'], {});
    const condition = {
      reached: false,
      problem: null,
      state: 'unknown' as const,
      alerts: 0,
      severity: null,
      alert: '',
      alertCode: '',
    };
    applyEvent(client, { type: 'information', id: sampleDevice.id, condition });
    expect(client.getQueryData(['devices'])).toEqual([{ ...sampleDevice, condition }, other]);
    expect(client.getQueryData(['device', sampleDevice.id])).toEqual({ ...sampleDevice, condition });
    expect(isStale(client, ['information', sampleDevice.id])).toBe(true);
    expect(isStale(client, ['information', 'other'])).toBe(false);
  });

  it('about presence changes only the device', () => {
    client.setQueryData(['devices'], [sampleDevice]);
    const lastSeenAt = sampleDevice.lastSeenAt!;
    applyEvent(client, { type: 'device', id: sampleDevice.id, online: false, asleep: false, lastSeenAt });
    expect(client.getQueryData(['devices'])).toEqual([{ ...sampleDevice, online: false }]);
  });

  it('about a session changes the lists that contain it', () => {
    const [live, ended] = [
      ['sessions', 'live', null, null],
      ['sessions', 'ended', null, null],
    ];
    client.setQueryData(live, pages(sampleSession));
    client.setQueryData(ended, pages());
    applyEvent(client, { type: 'session', session: { ...sampleSession, state: 'approved' } });
    expect([isStale(client, live), isStale(client, ended)]).toEqual([false, false]);
    applyEvent(client, { type: 'session', session: { ...sampleSession, state: 'ended' } });
    expect([isStale(client, live), isStale(client, ended)]).toEqual([true, true]);
  });

  describe('that arrives while a query is being read', () => {
    let stop: (() => void)[];
    beforeEach(() => (stop = []));
    afterEach(() => stop.splice(0).forEach((each) => each()));

    /** A screen with a query that the test answers. @returns the number of requests, and a function that answers */
    const show = (queryKey: QueryKey): { asked: () => number; answer: (data: unknown) => Promise<void> } => {
      const questions: ((data: unknown) => void)[] = [];
      let answered = 0;
      const queryFn = () => new Promise<unknown>((resolve) => questions.push(resolve));
      stop.push(new QueryObserver(client, { queryKey, queryFn }).subscribe(() => undefined));
      return {
        asked: () => questions.length,
        async answer(data) {
          const count = client.getQueryState(queryKey)?.dataUpdateCount ?? 0;
          questions[answered++]?.(data);
          await until('the answer is read', () => (client.getQueryState(queryKey)?.dataUpdateCount ?? 0) > count);
        },
      };
    };

    it('for the first time causes another read of the lists that it may have changed', async () => {
      const job = { ...sampleJob };
      const [opened, over, elsewhere] = [null, null, 'elsewhere'].map((deviceId, index) =>
        show(['jobs', ['open', 'over', 'all'][index], deviceId, null]),
      );
      applyEvent(client, { type: 'job', job });
      await opened!.answer(pages(open));
      await over!.answer(pages());
      await elsewhere!.answer(pages());
      await until('the second readings', () => opened!.asked() >= 2 && over!.asked() >= 2);
      expect(elsewhere!.asked()).toBe(1);
    });

    it('also changes the answer, which may be older', async () => {
      const device = show(['device', sampleDevice.id]);
      const presence = { online: false, asleep: true, lastSeenAt: sampleDevice.lastSeenAt! };
      applyEvent(client, { type: 'device', id: sampleDevice.id, ...presence });
      await device.answer(sampleDevice);
      await until('the change', () => client.getQueryData<Device>(['device', sampleDevice.id])?.asleep === true);
      void client.refetchQueries({ queryKey: ['device', sampleDevice.id] });
      applyEvent(client, { type: 'device', id: sampleDevice.id, ...presence, online: true, asleep: false });
      await device.answer({ ...sampleDevice, ...presence });
      await until('the change', () => client.getQueryData<Device>(['device', sampleDevice.id])?.online === true);
      expect(device.asked()).toBe(2);
    });

    const { id: deviceId, agentId } = sampleDevice;
    const presence = { online: false, asleep: true, lastSeenAt: '2026-01-02T03:04:05.000Z' };
    const condition = { ...sampleDevice.condition!, reached: false };
    const ended = { ...sampleSession, state: 'ended' as const };
    const aboutSession: LiveEvent = { type: 'session', session: ended };
    const aboutJob: LiveEvent = { type: 'job', job: sampleJob };
    const notice: Notice = {
      id: sampleJob.id,
      kind: 'agent-refused',
      agentId,
      at: presence.lastSeenAt,
      readAt: null,
      mail: 'none',
    };
    const aboutNotice: LiveEvent = { type: 'notice', notice };
    const { draining: before, deployed: now } = SAMPLE_DEPLOYMENTS;
    const deployed = { ...now, id: before.id };
    const aboutDeployment: LiveEvent = { type: 'deployment', deployment: deployed };
    const aboutDevices: LiveEvent = { type: 'devices', agentId };
    const aboutDevice: LiveEvent = { type: 'device', id: deviceId, ...presence };
    const aboutInformation: LiveEvent = { type: 'information', id: deviceId, condition };
    const aboutConditions: LiveEvent = { type: 'conditions', id: deviceId };
    const aboutAgent: LiveEvent = { type: 'agent', id: agentId, ...presence };

    /** Every query that live events change: the answer from before the event, and the data afterwards. */
    const readings: [key: QueryKey, event: LiveEvent, before: unknown, after: unknown][] = [
      [['devices'], aboutDevices, [], [sampleDevice]],
      [['devices'], aboutDevice, [sampleDevice], [{ ...sampleDevice, ...presence }]],
      [['devices'], aboutInformation, [sampleDevice], [{ ...sampleDevice, condition }]],
      [['device', deviceId], aboutDevices, sampleDevice, { ...sampleDevice, name: 'Renamed' }],
      [['device', deviceId], aboutDevice, sampleDevice, { ...sampleDevice, ...presence }],
      [['device', deviceId], aboutInformation, sampleDevice, { ...sampleDevice, condition }],
      [['information', deviceId], aboutInformation, { counters: 1 }, { counters: 2 }],
      [['conditions', deviceId], aboutConditions, [], ['one']],
      [['denials', deviceId], aboutConditions, pages(), pages('one')],
      [['agents'], aboutAgent, [{ id: agentId }], [{ id: agentId, ...presence }]],
      [['agents'], aboutAgent, [], [{ id: agentId, ...presence }]],
      [['sessions', 'live', null, null], aboutSession, pages(sampleSession), pages()],
      [
        ['sessions', 'ended', deviceId, null],
        { ...aboutSession, session: { ...ended, deviceId } },
        pages(),
        pages(ended),
      ],
      [['sessions', 'all', null, sampleUser.id], aboutSession, pages(), pages(ended)],
      [['session', ended.id], aboutSession, { ...sampleSession, steps: [] }, { ...ended, steps: ['S141'] }],
      [['jobs', 'open', null, null], aboutJob, pages(open), pages()],
      [['jobs', 'over', sampleJob.deviceId, null], aboutJob, pages(), pages(sampleJob)],
      [['jobs', 'all', null, sampleJob.user.id], aboutJob, pages(), pages(sampleJob)],
      [['job', sampleJob.id], aboutJob, open, sampleJob],
      [['deployments'], aboutDeployment, pages(), pages(deployed)],
      [['deployments'], aboutDeployment, pages(before), pages(deployed)],
      [['deployment', deployed.id], aboutDeployment, before, deployed],
      [['relays'], aboutDeployment, [{ version: '0.1.0' }], [{ version: '0.2.0' }]],
      [['releases'], aboutDeployment, [{ serving: false }], [{ serving: true }]],
      [['unread-notices'], aboutNotice, { rows: [], next: null }, { rows: [notice], next: null }],
      [['notices', 'all'], aboutNotice, pages(), pages(notice)],
      [['notices', 'unread'], aboutNotice, pages(), pages(notice)],
    ];
    it.each(readings.map(([key, event, ...data]) => [key.join(' '), event.type, key, event, ...data] as const))(
      'for the first time is not lost: %s, event %s',
      async (_name, _type, queryKey, event, older, newer) => {
        const screen = show(queryKey);
        applyEvent(client, event);
        await screen.answer(older);
        const state = () => client.getQueryState(queryKey);
        await until('another read, or none', () => screen.asked() >= 2 || state()?.fetchStatus === 'idle');
        if (screen.asked() === 2) await screen.answer(newer);
        expect(client.getQueryData(queryKey)).toEqual(newer);
        expect(state()).toMatchObject({ isInvalidated: false, fetchStatus: 'idle' });
      },
    );

    it('of a deployment is not lost although the list of deployments already shows its state', async () => {
      client.setQueryData(['deployments'], pages(deployed));
      const releases = show(['releases']);
      applyEvent(client, aboutDeployment);
      await releases.answer([{ serving: false }]);
      await until('the second reading', () => releases.asked() >= 2);
    });
  });
});
