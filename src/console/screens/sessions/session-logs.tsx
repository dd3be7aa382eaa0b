import type { Session } from '../../../protocol/api';
import type { SessionWithSteps } from '../../api/sessions';
import { useFormats, useText } from '../../messages/language';
import { ownText } from '../../messages/own-text';
import { Empty } from '../../parts/loaded';
import { Panel } from '../../parts/panel';
import { HALF_TONES, Status } from '../../parts/status';
import { Table } from '../../parts/table';
import { decisionText } from '../device-information/device-texts';

/** Both halves with their start and end logs. */
export function SessionHalves({ session }: { session: Session }) {
  const t = useText();
  const formats = useFormats();
  const clock = (at: string | null) => (at ? formats.clock(at) : null);
  return (
    <Panel title={t.session.logs}>
      <Table
        label={t.session.logs}
        rows={[session.device, session.terminal]}
        keyOf={({ half }) => half}
        columns={[
          { title: t.session.half, cell: ({ half }) => <strong>{t.halves[half]}</strong> },
          {
            title: t.sessions.state,
            cell: ({ state }) => <Status tone={HALF_TONES[state]}>{t.halfStates[state]}</Status>,
          },
          { title: t.session.started, cell: ({ startedAt }) => clock(startedAt) },
          { title: t.session.endedAt, cell: ({ endedAt }) => clock(endedAt) },
          { title: t.session.why, cell: ({ endReason }) => (endReason ? t.endReasons[endReason] : null) },
        ]}
      />
    </Panel>
  );
}

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
          {session.steps.map(({ step, at, text, detail, decision }, index) => (
            <li key={index}>
              <span className="step">{step}</span>
              <span>
                {ownText(t.steps, step) ?? text}
                {detail && <div className="minor">{detail}</div>}
                {decision && <div className="minor">{decisionText(decision, t)}</div>}
              </span>
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
