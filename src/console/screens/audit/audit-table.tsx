import { Link } from 'react-router';
import type { AuditEvent } from '../../../protocol/api';
import { useFormats, useText } from '../../messages/language';
import { ownText } from '../../messages/own-text';
import { Table } from '../../parts/table';

/** Entries of the audit trail, newest first. */
export function AuditTable({ label, events }: { label: string; events: AuditEvent[] }) {
  const t = useText();
  const formats = useFormats();
  return (
    <Table
      label={label}
      rows={events}
      keyOf={({ id }) => String(id)}
      columns={[
        { title: t.audit.at, cell: ({ at }) => <span className="unbroken">{formats.moment(at)}</span> },
        { title: t.audit.actor, cell: ({ actor }) => <Actor name={actor} /> },
        { title: t.audit.action, cell: ({ action }) => ownText(t.audit.actions, action) ?? action },
        { title: t.audit.target, cell: (event) => <Target event={event} /> },
        { title: t.audit.detail, cell: ({ detail }) => t.detail(detail) },
      ]}
    />
  );
}

/** A user ID, or `(client) name`: a user ID has no parentheses. */
function Actor({ name }: { name: string }) {
  const t = useText();
  const [, client] = /^\(client\) (.+)$/.exec(name) ?? [];
  if (client === undefined) return <Name of={name} />;
  return (
    <>
      {client}
      <div className="minor">{t.clients.one}</div>
    </>
  );
}

/** The target of an event; a session or an external client, `name (ID)`, is a link to its page. */
function Target({ event: { action, target } }: { event: AuditEvent }) {
  if (action.startsWith('session.')) return <Link to={`/sessions/${target}`}>{target}</Link>;
  const [, name, id] = /^(.+) \(([0-9a-f-]{36})\)$/.exec(target) ?? [];
  if (action.startsWith('client.') && id !== undefined) return <Link to={`/clients/${id}`}>{name}</Link>;
  return <Name of={target} />;
}

/** A name, or `(command line)` and the like for what has none. */
function Name({ of: name }: { of: string }) {
  const t = useText();
  return name.startsWith('(') ? <span className="unbroken">{t.detail(name)}</span> : name;
}
