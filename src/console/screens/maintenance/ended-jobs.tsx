import { Button, Text } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { Link, useLocation } from 'react-router';
import type { Job } from '../../../protocol/maintenance';
import { useEndedJobs } from '../../api/ended-jobs';
import { useText } from '../../messages/language';
import { Ago } from '../../parts/time';
import { CheckIcon, WarningIcon } from '../../parts/icons';
import { jobTitle } from './job-texts';

/** Whether the current screen shows the job anyway. */
const isShown = ({ id, deviceId }: Job, pathname: string): boolean =>
  ['/jobs', `/jobs/${id}`, `/devices/${deviceId}`].includes(pathname);

/** Notifies the user who requested a job of its end, on every screen (S125). @param most cards at the same time */
export function EndedJobs({ most }: { most: number }) {
  const t = useText();
  const { pathname } = useLocation();
  const { ended, forget } = useEndedJobs();
  useEffect(() => {
    if (ended.some((job) => isShown(job, pathname))) forget((job) => isShown(job, pathname));
  }, [ended, forget, pathname]);
  const elsewhere = ended.filter((job) => !isShown(job, pathname));
  const others = elsewhere.length - most;
  return (
    <>
      {elsewhere.slice(0, most).map((job) => (
        <Card key={job.id} job={job} onDismiss={() => forget(({ id }) => id === job.id)} />
      ))}
      {others > 0 && (
        <Button component={Link} to="/jobs?state=over" size="xs" variant="default">
          {t.maintenance.ended.others(others)}
        </Button>
      )}
    </>
  );
}

const WORDS = { succeeded: 'done', failed: 'failed', cancelled: 'cancelled' } as const;

/** A card leaves after this time, unless the pointer or the focus is on it. The job stays in the list of jobs. */
const LEAVES_MS = 60_000;

function Card({ job, onDismiss }: { job: Job; onDismiss: () => void }) {
  const t = useText();
  const [isHeld, setHeld] = useState(false);
  const dismiss = useRef(onDismiss);
  useEffect(() => {
    dismiss.current = onDismiss;
  });
  useEffect(() => {
    if (isHeld) return;
    const timer = setTimeout(() => dismiss.current(), LEAVES_MS);
    return () => clearTimeout(timer);
  }, [isHeld]);
  const hold = (): void => setHeld(true);
  const release = (): void => setHeld(false);
  const { id, state, deviceName, failure, endedAt } = job;
  const word = state === 'succeeded' || state === 'failed' ? WORDS[state] : WORDS.cancelled;
  return (
    <article
      className={word === 'done' ? 'notice new good' : 'notice new'}
      onMouseEnter={hold}
      onMouseLeave={release}
      onFocus={hold}
      onBlur={release}
    >
      {word === 'done' ? <CheckIcon /> : <WarningIcon />}
      <div>
        <Text fw={600} size="sm">
          {t.maintenance.ended[word](jobTitle(job, t), deviceName)}
        </Text>
        {failure && <Text size="sm">{t.maintenance.failures[failure]}</Text>}
        <div className="notice-actions">
          <Link to={`/jobs/${id}`}>{t.maintenance.ended.show}</Link>
          <Button size="compact-xs" variant="default" onClick={onDismiss}>
            {t.maintenance.ended.dismiss}
          </Button>
          {endedAt && (
            <span className="minor">
              <Ago at={endedAt} />
            </span>
          )}
        </div>
      </div>
    </article>
  );
}
