import { Button, Group, MultiSelect, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { Customer, CustomerSite, Site } from '../../protocol/api';
import { useAgents, type Agent } from '../api/agents';
import { useChangeCustomers, useCustomers } from '../api/customers';
import { useAllUsers } from '../api/users';
import { useText } from '../messages/language';
import { Confirm } from '../parts/confirm';
import { Dialog, DialogForm } from '../parts/dialog';
import { fieldErrors, textsOf } from '../parts/form';
import { PlusIcon } from '../parts/icons';
import { Empty, Loaded } from '../parts/loaded';
import { Page } from '../parts/page';
import { Panel } from '../parts/panel';
import { Table } from '../parts/table';
import { PreferredRelays, preferenceText } from './relays/preferred-relays';
import { ReadingSchedule } from './history/reading-schedule';

/** Customers with their sites, the agents there, and the technicians who work for them. */
export function CustomersScreen() {
  const t = useText();
  const customers = useCustomers();
  const agents = useAgents();
  const add = (
    <NameButton
      button={t.customers.add}
      label={t.customers.name}
      icon
      change={(name) => ({ what: 'add', id: '', name })}
    />
  );
  return (
    <Page title={t.customers.title} lead={t.customers.lead} actions={add}>
      <Loaded query={customers}>
        {(rows) =>
          rows.length === 0 ? (
            <Panel>
              <Empty title={t.customers.emptyTitle} hint={t.customers.emptyHint} />
            </Panel>
          ) : (
            rows.map((each) => <CustomerPanel key={each.id} customer={each} agents={agents.data ?? []} />)
          )
        }
      </Loaded>
    </Page>
  );
}

function CustomerPanel({ customer, agents }: { customer: Customer; agents: Agent[] }) {
  const t = useText();
  const { id, name, sites, relayPreference } = customer;
  const aside = (
    <Group gap="xs">
      <NameButton
        button={t.customers.addSite}
        title={t.customers.addSiteTitle(name)}
        label={t.customers.site}
        change={(site) => ({ what: 'add-site', id, name: site })}
      />
      <NameButton
        button={t.customers.rename}
        title={t.customers.renameTitle(name)}
        label={t.customers.name}
        name={name}
        change={(next) => ({ what: 'rename', id, name: next })}
      />
      <Remove what="remove" id={id} name={name} hint={t.customers.removeHint} />
    </Group>
  );
  return (
    <Panel title={name} aside={aside}>
      <Assigned customer={customer} />
      <div className="tools">
        <Text size="sm">
          {relayPreference ? t.relays.relaysOf(preferenceText(relayPreference, t)) : t.relays.anyRegion}
        </Text>
        <PreferredRelays of={{ what: 'relays', id, name }} preference={relayPreference} />
      </div>
      <ReadingSchedule customerId={id} name={name} />
      {sites.length === 0 ? (
        <Empty title={t.customers.noSites} hint={t.customers.noSitesHint} />
      ) : (
        <Table
          label={t.customers.sitesOf(name)}
          rows={sites}
          keyOf={(site) => site.id}
          columns={[
            { title: t.customers.site, cell: (site) => <strong>{site.name}</strong> },
            {
              title: t.relays.preference,
              cell: ({ relayPreference }) =>
                relayPreference ? preferenceText(relayPreference, t) : t.relays.asCustomer,
            },
            { title: t.agents.title, cell: (site) => namesAt(site, agents) || t.customers.noAgents },
            { title: t.customers.rename, untitled: true, cell: (site) => <SiteActions site={site} /> },
          ]}
        />
      )}
    </Panel>
  );
}

const namesAt = ({ id }: Site, agents: readonly Agent[]): string =>
  agents
    .filter(({ site }) => site?.id === id)
    .map((agent) => agent.id)
    .join(', ');

function SiteActions({ site: { id, name, relayPreference } }: { site: CustomerSite }) {
  const t = useText();
  return (
    <Group gap="xs" justify="flex-end">
      <PreferredRelays of={{ what: 'site-relays', id, name }} preference={relayPreference} />
      <NameButton
        button={t.customers.rename}
        title={t.customers.renameTitle(name)}
        label={t.customers.site}
        name={name}
        change={(next) => ({ what: 'rename-site', id, name: next })}
      />
      <Remove what="remove-site" id={id} name={name} hint={t.customers.removeSiteHint} />
    </Group>
  );
}

/** The technicians of a customer, and a button to change them. */
function Assigned({ customer: { id, name, userIds = [] } }: { customer: Customer }) {
  const t = useText();
  const users = useAllUsers();
  const change = useChangeCustomers();
  const [chosen, setChosen] = useState<string[]>();
  const nameOf = (userId: string): string => users.data?.find((user) => user.id === userId)?.displayName ?? '';
  return (
    <div className="tools">
      <Text size="sm">
        {userIds.length > 0 ? t.customers.assigned(userIds.map(nameOf).join(', ')) : t.customers.noTechnicians}
      </Text>
      <Button size="xs" variant="default" aria-label={t.customers.usersTitle(name)} onClick={() => setChosen(userIds)}>
        {t.customers.assign}
      </Button>
      <Dialog opened={chosen !== undefined} onClose={() => setChosen(undefined)} title={t.customers.usersTitle(name)}>
        <DialogForm
          submit={t.actions.save}
          onSubmit={() =>
            change.mutate({ what: 'users', id, userIds: chosen ?? [] }, { onSuccess: () => setChosen(undefined) })
          }
          onCancel={() => setChosen(undefined)}
          isPending={change.isPending}
          error={change.error}
        >
          <MultiSelect
            label={t.customers.users}
            description={t.customers.usersHint}
            data={(users.data ?? []).map((user) => ({
              value: user.id,
              label: `${user.displayName} (${user.username})`,
            }))}
            value={chosen ?? []}
            onChange={setChosen}
            searchable
          />
        </DialogForm>
      </Dialog>
    </div>
  );
}

/** A button whose dialog asks for a name. */
function NameButton({
  button,
  title = button,
  label,
  name = '',
  icon = false,
  change,
}: {
  button: string;
  title?: string;
  label: string;
  name?: string;
  icon?: boolean;
  change: (name: string) => Parameters<ReturnType<typeof useChangeCustomers>['mutate']>[0];
}) {
  const t = useText();
  const [opened, setOpened] = useState(false);
  const mutation = useChangeCustomers();
  const close = (): void => setOpened(false);
  return (
    <>
      <Button
        size="xs"
        variant={icon ? undefined : 'default'}
        leftSection={icon && <PlusIcon size={15} />}
        aria-label={title}
        onClick={() => {
          mutation.reset();
          setOpened(true);
        }}
      >
        {button}
      </Button>
      <Dialog opened={opened} onClose={close} title={title}>
        <DialogForm
          submit={t.actions.save}
          onSubmit={(form) => mutation.mutate(change(textsOf(form)('name')), { onSuccess: close })}
          onCancel={close}
          isPending={mutation.isPending}
          error={mutation.error}
        >
          <TextInput
            name="name"
            label={label}
            defaultValue={name}
            error={fieldErrors(mutation.error, t).name}
            autoComplete="off"
            maxLength={100}
            required
            data-autofocus
          />
        </DialogForm>
      </Dialog>
    </>
  );
}

function Remove({ what, id, name, hint }: { what: 'remove' | 'remove-site'; id: string; name: string; hint: string }) {
  const t = useText();
  const change = useChangeCustomers();
  return (
    <Confirm
      look="subtle"
      button={t.agents.remove}
      label={t.customers.removeTitle(name)}
      title={t.customers.removeTitle(name)}
      hint={hint}
      action={{ ...change, run: (done) => change.mutate({ what, id }, { onSuccess: done }) }}
    />
  );
}
