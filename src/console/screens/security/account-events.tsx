import { useAccountEvents } from '../../api/account';
import { rowsOf } from '../../api/pages';
import { useFormats, useText } from '../../messages/language';
import { ownText } from '../../messages/own-text';
import { Empty, Loaded, More } from '../../parts/loaded';
import { Table } from '../../parts/table';
import { useCurrent } from '../current-user';

/** Logins of the user of this page, and changes of the account, newest first. */
export function AccountEvents() {
  const t = useText();
  const formats = useFormats();
  const { me } = useCurrent();
  const events = useAccountEvents();
  return (
    <>
      <Loaded query={events}>
        {(pages) => {
          const rows = rowsOf(pages);
          if (rows.length === 0) return <Empty title={t.security.noEvents} />;
          return (
            <Table
              label={t.security.events}
              rows={rows}
              keyOf={({ id }) => String(id)}
              columns={[
                { title: t.audit.at, cell: ({ at }) => <span className="unbroken">{formats.moment(at)}</span> },
                {
                  title: t.audit.action,
                  cell: ({ action, actor }) => (
                    <>
                      {ownText(t.audit.actions, action) ?? action}
                      {actor !== me.username && <div className="minor">{t.detail(actor)}</div>}
                    </>
                  ),
                },
                { title: t.audit.detail, cell: ({ detail }) => t.detail(detail) },
              ]}
            />
          );
        }}
      </Loaded>
      <More query={events} history="audit" />
    </>
  );
}
