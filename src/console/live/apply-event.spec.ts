import { QueryClient } from '@tanstack/react-query';
import { sampleDevice, sampleJob, sampleSession, sampleUser } from '../../../test/support/api-samples';
import type { Device } from '../../protocol/api';
import type { Job } from '../../protocol/maintenance';
import type { Pages } from '../api/pages';
import { applyEvent } from './apply-event';

const open: Job = { ...sampleJob, state: 'executing', percent: 10, endedAt: null, result: [] };
const pages = <Row>(...rows: Row[]): Pages<Row> => ({ pages: [{ rows, next: null }], pageParams: [null] });
const rows = (client: QueryClient, key: unknown[]): unknown =>
  client.getQueryData<Pages<unknown>>(key)?.pages.flatMap((page) => page.rows);
const isStale = (client: QueryClient, key: unknown[]): boolean | undefined => client.getQueryState(key)?.isInvalidated;

describe('a live event', () => {
  let client: QueryClient;
  beforeEach(() => {
    client = new QueryClient();
    client.setQueryData(['me'], sampleUser);
  });
  afterEach(() => client.clear());

  describe('about a job', () => {
    const lists = [
      ['jobs', 'open', null],
      ['jobs', 'over', null],
      ['jobs', 'all', 'copy-room'],
      ['jobs', 'all', 'elsewhere'],
    ];
    beforeEach(() => lists.forEach((key) => client.setQueryData(key, pages(...(key[1] === 'over' ? [] : [open])))));
    const apply = (job: Job): void => applyEvent(client, { type: 'job', job });

    it('shows its progress in the lists and on its page, without reading them again', () => {
      client.setQueryData(['job', open.id], open);
      const later = { ...open, percent: 60 };
      apply(later);
      expect(client.getQueryData(['job', open.id])).toEqual(later);
      expect(lists.map((key) => rows(client, key))).toEqual([[later], [], [later], [open]]);
      expect(lists.map((key) => isStale(client, key))).toEqual([false, false, false, false]);
    });

    it('reads those lists again that it comes into or leaves', () => {
      apply(sampleJob);
      expect(lists.map((key) => isStale(client, key))).toEqual([true, true, false, false]);
      apply({ ...open, id: sampleSession.id });
      expect(isStale(client, ['jobs', 'all', 'copy-room'])).toBe(true);
    });

    it('is not undone by an answer that is older than it', () => {
      apply(sampleJob);
      apply(open);
      expect(client.getQueryData(['job', open.id])).toEqual(sampleJob);
    });

    it.each<[string, Job, unknown]>([
      ['own one that has ended', sampleJob, [sampleJob]],
      ['own one that goes on', open, undefined],
      ["one of somebody else's", { ...sampleJob, user: { ...sampleJob.user, id: sampleSession.id } }, undefined],
    ])('%s: who asked is told, once', (_name, job, told) => {
      apply(job);
      apply(job);
      expect(client.getQueryData(['ended-jobs'])).toEqual(told);
    });
  });

  it('about information changes the condition, and has the information read again', () => {
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

  it('about presence changes the device alone', () => {
    client.setQueryData(['devices'], [sampleDevice]);
    const lastSeenAt = sampleDevice.lastSeenAt!;
    applyEvent(client, { type: 'device', id: sampleDevice.id, online: false, asleep: false, lastSeenAt });
    expect(client.getQueryData(['devices'])).toEqual([{ ...sampleDevice, online: false }]);
  });

  it('about a session changes the lists that it is in', () => {
    const [live, ended] = [
      ['sessions', 'live', null],
      ['sessions', 'ended', null],
    ];
    client.setQueryData(live, pages(sampleSession));
    client.setQueryData(ended, pages());
    applyEvent(client, { type: 'session', session: { ...sampleSession, state: 'approved' } });
    expect([isStale(client, live), isStale(client, ended)]).toEqual([false, false]);
    applyEvent(client, { type: 'session', session: { ...sampleSession, state: 'ended' } });
    expect([isStale(client, live), isStale(client, ended)]).toEqual([true, true]);
  });
});
