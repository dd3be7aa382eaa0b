import { Button } from '@mantine/core';
import { useState } from 'react';
import { useRevokeToken, useTokens, type ApiToken } from '../../api/tokens';
import { useFormats, useText } from '../../messages/language';
import { Ago } from '../../parts/time';
import { Confirm } from '../../parts/confirm';
import { Empty, Loaded } from '../../parts/loaded';
import { PlusIcon } from '../../parts/icons';
import { Page } from '../../parts/page';
import { Panel } from '../../parts/panel';
import { Table } from '../../parts/table';
import { NewTokenDialog } from './new-token-dialog';

export function TokensScreen() {
  const t = useText();
  const tokens = useTokens();
  const [creating, setCreating] = useState(false);
  const create = (
    <Button size="xs" leftSection={<PlusIcon size={15} />} onClick={() => setCreating(true)}>
      {t.tokens.create}
    </Button>
  );
  return (
    <Page title={t.tokens.title} lead={t.tokens.lead} actions={create}>
      <Panel>
        <Loaded query={tokens}>
          {(rows) =>
            rows.length > 0 ? (
              <TokenTable tokens={rows} />
            ) : (
              <Empty title={t.tokens.emptyTitle} hint={t.tokens.emptyHint} />
            )
          }
        </Loaded>
      </Panel>
      <NewTokenDialog opened={creating} onClose={() => setCreating(false)} />
    </Page>
  );
}

function TokenTable({ tokens }: { tokens: ApiToken[] }) {
  const t = useText();
  const formats = useFormats();
  return (
    <Table
      label={t.tokens.title}
      rows={tokens}
      keyOf={({ id }) => id}
      columns={[
        { title: t.tokens.name, cell: ({ name }) => <strong>{name}</strong> },
        { title: t.tokens.accounts, cell: ({ accounts }) => (accounts ? t.tokens.covered : t.tokens.notCovered) },
        { title: t.tokens.created, cell: ({ createdAt }) => formats.moment(createdAt) },
        {
          title: t.tokens.expiresAt,
          cell: ({ expiresAt }) => (expiresAt ? formats.moment(expiresAt) : t.tokens.never),
        },
        {
          title: t.tokens.lastUsed,
          cell: ({ lastUsedAt }) => (lastUsedAt ? <Ago at={lastUsedAt} /> : t.tokens.never),
        },
        { title: t.tokens.revoke, untitled: true, cell: (token) => <Revoke token={token} /> },
      ]}
    />
  );
}

function Revoke({ token }: { token: ApiToken }) {
  const t = useText();
  const revoke = useRevokeToken();
  return (
    <Confirm
      look="subtle"
      button={t.tokens.revoke}
      title={t.tokens.revokeTitle(token.name)}
      hint={t.tokens.revokeHint}
      action={{ ...revoke, run: (done) => revoke.mutate(token.id, { onSuccess: done }) }}
    />
  );
}
