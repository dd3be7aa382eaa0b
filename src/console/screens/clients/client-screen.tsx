import { Button, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link, useParams } from 'react-router';
import type { ExternalClient } from '../../../protocol/external-clients';
import { useAudit } from '../../api/audit';
import { useChangeExternalClient, useExternalClients, useRevokeExternalClient } from '../../api/external-clients';
import { useJobs } from '../../api/jobs';
import { rowsOf, type Pages } from '../../api/pages';
import { useSessions } from '../../api/sessions';
import { useFormats, useText } from '../../messages/language';
import { Confirm } from '../../parts/confirm';
import { CopyLine } from '../../parts/copy-line';
import { Facts } from '../../parts/facts';
import { Empty, Loaded } from '../../parts/loaded';
import { ProblemNotice } from '../../parts/notice';
import { Page } from '../../parts/page';
import { Panel } from '../../parts/panel';
import { Ago } from '../../parts/time';
import { AuditTable } from '../audit/audit-table';
import { JobTable } from '../maintenance/job-table';
import { SessionTable } from '../sessions/session-table';
import { EditClient, RotateSecret } from './client-dialogs';
import { limitLines, useChoices } from './client-limits';
import { ClientState } from './client-state';

/** Rows of each list; the rest is on the screen of that list. */
const LATEST = 5;

/** An external client: its permissions, what it did last, and the actions of administrators. */
export function ClientScreen() {
  const { id = '' } = useParams();
  const t = useText();
  const clients = useExternalClients();
  const client = clients.data?.find((each) => each.id === id);
  return (
    <Page
      title={client?.name ?? t.clients.one}
      lead={client && <ClientState client={client} />}
      actions={client && client.revokedAt === null && <Actions client={client} />}
    >
      <Loaded query={clients}>
        {() =>
          client ? (
            <>
              <Panel title={t.clients.summary}>
                <div className="panel-body">
                  <Summary client={client} />
                </div>
              </Panel>
              {client.revokedAt === null && <ForOwner id={id} />}
              <Sessions id={id} />
              <Jobs id={id} />
              <Entries id={id} />
            </>
          ) : (
            <Panel>
              <Empty title={t.clients.unknown} hint={t.clients.unknownHint}>
                <Button component={Link} to="/clients" variant="default">
                  {t.clients.toClients}
                </Button>
              </Empty>
            </Panel>
          )
        }
      </Loaded>
    </Page>
  );
}

function Summary({ client }: { client: ExternalClient }) {
  const t = useText();
  const formats = useFormats();
  const limits = limitLines(client, useChoices(), t);
  const moment = (at: string | null) => at && formats.moment(at);
  return (
    <Facts
      of={[
        [
          t.clients.scopes,
          client.scopes.map((scope) => (
            <div key={scope} title={scope}>
              {t.clients.scope[scope].name}
            </div>
          )),
        ],
        [
          t.clients.limits,
          limits.length === 0 ? t.clients.noLimits : limits.map((line) => <div key={line}>{line}</div>),
        ],
        [t.clients.requests, formats.count(client.requestsPerMinute)],
        [t.clients.lastUsed, client.lastUsedAt ? <Ago key="used" at={client.lastUsedAt} /> : t.clients.notUsed],
        [t.clients.expires, moment(client.expiresAt) ?? t.clients.never],
        [t.clients.revokedAt, moment(client.revokedAt)],
        [t.clients.previousUntil, moment(client.previousSecretUntil)],
        [
          t.clients.createdAt,
          <>
            {formats.moment(client.createdAt)}
            <div className="minor">{t.clients.by(client.createdBy)}</div>
          </>,
        ],
        [t.clients.clientId, client.id],
      ]}
    />
  );
}

/** What the owner of a device has to enter there, and why. */
function ForOwner({ id }: { id: string }) {
  const t = useText();
  return (
    <Panel title={t.clients.owner}>
      <div className="panel-body">
        <Text size="sm" mb="xs">
          {t.clients.ownerHint}
        </Text>
        <CopyLine label={t.clients.clientId} text={id} />
        <Text size="sm" c="dimmed" mt="xs">
          {t.clients.ownerSteps}
        </Text>
      </div>
    </Panel>
  );
}

