import { Button, Text } from '@mantine/core';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { Link, useLocation } from 'react-router';
import type { Job } from '../../../protocol/maintenance';
import { useCampaign } from '../../api/campaigns';
import { useEndedWork, type EndedWork as Work } from '../../api/ended-work';
import { useFormats, useText } from '../../messages/language';
import { Ago } from '../../parts/time';
import { CheckIcon, WarningIcon } from '../../parts/icons';
import { jobTitle } from '../maintenance/job-texts';

/** Where a screen shows it anyway. */
const placesOf = (work: Work): string[] =>
  work.kind === 'job'
    ? ['/jobs', `/jobs/${work.id}`, `/devices/${work.job.deviceId}`]
    : ['/campaigns', `/campaigns/${work.id}`];

/** Notifies the user of the end of a job, or of a campaign, on every screen (S125). @param most cards at the same time */
export function EndedWork({ most }: { most: number }) {
  const t = useText();
  const { pathname } = useLocation();
  const { ended, forget } = useEndedWork();
  useEffect(() => {
    if (ended.some((work) => placesOf(work).includes(pathname))) forget((work) => placesOf(work).includes(pathname));
  }, [ended, forget, pathname]);
  const elsewhere = ended.filter((work) => !placesOf(work).includes(pathname));
  const [further] = elsewhere.slice(most);
  return (
    <>
      {elsewhere.slice(0, most).map((work) => {
        const onDismiss = (): void => forget(({ id }) => id === work.id);
        if (work.kind === 'job') return <EndedJob key={work.id} job={work.job} onDismiss={onDismiss} />;
        return <StoppedCampaign key={work.id} of={work} onDismiss={onDismiss} />;
      })}
      {further && (
        <Button
          component={Link}
          to={further.kind === 'job' ? '/jobs?state=over' : '/campaigns'}
          size="xs"
          variant="default"
        >
          {t.maintenance.ended.others(elsewhere.length - most)}
        </Button>
      )}
    </>
  );
}

const WORDS = { succeeded: 'done', failed: 'failed', cancelled: 'cancelled' } as const;

function EndedJob({ job, onDismiss }: { job: Job; onDismiss: () => void }) {
  const t = useText();
  const { id, state, deviceName, failure, endedAt } = job;
  const word = state === 'succeeded' || state === 'failed' ? WORDS[state] : WORDS.cancelled;
  return (
    <Card
      isGood={word === 'done'}
      title={t.maintenance.ended[word](jobTitle(job, t), deviceName)}
      to={`/jobs/${id}`}
      show={t.maintenance.ended.show}
      at={endedAt}
      onDismiss={onDismiss}
    >
      {failure && t.maintenance.failures[failure]}
    </Card>
  );
}

/** With the numbers of its devices, as the user sees them. */
function StoppedCampaign({
  of: { id, campaign, at },
  onDismiss,
}: {
  of: Extract<Work, { kind: 'campaign' }>;
  onDismiss: () => void;
}) {
  const t = useText();
  const formats = useFormats();
  const { data } = useCampaign(id);
  const { name, state, reason } = campaign;
  const numbers = (['succeeded', 'failed', 'skipped', 'cancelled', 'waiting', 'running'] as const)
    .filter((each) => data && data.all[each] > 0)
    .map((each) => t.campaigns.part(t.campaigns.deviceStates[each], formats.count(data!.all[each])));
  const why = state !== 'completed' && reason && reason !== 'user' && t.campaigns.reasons[reason];
  return (
    <Card
      isGood={state === 'completed' && data?.all.failed === 0}
      title={t.campaigns.stopped[state === 'paused' || state === 'aborted' ? state : 'completed'](name)}
      to={`/campaigns/${id}`}
      show={t.campaigns.stopped.show}
      at={new Date(at).toISOString()}
      onDismiss={onDismiss}
    >
      {[why, numbers.join(' · ')].filter(Boolean).map((line) => (
        <div key={String(line)}>{line}</div>
      ))}
    </Card>
  );
}

interface CardContents {
  readonly isGood: boolean;
  readonly title: string;
  readonly children: ReactNode;
  readonly to: string;
  readonly show: string;
  readonly at: string | null;
  readonly onDismiss: () => void;
}

/** A card leaves after this time, unless the pointer or the focus is on it. The work stays in its list. */
const LEAVES_MS = 60_000;

function Card({ isGood, title, children, to, show, at, onDismiss }: CardContents) {
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
  return (
    <article
      className={isGood ? 'notice new good' : 'notice new'}
      onMouseEnter={hold}
      onMouseLeave={release}
      onFocus={hold}
      onBlur={release}
    >
      {isGood ? <CheckIcon /> : <WarningIcon />}
      <div>
        <Text fw={600} size="sm">
          {title}
        </Text>
        {children && (
          <Text component="div" size="sm">
            {children}
          </Text>
        )}
        <div className="notice-actions">
          <Link to={to}>{show}</Link>
          <Button size="compact-xs" variant="default" onClick={onDismiss}>
            {t.maintenance.ended.dismiss}
          </Button>
          {at && (
            <span className="minor">
              <Ago at={at} />
            </span>
          )}
        </div>
      </div>
    </article>
  );
}
