import { Box, Button, Group, Select, Text } from '@mantine/core';
import { useState } from 'react';
import { idsOf, useAgents, useChangeAgent, useReleaseInstallation, useRemoveAgent, type Agent } from '../../api/agents';
import { useCustomers } from '../../api/customers';
import { useFormats, useText } from '../../messages/language';
import { Ago } from '../../parts/time';
import { Dialog, DialogForm } from '../../parts/dialog';
import { textsOf } from '../../parts/form';
import { Confirm } from '../../parts/confirm';
import { Empty, Loaded } from '../../parts/loaded';
import { PlusIcon, WarningIcon } from '../../parts/icons';
import { Page } from '../../parts/page';
import { Panel } from '../../parts/panel';
import { Presence } from '../../parts/status';
import { SiteName } from '../../parts/site-name';
import { Table } from '../../parts/table';
import { useAgentUpdates } from '../../api/agent-updates';
import { AgentCheck } from './agent-check';
import { AgentUpdatesPanel } from './agent-updates-panel';
import { OpenCodes } from './open-codes';
import { DeviceIdsField, EnrolDialog } from './enrol-dialog';

export function AgentsScreen() {
  const t = useText();
  const agents = useAgents();
  const [enrolling, setEnrolling] = useState(false);
  const enrol = (
    <Button size="xs" leftSection={<PlusIcon size={15} />} onClick={() => setEnrolling(true)}>
      {t.agents.enrol}
    </Button>
  );
  return (
    <Page title={t.agents.title} lead={t.agents.lead} actions={enrol}>
      <Panel>
        <Loaded query={agents}>
          {(rows) =>
            rows.length > 0 ? (
              <>
                <Unaware agents={rows} />
                <AgentTable agents={rows} />
              </>
            ) : (
              <Empty title={t.agents.emptyTitle} hint={t.agents.emptyHint} />
            )
          }
        </Loaded>
      </Panel>
      <OpenCodes />
      <AgentUpdatesPanel />
      <EnrolDialog opened={enrolling} onClose={() => setEnrolling(false)} />
    </Page>
  );
}

/** Before the key of the control channel is changed. */
function Unaware({ agents }: { agents: Agent[] }) {
  const t = useText();
  const ids = agents.filter(({ knowsNextKey }) => knowsNextKey === false).map(({ id }) => id);
  if (ids.length === 0) return null;
  return (
    <div className="notice" role="status">
      <WarningIcon />
      <Text size="sm">{t.agents.unaware(shownIds(ids))}</Text>
    </div>
  );
}

function AgentTable({ agents }: { agents: Agent[] }) {
  const t = useText();
  const formats = useFormats();
  return (
    <Table
      label={t.agents.title}
      rows={agents}
      keyOf={({ id }) => id}
      columns={[
        { title: t.agents.id, cell: ({ id }) => <strong>{id}</strong> },
        { title: t.devices.status, cell: (agent) => <Presence of={agent} /> },
        { title: t.agents.site, cell: ({ site }) => <SiteName site={site} /> },
        { title: t.agents.deviceIds, cell: ({ deviceIds }) => shownIds(deviceIds) || t.agents.noDeviceIds },
        { title: t.agents.version, cell: (agent) => <Version of={agent} /> },
        { title: t.agents.since, cell: ({ createdAt }) => formats.moment(createdAt) },
        {
          title: t.devices.lastSeen,
          cell: ({ lastSeenAt }) => (lastSeenAt ? <Ago at={lastSeenAt} /> : t.devices.neverSeen),
        },
        { title: t.agents.remove, untitled: true, cell: (agent) => <Actions agent={agent} /> },
      ]}
    />
  );
}

