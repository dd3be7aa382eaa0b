import { Link } from 'react-router';
import type { AuditEvent } from '../../protocol/api';
import { useAudit } from '../api/audit';
import { rowsOf } from '../api/pages';
import { useFormats, useText } from '../messages/language';
import { ownText } from '../messages/own-text';
import { Empty, Loaded, More } from '../parts/loaded';
import { Page } from '../parts/page';
import { Panel } from '../parts/panel';
import { Table } from '../parts/table';

/** The target of an event; a session is a link to its page. */
const Target = ({ event: { action, target } }: { event: AuditEvent }) =>
  action.startsWith('session.') ? <Link to={`/sessions/${target}`}>{target}</Link> : target;

export function AuditScreen() {
  const t = useText();
  const formats = useFormats();
  const audit = useAudit();
  return (
    <Page title={t.audit.title} lead={t.audit.lead}>
      <Panel>
        <Loaded query={audit}>
          {(pages) => {
            const rows = rowsOf(pages);
            if (rows.length === 0) return <Empty title={t.audit.emptyTitle} />;
            return (
              <Table
                label={t.audit.title}
                rows={rows}
                keyOf={({ id }) => String(id)}
                columns={[
                  { title: t.audit.at, cell: ({ at }) => <span className="unbroken">{formats.moment(at)}</span> },
                  { title: t.audit.actor, cell: ({ actor }) => actor },
                  { title: t.audit.action, cell: ({ action }) => ownText(t.audit.actions, action) ?? action },
                  { title: t.audit.target, cell: (event) => <Target event={event} /> },
                  { title: t.audit.detail, cell: ({ detail }) => t.detail(detail) },
                ]}
              />
            );
          }}
        </Loaded>
        <More query={audit} />
      </Panel>
    </Page>
  );
}
