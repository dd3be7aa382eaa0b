import type { CampaignDeviceState } from '../../protocol/campaign';
import type { JobFailure } from '../../protocol/maintenance';
import type { JobEntity } from '../maintenance/job.entity';
import type { CampaignDeviceEntity } from './campaign-device.entity';
import { attentionOf, isFailing, outcomeOf } from './device-outcome';

const AT = new Date('2026-03-02T10:00:00Z');
const device = { state: 'running', hold: null, jobId: 'j', installed: 'k', updatedDevice: 'd' } as CampaignDeviceEntity;
const jobOf = (values: Partial<JobEntity>): JobEntity =>
  ({
    id: 'j',
    hold: null,
    campaignId: null,
    waiting: null,
    failure: null,
    detail: '',
    beganAt: null,
    endedAt: AT,
    revokedAt: null,
    ...values,
  }) as JobEntity;

describe('the outcome of a job for its device', () => {
  it.each<[string, Partial<JobEntity> | undefined, boolean, CampaignDeviceState | undefined]>([
    ['was never stored', undefined, false, 'waiting'],
    ['was never stored, in a campaign that is aborted', undefined, true, 'cancelled'],
    ['waits', { state: 'requested' }, false, undefined],
    ['is carried out', { state: 'executing' }, false, undefined],
    ['is held', { state: 'held', hold: 'no-media' }, false, 'running'],
    ['waits for an agent', { state: 'requested', waiting: { reason: 'not-woken', tries: [] } }, false, 'running'],
    ['is done', { state: 'succeeded' }, false, 'succeeded'],
    ['is done, in a campaign that is aborted', { state: 'succeeded' }, true, 'succeeded'],
    ['has failed', { state: 'failed', failure: 'device-refused', beganAt: AT }, false, 'failed'],
    ['has not started in time', { state: 'failed', failure: 'expired' }, false, 'waiting'],
    ['has not started in time, at the end', { state: 'failed', failure: 'expired' }, true, 'cancelled'],
    ['was withdrawn', { state: 'cancelled', revokedAt: AT }, false, 'waiting'],
    ['was withdrawn at the end', { state: 'cancelled', revokedAt: AT }, true, 'cancelled'],
    ['was cancelled by a user', { state: 'cancelled' }, false, 'cancelled'],
  ])('that %s', (_what, job, isAborting, state) => {
    const outcome = outcomeOf(device, job && jobOf(job), isAborting);
    expect(outcome?.state).toBe(state);
    if (state === 'waiting') expect(outcome).toMatchObject({ jobId: null, hold: null });
    if (state === 'cancelled' || state === 'failed') expect(outcome).toMatchObject({ updatedDevice: null });
  });

  it.each<[JobFailure, boolean, boolean]>([
    ['device-refused', true, false],
    ['declined', false, false],
    ['agent-silent', true, true],
    ['agent-silent', false, false],
    ['interrupted', true, true],
    ['not-back', true, true],
    ['version-unchanged', true, true],
    ['download-failed', true, false],
  ])('after %s (started: %p), the file counts as installed: %p', (failure, began, kept) => {
    const outcome = outcomeOf(device, jobOf({ state: 'failed', failure, beganAt: began ? AT : null }), false)!;
    expect('installed' in outcome ? outcome.installed : 'k').toBe(kept ? 'k' : null);
  });

  it('lists failed devices first, then held ones', () => {
    const order = [
      attentionOf('failed'),
      attentionOf('running', 'stopped'),
      attentionOf('running'),
      attentionOf('waiting'),
    ];
    expect(order).toEqual([...order].sort((one, other) => one - other));
    expect(new Set(order).size).toBe(order.length);
  });

  it.each<[number, number, number | null, number, boolean]>([
    [0, 0, 20, 1, false],
    [8, 2, 20, 10, true],
    [9, 1, 20, 10, false],
    [0, 4, 20, 5, false],
    [0, 4, 20, 4, true],
    [0, 9, null, 1, false],
  ])(
    '%i done and %i failed, with a limit of %p per cent from %i on: stops %p',
    (succeeded, failed, percent, least, is) => {
      expect(isFailing({ succeeded, failed }, percent, least)).toBe(is);
    },
  );
});
