import type { SessionWithSteps } from '../api/sessions';
import { useFormats, useText } from '../messages/language';
import { wordOf } from '../messages/word-of';
import { Empty } from '../parts/empty';
import { Panel } from '../parts/panel';

/** The numbered steps that the control plane has recorded, each with the time since the request. */
export function SessionTimeline({ session }: { session: SessionWithSteps }) {
  const t = useText();
  const formats = useFormats();
  const start = Date.parse(session.requestedAt);
  return (
    <Panel title={t.session.timeline}>
      {session.steps.length === 0 ? (
        <Empty title={t.session.noSteps} />
      ) : (
        <ol className="timeline" aria-label={t.session.timeline}>
          {session.steps.map(({ step, at, text }, index) => (
            <li key={index}>
              <span className="step">{step}</span>
              <span>{wordOf(t.steps, step) ?? text}</span>
              <time className="minor" dateTime={at} title={formats.clock(at)}>
                +{((Date.parse(at) - start) / 1000).toFixed(2)} s
              </time>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}
