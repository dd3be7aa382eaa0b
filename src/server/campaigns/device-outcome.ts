import type { CampaignDeviceState } from '../../protocol/campaign';
import type { JobFailure } from '../../protocol/maintenance';
import type { JobEntity } from '../maintenance/job.entity';
import type { CampaignDeviceEntity } from './campaign-device.entity';

const ATTENTION: Record<CampaignDeviceState, number> = {
  failed: 0,
  // 1: running and held
  running: 2,
  waiting: 3,
  skipped: 4,
  cancelled: 5,
  succeeded: 6,
};
/** The place in the list: failed and held devices first. */
export const attentionOf = (state: CampaignDeviceState, hold: string | null = null): number =>
  state === 'running' && hold !== null ? 1 : ATTENTION[state];

/** After these the device may have the firmware, or be about to have it. */
const MAY_HAVE_INSTALLED: readonly JobFailure[] = [
  'interrupted',
  'agent-silent',
  'agent-removed',
  'not-back',
  'version-unchanged',
  'internal-error',
];

type Outcome = Partial<CampaignDeviceEntity> & Pick<CampaignDeviceEntity, 'state' | 'attention'>;

/** A device that has no job any more, and may get another one. */
export const WAITS_AGAIN: Outcome = {
  ...{ state: 'waiting', attention: attentionOf('waiting'), jobId: null, hold: null, startedAt: null },
};

/** A device whose turn is over without a job. */
export const withoutJob = (
  state: 'skipped' | 'cancelled',
  values: Pick<Partial<CampaignDeviceEntity>, 'skip' | 'detail' | 'versionBefore'> = {},
): Outcome => ({
  ...{ state, attention: attentionOf(state), jobId: null, hold: null, updatedDevice: null, installed: null },
  ...{ endedAt: new Date(), ...values },
});

/**
 * The outcome of a job for its device. Pure but for the time of the end.
 * @param job undefined: it was never stored, because the server was killed before
 * @param isAborting no device gets another job
 * @returns undefined if nothing changes
 */
export function outcomeOf(
  device: CampaignDeviceEntity,
  job: JobEntity | undefined,
  isAborting: boolean,
): Outcome | undefined {
  const again = isAborting ? withoutJob('cancelled') : WAITS_AGAIN;
  if (!job) return again;
  const ended = { hold: null, endedAt: job.endedAt ?? new Date(), updatedDevice: null };
  switch (job.state) {
    case 'succeeded':
      return { ...ended, state: 'succeeded', attention: attentionOf('succeeded') };
    case 'failed': {
      const { failure, detail, beganAt } = job;
      if (failure === 'expired' && !beganAt) return again;
      const mayBeInstalled = beganAt !== null && failure !== null && MAY_HAVE_INSTALLED.includes(failure);
      const state = { state: 'failed', attention: attentionOf('failed') } as const;
      return { ...ended, ...state, failure, detail, ...(!mayBeInstalled && { installed: null }) };
    }
    case 'cancelled':
      // withdrawn by the campaign, or by a user who wants no job here
      return job.revokedAt ? again : { ...withoutJob('cancelled'), jobId: job.id };
    default: {
      const hold = job.hold ?? job.waiting?.reason ?? null;
      if (hold === device.hold) return undefined;
      return { state: 'running', attention: attentionOf('running', hold), hold };
    }
  }
}

/** Whether the devices that are over have failed too often. Pure. @param least so many have to be over */
export const isFailing = (
  { succeeded, failed }: { succeeded: number; failed: number },
  percent: number | null,
  least: number,
): boolean =>
  percent !== null && failed > 0 && succeeded + failed >= least && failed * 100 >= percent * (succeeded + failed);
