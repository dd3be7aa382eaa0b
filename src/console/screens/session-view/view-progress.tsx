import { Button } from '@mantine/core';
import type { Session } from '../../../protocol/api';
import { useDevice } from '../../api/devices';
import { useEndSession } from '../../api/sessions';
import { useFormats, useText } from '../../messages/language';
import { CheckIcon } from '../../parts/icons';
import { ProblemNotice } from '../../parts/notice';
import { useNow } from '../../parts/time';

type StepState = 'done' | 'now' | 'next';

/** The steps since the request, the current one, and the button that cancels the request. */
export function ViewProgress({ session }: { session: Session }) {
  const t = useText();
  const cancel = useEndSession();
  const steps = stepsOf(session);
  const titles = [t.view.asked, t.view.waiting, t.view.approved, t.view.deviceConnected, t.view.ready];
  const waiting = session.state === 'requested';
  const { data: device } = useDevice(session.deviceId);
  // a device that can be woken is asked through another agent
  const isLost = device !== undefined && !device.online && !device.wakeable;
  const waitingHint = isLost ? t.view.lostHint : t.view.waitingHint;
  return (
    <section className="view-card panel" aria-labelledby="progress-title">
      <h1 id="progress-title">{session.deviceName}</h1>
      <p className="reason">{session.reason}</p>
      <ol className="progress" aria-label={t.view.progress}>
        {steps.map((state, index) => (
          <li key={titles[index]} className={state} aria-current={state === 'now' ? 'step' : undefined}>
            <span className="mark">{state === 'done' && <CheckIcon size={14} />}</span>
            <span>
              {titles[index]}
              {index === 1 && waiting && session.answerBefore && <AnswerLeft until={session.answerBefore} />}
            </span>
          </li>
        ))}
      </ol>
      <p className="minor" role="status">
        {waiting ? waitingHint(session.deviceName) : t.view.connectingHint}
      </p>
      {cancel.error && <ProblemNotice error={cancel.error} />}
      <Button variant="default" loading={cancel.isPending} onClick={() => cancel.mutate(session.id)}>
        {t.view.cancel}
      </Button>
    </section>
  );
}

/** requested, waiting, approved, device connected, ready. */
function stepsOf({ state, device }: Session): StepState[] {
  const reached = state === 'requested' ? 1 : device.state === 'waiting' ? 3 : 4;
  return Array.from({ length: 5 }, (_, index) => (index < reached ? 'done' : index === reached ? 'now' : 'next'));
}

function AnswerLeft({ until }: { until: string }) {
  const t = useText();
  const formats = useFormats();
  const now = useNow(1_000);
  return (
    <span className="minor countdown" aria-hidden="true">
      {t.view.left(formats.countdown((Date.parse(until) - now) / 1000))}
    </span>
  );
}
