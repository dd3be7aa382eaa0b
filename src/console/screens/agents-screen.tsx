import { Button } from '@mantine/core';
import { useState } from 'react';
import { useAgents, useReleaseInstallation, useRemoveAgent, type Agent } from '../api/agents';
import { useFormats, useText } from '../messages/language';
import { Ago } from '../parts/time';
import { Confirm } from '../parts/confirm';
import { Empty, Loaded } from '../parts/loaded';
import { PlusIcon } from '../parts/icons';
import { Page } from '../parts/page';
import { Panel } from '../parts/panel';
import { Presence } from '../parts/status';
import { Table } from '../parts/table';
import { EnrolDialog } from './enrol-dialog';

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
              <AgentTable agents={rows} />
            ) : (
              <Empty title={t.agents.emptyTitle} hint={t.agents.emptyHint} />
            )
          }
        </Loaded>
      </Panel>
      <EnrolDialog opened={enrolling} onClose={() => setEnrolling(false)} />
    </Page>
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
        { title: t.agents.version, cell: ({ version }) => version },
        { title: t.agents.since, cell: ({ createdAt }) => formats.moment(createdAt) },
        {
          title: t.devices.lastSeen,
          cell: ({ lastSeenAt }) => (lastSeenAt ? <Ago at={lastSeenAt} /> : t.devices.neverSeen),
        },
        {
          title: t.agents.remove,
          untitled: true,
          cell: ({ id }) => (
            <>
              <Release id={id} />
              <Remove id={id} />
            </>
          ),
        },
      ]}
    />
  );
}

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
