import { Button, SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import type { ExternalClient } from '../../../protocol/external-clients';
import { useExternalClients } from '../../api/external-clients';
import { useFormats, useText } from '../../messages/language';
import { PlusIcon } from '../../parts/icons';
import { Empty, Loaded } from '../../parts/loaded';
import { Page } from '../../parts/page';
import { Panel } from '../../parts/panel';
import { Table } from '../../parts/table';
import { Ago } from '../../parts/time';
import { NewClientDialog } from './client-dialogs';
import { limitLines, useChoices } from './client-limits';
import { ClientState } from './client-state';

/** External clients: those that may be used, and those that were revoked. */
export function ClientsScreen() {
  const t = useText();
  const clients = useExternalClients();
  const [parameters, setParameters] = useSearchParams();
  const [creating, setCreating] = useState(false);
  const revoked = parameters.get('state') === 'revoked';
  const create = (
    <Button size="xs" leftSection={<PlusIcon size={15} />} onClick={() => setCreating(true)}>
      {t.clients.create}
    </Button>
  );
  return (
    <Page title={t.clients.title} lead={t.clients.lead} actions={create}>
      <Panel>
        <div className="tools">
          <SegmentedControl
            aria-label={t.clients.filter}
            data={[
              { value: 'current', label: t.clients.current },
              { value: 'revoked', label: t.clients.revoked },
            ]}
            value={revoked ? 'revoked' : 'current'}
            onChange={(value) => setParameters(value === 'revoked' ? { state: value } : {}, { replace: true })}
          />
        </div>
        <Loaded query={clients}>
          {(all) => {
            const rows = all.filter(({ revokedAt }) => (revokedAt !== null) === revoked);
            if (rows.length > 0) return <ClientTable clients={rows} />;
            if (revoked) return <Empty title={t.clients.noneRevoked} />;
            return <Empty title={t.clients.emptyTitle} hint={t.clients.emptyHint} />;
          }}
        </Loaded>
      </Panel>
      <NewClientDialog opened={creating} onClose={() => setCreating(false)} />
    </Page>
  );
}

function ClientTable({ clients }: { clients: ExternalClient[] }) {
  const t = useText();
  const formats = useFormats();
  const choices = useChoices();
  return (
    <Table
      label={t.clients.title}
      rows={clients}
      keyOf={({ id }) => id}
      columns={[
        {
          title: t.clients.name,
          cell: ({ id, name }) => (
            <Link to={`/clients/${id}`} className="strong">
              {name}
            </Link>
          ),
        },
        { title: t.clients.status, cell: (client) => <ClientState client={client} /> },
        { title: t.clients.scopes, cell: ({ scopes }) => scopes.map((each) => t.clients.scope[each].name).join(' · ') },
        {
          title: t.clients.limits,
          cell: (client) => {
            const lines = limitLines(client, choices, t);
            return lines.length === 0 ? t.clients.noLimits : lines.map((line) => <div key={line}>{line}</div>);
          },
        },
        {
          title: t.clients.lastUsed,
          cell: ({ lastUsedAt }) => (lastUsedAt ? <Ago at={lastUsedAt} /> : t.clients.notUsed),
        },
        {
          title: t.clients.expires,
          cell: ({ expiresAt }) => (expiresAt ? formats.moment(expiresAt) : t.clients.never),
        },
      ]}
    />
  );
}
