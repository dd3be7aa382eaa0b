import { sampleJob } from '../../../../test/support/samples/api-samples';
import type { Job } from '../../../protocol/maintenance';
import { impressionsOf } from './impressions';

const read = (endedAt: string | null, ...result: Job['result']): Job => ({ ...sampleJob, endedAt, result });

describe('readings of impressions', () => {
  it('are taken from any job that has read them, oldest first', () => {
    const [one, two, three] = ['2026-03-01T09:00:00.000Z', '2026-03-02T09:00:00.000Z', '2026-03-03T09:00:00.000Z'];
    const jobs = [
      read(three, { name: 'impressions', value: '300' }),
      read(two, { name: 'state', value: 'idle' }, { name: 'counter.impressions', value: '200' }),
      read(one, { name: 'impressions', value: '100' }),
    ];
    expect(impressionsOf(jobs)).toEqual([
      { at: one, count: 100 },
      { at: two, count: 200 },
      { at: three, count: 300 },
    ]);
  });

  it.each<[string, Job]>([
    ['is still open', read(null, { name: 'impressions', value: '1' })],
    ['read other counters', read(sampleJob.endedAt, { name: 'copies', value: '1' })],
    ['read a value that is not a number', read(sampleJob.endedAt, { name: 'impressions', value: 'many' })],
    ['has no result', read(sampleJob.endedAt)],
  ])('ignore a job that %s', (_name, job) => expect(impressionsOf([job])).toEqual([]));
});
