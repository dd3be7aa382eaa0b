import type { SessionWithSteps } from '../api/sessions';
import { useFormats, useText } from '../messages/language';
import { Empty } from '../parts/empty';
import { Panel } from '../parts/panel';
import { Table } from '../parts/table';

/** The numbered steps that the control plane has taken, with the time since the one before. */
export function SessionTimeline({ session }: { session: SessionWithSteps }) {
  const t = useText();
  const formats = useFormats();
  const start = Date.parse(session.requestedAt);
  const rows = session.steps.map((step, index) => ({ ...step, index }));
  return (
    <Panel title={t.session.timeline}>
      {rows.length === 0 ? (
        <Empty title={t.session.noSteps} />
      ) : (
        <Table
          label={t.session.timeline}
          rows={rows}
          keyOf={({ index }) => String(index)}
          columns={[
            { title: t.session.step, cell: ({ step }) => <span className="step">{step}</span> },
            { title: t.session.at, cell: ({ at }) => formats.clock(at) },
            { title: t.session.sinceStart, cell: ({ at }) => `+${((Date.parse(at) - start) / 1000).toFixed(2)} s` },
            { title: t.session.what, cell: ({ step, text }) => t.steps[step] ?? text },
          ]}
        />
      )}
    </Panel>
  );
}