/** Whether it lags, and the state of its update. */
function Version({ of: { id, version } }: { of: Agent }) {
  const t = useText();
  const update = useAgentUpdates().data?.agents.find((each) => each.id === id);
  if (!update) return version;
  const { lags, permitted, phase, detail } = update;
  return (
    <Box maw={180}>
      {version}
      {lags && <div className="minor">{permitted ? t.updates.lags : t.updates.lagsUnpermitted}</div>}
      {phase !== 'none' && (
        <div className="minor">
          {t.updates.phases[phase](update.version ?? '')}
          {detail !== '' && `: ${detail}`}
        </div>
      )}
    </Box>
  );
}

const shownIds = (ids: readonly string[]): string => ids.slice(0, 5).join(', ') + (ids.length > 5 ? ', …' : '');

function Release({ id }: { id: string }) {
  const t = useText();
  const release = useReleaseInstallation();
  return (
    <Confirm
      look="subtle"
      button={t.agents.release}
      title={t.agents.releaseTitle(id)}
      hint={t.agents.releaseHint}
      action={{ ...release, run: (done) => release.mutate(id, { onSuccess: done }) }}
    />
  );
}

function Actions({ agent }: { agent: Agent }) {
  return (
    <Group gap="xs" justify="flex-end" maw={320} ml="auto">
      <AgentCheck agent={agent} />
      <Move agent={agent} />
      <AllowDevices agent={agent} />
      <Release id={agent.id} />
      <Remove id={agent.id} />
    </Group>
  );
}

function Move({ agent: { id, site } }: { agent: Agent }) {
  const t = useText();
  const move = useChangeAgent();
  const customers = useCustomers().data ?? [];
  const [opened, setOpened] = useState(false);
  const [siteId, setSiteId] = useState<string | null>(null);
  const close = (): void => setOpened(false);
  return (
    <>
      <Button size="xs" variant="default" aria-label={t.agents.moveTitle(id)} onClick={() => setOpened(true)}>
        {t.agents.move}
      </Button>
      <Dialog opened={opened} onClose={close} title={t.agents.moveTitle(id)}>
        <DialogForm
          submit={t.agents.move}
          onSubmit={() => (siteId ? move.mutate({ id, siteId }, { onSuccess: close }) : close())}
          onCancel={close}
          isPending={move.isPending}
          error={move.error}
        >
          <Select
            label={t.agents.site}
            description={customers.length > 0 ? t.agents.moveHint : t.customers.emptyHint}
            data={customers.map(({ name, sites }) => ({
              group: name,
              items: sites.map((each) => ({ value: each.id, label: each.name })),
            }))}
            value={siteId ?? site?.id ?? null}
            onChange={setSiteId}
            required
            searchable
          />
        </DialogForm>
      </Dialog>
    </>
  );
}

function AllowDevices({ agent: { id, deviceIds } }: { agent: Agent }) {
  const t = useText();
  const change = useChangeAgent();
  const [opened, setOpened] = useState(false);
  const close = (): void => {
    change.reset();
    setOpened(false);
  };
  return (
    <>
      <Button size="xs" variant="default" aria-label={t.agents.deviceIdsTitle(id)} onClick={() => setOpened(true)}>
        {t.agents.deviceIds}
      </Button>
      <Dialog opened={opened} onClose={close} title={t.agents.deviceIdsTitle(id)}>
        <DialogForm
          submit={t.agents.saveDeviceIds}
          onSubmit={(form) => change.mutate({ id, deviceIds: idsOf(textsOf(form)('deviceIds')) }, { onSuccess: close })}
          onCancel={close}
          isPending={change.isPending}
          error={change.error}
        >
          <DeviceIdsField error={change.error} hint={t.agents.allowHint} ids={deviceIds} />
        </DialogForm>
      </Dialog>
    </>
  );
}

function Remove({ id }: { id: string }) {
  const t = useText();
  const remove = useRemoveAgent();
  return (
    <Confirm
      look="subtle"
      button={t.agents.remove}
      title={t.agents.removeTitle(id)}
      hint={t.agents.removeHint}
      action={{ ...remove, run: (done) => remove.mutate(id, { onSuccess: done }) }}
    />
  );
}
