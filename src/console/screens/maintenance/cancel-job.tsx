import { Button } from '@mantine/core';
import type { Job } from '../../../protocol/maintenance';
import { canCancel, useCancelJob } from '../../api/jobs';
import { useText } from '../../messages/language';
import { ProblemNotice } from '../../parts/notice';
import { jobTitle } from './job-words';

/** Withdraws a job as long as the device has not begun it. */
export function CancelJob({ job }: { job: Job }) {
  const t = useText();
  const cancel = useCancelJob();
  return (
    <>
      {canCancel(job) && (
        <Button
          size="xs"
          variant="default"
          loading={cancel.isPending}
          aria-label={t.maintenance.cancelNamed(jobTitle(job, t))}
          onClick={() => cancel.mutate(job.id)}
        >
          {t.maintenance.cancel}
        </Button>
      )}
      {cancel.error && <ProblemNotice error={cancel.error} />}
    </>
  );
}
