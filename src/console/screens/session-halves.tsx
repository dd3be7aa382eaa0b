import type { Session } from '../../protocol/api';
import { useFormats, useText } from '../messages/language';
import { Panel } from '../parts/panel';
import { Status } from '../parts/status';
import { Table } from '../parts/table';

const TONES = { waiting: 'busy', connected: 'on', ended: 'off' } as const;

/** Each half with its start and end log. */
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
          { title: t.sessions.state, cell: ({ state }) => <Status tone={TONES[state]}>{t.halfStates[state]}</Status> },
          { title: t.session.started, cell: ({ startedAt }) => clock(startedAt) },
          { title: t.session.endedAt, cell: ({ endedAt }) => clock(endedAt) },
          { title: t.session.why, cell: ({ endReason }) => (endReason ? t.endReasons[endReason] : null) },
        ]}
      />
    </Panel>
  );
}