function Sessions({ id }: { id: string }) {
  const t = useText();
  return (
    <Latest
      title={t.clients.sessions}
      query={useSessions('all', { userId: id })}
      none={t.clients.noSessions}
      all={{ to: `/sessions?state=ended&client=${id}`, label: t.clients.allSessions }}
    >
      {(rows) => <SessionTable label={t.clients.sessions} sessions={rows} withoutUser />}
    </Latest>
  );
}

function Jobs({ id }: { id: string }) {
  const t = useText();
  return (
    <Latest
      title={t.clients.jobs}
      query={useJobs('all', { userId: id })}
      none={t.clients.noJobs}
      all={{ to: `/jobs?state=over&client=${id}`, label: t.clients.allJobs }}
    >
      {(rows) => <JobTable label={t.clients.jobs} jobs={rows} withoutUser />}
    </Latest>
  );
}

function Entries({ id }: { id: string }) {
  const t = useText();
  return (
    <Latest
      title={t.clients.audit}
      query={useAudit(id)}
      none={t.clients.noEntries}
      all={{ to: `/audit?client=${id}`, label: t.clients.allEntries }}
    >
      {(rows) => <AuditTable label={t.clients.audit} events={rows} />}
    </Latest>
  );
}

/** The latest rows of a list, and a link to all of them. */
function Latest<Row>({
  title,
  query,
  none,
  all,
  children,
}: {
  title: string;
  query: { data: Pages<Row> | undefined; error: unknown; refetch: () => unknown };
  none: string;
  all: { to: string; label: string };
  children: (rows: Row[]) => ReactNode;
}) {
  const rows = rowsOf(query.data);
  return (
    <Panel
      title={title}
      aside={
        rows.length > 0 && (
          <Text size="sm">
            <Link to={all.to}>{all.label}</Link>
          </Text>
        )
      }
    >
      <Loaded query={query}>
        {() => (rows.length === 0 ? <Empty title={none} /> : children(rows.slice(0, LATEST)))}
      </Loaded>
    </Panel>
  );
}

function Actions({ client }: { client: ExternalClient }) {
  const t = useText();
  const change = useChangeExternalClient();
  const revoke = useRevokeExternalClient();
  const { id, name, active } = client;
  const ends = useWhatEnds(id);
  return (
    <>
      <EditClient client={client} />
      <RotateSecret client={client} />
      {active ? (
        <Confirm
          look="default"
          button={t.clients.deactivate}
          title={t.clients.deactivateTitle(name)}
          hint={t.clients.deactivateHint}
          action={{ ...change, run: (done) => change.mutate({ id, change: { active: false } }, { onSuccess: done }) }}
        >
          <Text size="sm">{ends}</Text>
        </Confirm>
      ) : (
        <>
          {change.error && <ProblemNotice error={change.error} />}
          <Button
            size="xs"
            variant="default"
            loading={change.isPending}
            onClick={() => change.mutate({ id, change: { active: true } })}
          >
            {t.clients.activate}
          </Button>
        </>
      )}
      <Confirm
        button={t.clients.revoke}
        title={t.clients.revokeTitle(name)}
        hint={t.clients.revokeHint}
        action={{ ...revoke, run: (done) => revoke.mutate(id, { onSuccess: done }) }}
      >
        <Text size="sm">{ends}</Text>
      </Confirm>
    </>
  );
}

/** The sessions and jobs that end with the client. */
function useWhatEnds(userId: string): string {
  const t = useText();
  const formats = useFormats();
  const sessions = useSessions('live', { userId });
  const jobs = useJobs('open', { userId });
  const countOf = <Row,>({ data, hasNextPage }: { data: Pages<Row> | undefined; hasNextPage: boolean }): string =>
    `${formats.count(rowsOf(data).length)}${hasNextPage ? '+' : ''}`;
  if (!sessions.data || !jobs.data) return '';
  if (rowsOf(sessions.data).length + rowsOf(jobs.data).length === 0) return t.clients.nothingOpen;
  return t.clients.ends(countOf(sessions), countOf(jobs));
}
