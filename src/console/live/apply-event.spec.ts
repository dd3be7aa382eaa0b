import { QueryObserver, type QueryKey } from '@tanstack/react-query';
import { sampleDevice, sampleJob, sampleSession, sampleUser } from '../../../test/support/samples/api-samples';
import { until } from '../../../test/support/until';
import type { Device } from '../../protocol/api';
import type { Job } from '../../protocol/maintenance';
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
      ['own one that has ended', sampleJob, [sampleJob]],
      ['own one that is still open', open, undefined],
      ["another user's one", { ...sampleJob, user: { ...sampleJob.user, id: sampleSession.id } }, undefined],
    ])('%s: its user is notified, once', (_name, job, notified) => {
      apply(job);
      apply(job);
      expect(client.getQueryData(['ended-jobs'])).toEqual(notified);
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

    it('for the first time causes another read', async () => {
      const devices = show(['devices']);
      applyEvent(client, { type: 'devices', agentId: sampleDevice.agentId });
      expect(devices.asked()).toBe(1);
      await devices.answer([]);
      await until('the second reading', () => devices.asked() === 2);
      await devices.answer([sampleDevice]);
      expect(client.getQueryData(['devices'])).toEqual([sampleDevice]);
      expect(devices.asked()).toBe(2);
    });

    it('for the first time causes another read of the lists that it may have changed', async () => {
      const job = { ...sampleJob };
      const [opened, over, elsewhere] = [null, null, 'elsewhere'].map((deviceId, index) =>
        show(['jobs', ['open', 'over', 'all'][index], deviceId, null]),
      );
      applyEvent(client, { type: 'job', job });
      await opened!.answer(pages(open));
      await over!.answer(pages());
      await elsewhere!.answer(pages());
      await until('the second readings', () => opened!.asked() === 2 && over!.asked() === 2);
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
  });
});
