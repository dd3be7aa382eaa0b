import { Button, Group } from '@mantine/core';
import { useState } from 'react';
import type { Webhook } from '../../../protocol/webhook';
import { useCustomers } from '../../api/customers';
import {
  useChangeWebhook,
  useRemoveWebhook,
  useReplaceWebhookSecret,
  useTestWebhook,
  useWebhooks,
} from '../../api/webhooks';
import { useText } from '../../messages/language';
import { Confirm } from '../../parts/confirm';
import { Dialog } from '../../parts/dialog';
import { PlusIcon } from '../../parts/icons';
import { Empty, Loaded } from '../../parts/loaded';
import { ProblemNotice } from '../../parts/notice';
import { Page } from '../../parts/page';
import { Panel } from '../../parts/panel';
import { Status } from '../../parts/status';
import { Table } from '../../parts/table';
import { DeliveriesPanel } from './deliveries-panel';
import { EditWebhook, NewWebhookDialog, WebhookSecret } from './webhook-dialogs';

/** The addresses to which alerts are sent, and what was sent to them. */
export function WebhooksScreen() {
  const t = useText();
  const webhooks = useWebhooks();
  const [creating, setCreating] = useState(false);
  const create = (
    <Button size="xs" leftSection={<PlusIcon size={15} />} onClick={() => setCreating(true)}>
      {t.alerts.webhooks.create}
    </Button>
  );
  return (
    <Page title={t.alerts.webhooks.title} lead={t.alerts.webhooks.lead} actions={create}>
      <Panel>
        <Loaded query={webhooks}>
          {(rows) =>
            rows.length > 0 ? (
              <WebhookTable webhooks={rows} />
            ) : (
              <Empty title={t.alerts.webhooks.emptyTitle} hint={t.alerts.webhooks.emptyHint} />
            )
          }
        </Loaded>
      </Panel>
      <DeliveriesPanel />
      <NewWebhookDialog opened={creating} onClose={() => setCreating(false)} />
    </Page>
  );
}

function WebhookTable({ webhooks }: { webhooks: Webhook[] }) {
  const t = useText();
  const customers = useCustomers();
  const nameOf = (id: string): string => customers.data?.find((each) => each.id === id)?.name ?? '';
  return (
    <Table
      label={t.alerts.webhooks.title}
      rows={webhooks}
      keyOf={({ id }) => id}
      columns={[
        {
          title: t.alerts.webhooks.name,
          cell: ({ name, url }) => (
            <>
              <strong>{name}</strong>
              <div className="minor wraps">{url}</div>
            </>
          ),
        },
        {
          title: t.alerts.webhooks.customer,
          cell: ({ customerId }) => (customerId === null ? t.alerts.webhooks.all : nameOf(customerId)),
        },
        {
          title: t.alerts.webhooks.state,
          cell: ({ active }) => (
            <Status tone={active ? 'on' : 'off'}>
              {active ? t.alerts.webhooks.active : t.alerts.webhooks.inactive}
            </Status>
          ),
        },
        { title: t.alerts.webhooks.change, untitled: true, cell: (each) => <Actions webhook={each} /> },
      ]}
    />
  );
}

function Actions({ webhook }: { webhook: Webhook }) {
  const t = useText();
  const { id, name, active } = webhook;
  const test = useTestWebhook();
  const change = useChangeWebhook();
  const replace = useReplaceWebhookSecret();
  const remove = useRemoveWebhook();
  const error = test.error ?? change.error;
  return (
    <>
      <Group gap="xs" justify="flex-end">
        <Button
          size="xs"
          variant="default"
          aria-label={t.alerts.webhooks.testTitle(name)}
          loading={test.isPending}
          onClick={() => test.mutate(id)}
        >
          {t.alerts.webhooks.test}
        </Button>
        <EditWebhook webhook={webhook} />
        <Button
          size="xs"
          variant="default"
          loading={change.isPending}
          onClick={() => change.mutate({ id, change: { active: !active } })}
        >
          {active ? t.alerts.webhooks.switchOff : t.alerts.webhooks.switchOn}
        </Button>
        <Confirm
          look="default"
          button={t.alerts.webhooks.newSecret}
          label={t.alerts.webhooks.newSecretTitle(name)}
          title={t.alerts.webhooks.newSecretTitle(name)}
          hint={t.alerts.webhooks.newSecretHint}
          action={{ ...replace, run: (done) => replace.mutate(id, { onSuccess: done }) }}
        />
        <Confirm
          look="subtle"
          button={t.alerts.webhooks.remove}
          label={t.alerts.webhooks.removeTitle(name)}
          title={t.alerts.webhooks.removeTitle(name)}
          hint={t.alerts.webhooks.removeHint}
          action={{ ...remove, run: (done) => remove.mutate(id, { onSuccess: done }) }}
        />
      </Group>
      {error && <ProblemNotice error={error} />}
      <Dialog
        opened={replace.data !== undefined}
        onClose={replace.reset}
        title={t.alerts.webhooks.secretOf(name)}
        keepOpen
      >
        {replace.data && <WebhookSecret secret={replace.data.secret} onDone={replace.reset} />}
      </Dialog>
    </>
  );
}
