import { Button, SegmentedControl, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { MeterJump, Readings } from '../../../protocol/readings';
import { useJobs } from '../../api/jobs';
import { rowsOf } from '../../api/pages';
import { useEnterOffset, useReadings } from '../../api/readings';
import { useSessions } from '../../api/sessions';
import { lazyPart } from '../../loading/lazy-part';
import { useFormats, useText } from '../../messages/language';
import { Dialog, DialogForm } from '../../parts/dialog';
import { textsOf } from '../../parts/form';
import { Empty, Loaded } from '../../parts/loaded';
import { Panel } from '../../parts/panel';
import { counterName } from '../maintenance/job-texts';
import { POINTS } from './meter-series';
import { SupplyForecasts } from './supply-forecasts';

/** The library of the plots is large: it is loaded with the first plot. */
const Plots = lazyPart(() => import('./plots').then((of) => of.Plots));

const DAY_MS = 86_400_000;
const PERIODS = { month: 30, year: 365, all: 1_826 } as const;
type Period = keyof typeof PERIODS;

/** From the beginning of the period to now, to the hour, so that the plots do not change with every moment. */
function boundsOf(period: Period): { from: string; to: string } {
  const to = (Math.floor(Date.now() / 3_600_000) + 1) * 3_600_000;
  return { from: new Date(to - PERIODS[period] * DAY_MS).toISOString(), to: new Date(to).toISOString() };
}

/** Meters, supplies and state of a device over time. */
export function DeviceHistory({ deviceId }: { deviceId: string }) {
  const t = useText();
  const [period, setPeriod] = useState<Period>('month');
  const { from, to } = boundsOf(period);
  const readings = useReadings(deviceId, from, to, POINTS);
  const aside = (
    <SegmentedControl
      size="xs"
      aria-label={t.history.period}
      value={period}
      onChange={(value) => setPeriod(value)}
      data={(Object.keys(PERIODS) as Period[]).map((value) => ({ value, label: t.history.periods[value] }))}
    />
  );
  return (
    <Panel title={t.history.title} aside={aside}>
      <Loaded query={readings}>
        {(known) =>
          known.since === null ? (
            <Empty title={t.history.empty} hint={t.history.emptyHint}>
              <Schedule of={known} />
            </Empty>
          ) : (
            <div className="panel-body history">
              <Schedule of={known} />
              <SupplyForecasts supplies={known.supplies} />
              {known.readings.length === 0 ? (
                <Empty title={t.history.emptyPeriod} hint={t.history.emptyPeriodHint} />
              ) : (
                <Drawn deviceId={deviceId} known={known} from={Date.parse(from)} to={Date.parse(to)} />
              )}
              <Jumps jumps={known.jumps} />
            </div>
          )
        }
      </Loaded>
    </Panel>
  );
}

function Drawn({ deviceId, known, from, to }: { deviceId: string; known: Readings; from: number; to: number }) {
  const t = useText();
  const formats = useFormats();
  const within = (at: string): boolean => Date.parse(at) >= from && Date.parse(at) <= to;
  const sessions = rowsOf(useSessions('all', { deviceId }).data).filter(({ requestedAt }) => within(requestedAt));
  const jobs = rowsOf(useJobs('all', { deviceId }).data).filter(({ requestedAt }) => within(requestedAt));
  const marks = [
    ...sessions.map(({ requestedAt }) => ({ at: Date.parse(requestedAt), label: t.history.session })),
    ...jobs.map(({ requestedAt }) => ({ at: Date.parse(requestedAt), label: t.history.job })),
  ];
  return (
    <>
      <Plots readings={known} from={from} to={to} marks={marks} />
      {marks.length > 0 && (
        <Text size="sm" c="dimmed">
          {t.history.marks(formats.count(sessions.length), formats.count(jobs.length))}
        </Text>
      )}
    </>
  );
}

function Schedule({ of: { since, schedule } }: { of: Readings }) {
  const t = useText();
  const formats = useFormats();
  const { nextAt, obstacle } = schedule;
  const next = obstacle ? t.history.obstacles[obstacle] : nextAt && t.history.next(formats.moment(nextAt));
  return (
    <Text size="sm" c="dimmed">
      {since && t.history.since(formats.date(since))} {next}
    </Text>
  );
}

/** Counters that jumped, and what was entered for them. */
function Jumps({ jumps }: { jumps: readonly MeterJump[] }) {
  const t = useText();
  const formats = useFormats();
  const [chosen, setChosen] = useState<MeterJump>();
  const enter = useEnterOffset();
  if (jumps.length === 0) return null;
  const nameOf = ({ counter, before, after }: MeterJump): string =>
    t.history.jump(counterName(counter, t), formats.count(before), formats.count(after));
  return (
    <section aria-label={t.history.jumps}>
      <h3>{t.history.jumps}</h3>
      <ul className="jumps">
        {jumps.map((jump) => (
          <li key={jump.id}>
            <div>
              {nameOf(jump)} <span className="minor">{formats.moment(jump.at)}</span>
              {jump.offset !== null && (
                <div className="minor">
                  {t.history.offsetOf(formats.count(jump.offset), jump.enteredBy)}: {t.detail(jump.reason)}
                </div>
              )}
            </div>
            <Button size="xs" variant="default" onClick={() => setChosen(jump)}>
              {t.history.enterOffset}
            </Button>
          </li>
        ))}
      </ul>
      <Dialog opened={chosen !== undefined} onClose={() => setChosen(undefined)} title={chosen && nameOf(chosen)}>
        {chosen && (
          <DialogForm
            submit={t.actions.save}
            onCancel={() => setChosen(undefined)}
            isPending={enter.isPending}
            error={enter.error}
            onSubmit={(form) => {
              const text = textsOf(form);
              const entered = { jumpId: chosen.id, offset: Number(text('offset')), reason: text('reason') };
              enter.mutate(entered, { onSuccess: () => setChosen(undefined) });
            }}
          >
            <TextInput
              name="offset"
              type="number"
              label={t.history.offset}
              description={t.history.jumpHint}
              defaultValue={chosen.offset ?? chosen.before - chosen.after}
              required
            />
            <TextInput name="reason" label={t.history.reason} defaultValue={chosen.reason} required maxLength={200} />
          </DialogForm>
        )}
      </Dialog>
    </section>
  );
}
