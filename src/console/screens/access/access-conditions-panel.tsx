import { Text } from '@mantine/core';
import { Link } from 'react-router';
import type { AccessCondition } from '../../../protocol/access-conditions';
import type { Asker } from '../../../protocol/asker';
import { serverNow } from '../../api/server-time';
import { useConditions, useDenials } from '../../api/conditions';
import { useExternalClients } from '../../api/external-clients';
import { rowsOf } from '../../api/pages';
import { useFormats, useText } from '../../messages/language';
import { ownText } from '../../messages/own-text';
import { Empty, Loaded, More } from '../../parts/loaded';
import { Panel } from '../../parts/panel';
import { Table } from '../../parts/table';
import { Ago, useNow } from '../../parts/time';
import { useCurrent } from '../current-user';
import { accessText, timeLines, usageLines } from './condition-texts';

/** What the owner of the device permits, as its agent reported it, and what was denied. Read-only. */
export function AccessConditionsPanel({ deviceId }: { deviceId: string }) {
  const t = useText();
  const conditions = useConditions(deviceId);
  const reportedAt = conditions.data?.reportedAt;
  return (
    <Panel title={t.access.title} aside={reportedAt && <Reported at={reportedAt} />}>
      <Text size="sm" c="dimmed" px="md" py="xs">
        {t.access.lead}
      </Text>
      <Loaded query={conditions}>
        {(known) => {
          if (known.reportedAt === null) return <Empty title={t.access.notReported} hint={t.access.notReportedHint} />;
          if (known.conditions.length === 0) return <Empty title={t.access.empty} hint={t.access.emptyHint} />;
          return <Conditions conditions={known.conditions} />;
        }}
      </Loaded>
      <Denials deviceId={deviceId} />
    </Panel>
  );
}

function Reported({ at }: { at: string }) {
  const t = useText();
  const formats = useFormats();
  const now = useNow(15_000);
  return (
    <span className="minor" title={formats.moment(at)}>
      {t.access.reported(formats.ago(at, now))}
    </span>
  );
}

function Conditions({ conditions }: { conditions: readonly AccessCondition[] }) {
  const t = useText();
  const formats = useFormats();
  return (
    <Table
      label={t.access.title}
      rows={conditions}
      keyOf={({ id }) => id}
      columns={[
        { title: t.access.who, cell: ({ who }) => <Who asker={who} /> },
        { title: t.access.permits, cell: ({ access }) => accessText(access, t) },
        { title: t.access.when, cell: (condition) => <When condition={condition} /> },
        { title: t.access.used, cell: (condition) => <Lines lines={usageLines(condition, t, formats)} /> },
        {
          title: t.access.set,
          cell: ({ setAt, setBy }) => (
            <>
              <div className="unbroken">{formats.moment(setAt)}</div>
              <div className="minor">{ownText(t.access.places, setBy) ?? t.access.setBy(setBy)}</div>
            </>
          ),
        },
      ]}
    />
  );
}

/** The name is what the agent knows; the ID decides. Administrators see which external client has it. */
function Who({ asker: { kind, id, name } }: { asker: Asker }) {
  const t = useText();
  const { isAdmin } = useCurrent();
  const clients = useExternalClients(isAdmin && kind === 'client').data;
  if (kind === 'user')
    return (
      <>
        <div>{name || id}</div>
        <div className="minor">{id}</div>
      </>
    );
  const client = clients?.find((each) => each.id === id);
  return (
    <>
      <div>{client ? <Link to={`/clients/${id}`}>{client.name}</Link> : name || id}</div>
      <div className="minor">{clients && !client ? t.clients.unknownId(id) : t.clients.one}</div>
    </>
  );
}

function When({ condition }: { condition: AccessCondition }) {
  const t = useText();
  const formats = useFormats();
  const lines = timeLines(condition, t, formats);
  const isOver = condition.until !== null && Date.parse(condition.until) <= serverNow();
  return (
    <>
      <Lines lines={lines.length === 0 ? [t.access.always] : lines} />
      {condition.hours.length > 0 && <div className="minor">{t.access.hoursHint}</div>}
      {isOver && <div className="minor">{t.access.reasons.expired}</div>}
    </>
  );
}

const Lines = ({ lines }: { lines: readonly string[] }) => lines.map((line) => <div key={line}>{line}</div>);

function Denials({ deviceId }: { deviceId: string }) {
  const t = useText();
  const formats = useFormats();
  const denials = useDenials(deviceId);
  const rows = rowsOf(denials.data);
  if (rows.length === 0) return null;
  return (
    <>
      <h3 className="panel-part">{t.access.denials}</h3>
      <Table
        label={t.access.denials}
        rows={rows}
        keyOf={({ id }) => String(id)}
        columns={[
          { title: t.access.time, cell: ({ at }) => <Ago at={at} /> },
          { title: t.access.who, cell: ({ asker }) => <Who asker={asker} /> },
          {
            title: t.access.what,
            cell: ({ what, count, remoteSessionId }) => (
              <>
                <div>{what}</div>
                <div className="minor">
                  {count > 1 && `${t.access.count(formats.count(count))} `}
                  {remoteSessionId && <Link to={`/sessions/${remoteSessionId}`}>{t.access.session}</Link>}
                </div>
              </>
            ),
          },
          { title: t.access.why, cell: ({ reason }) => t.access.reasons[reason] },
        ]}
      />
      <More query={denials} history="denials" />
    </>
  );
}
