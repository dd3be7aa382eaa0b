import { Button, Group, MultiSelect, NumberInput, Select, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import type { AgentUpdates, Rollout } from '../../../protocol/agent-update';
import { LIMITS } from '../../../protocol/limits';
import {
  useAgentUpdates,
  useChangeRollout,
  useRemoveAgentRelease,
  useStartRollout,
  useUploadAgentRelease,
} from '../../api/agent-updates';
import { useCustomers } from '../../api/customers';
import { useFormats, useText } from '../../messages/language';
import { Confirm } from '../../parts/confirm';
import { Dialog, DialogForm } from '../../parts/dialog';
import { Empty, Loaded } from '../../parts/loaded';
import { ProblemNotice } from '../../parts/notice';
import { Panel } from '../../parts/panel';
import { Status } from '../../parts/status';
import { Table } from '../../parts/table';
import { Sha256 } from '../../parts/uploads';
import { ReleaseUpload } from '../deployment/release-upload';

/** Releases of the agent, and their rollout to the agents whose owners permit updates. */
export function AgentUpdatesPanel() {
  const t = useText();
  const updates = useAgentUpdates();
  const upload = useUploadAgentRelease();
  return (
    <Panel title={t.updates.title}>
      <Loaded query={updates}>
        {(found) => (
          <>
            {found.rollout && <RolloutState rollout={found.rollout} />}
            {found.releases.length > 0 ? (
              <Releases updates={found} />
            ) : (
              <Empty title={t.updates.emptyTitle} hint={t.updates.emptyHint} />
            )}
            <div className="panel-body">
              <Group gap="sm" align="flex-start">
                <ReleaseUpload upload={upload} />
                {found.releases.length > 0 && !isOpen(found.rollout) && <Start updates={found} />}
              </Group>
            </div>
          </>
        )}
      </Loaded>
    </Panel>
  );
}

const isOpen = (rollout: Rollout | null): boolean => rollout !== null && rollout.endedAt === null;

const TONES = { running: 'busy', paused: 'bad', ended: 'off' } as const;

function RolloutState({ rollout }: { rollout: Rollout }) {
  const t = useText();
  const formats = useFormats();
  const change = useChangeRollout();
  const { id, version, state, reason, agents, canaries, canariesUpdatedAt, soakMinutes } = rollout;
  const to = (next: Rollout['state']) => () => change.mutate({ id, state: next });
  const observedUntil =
    state === 'running' && canaries.length > 0 && canariesUpdatedAt !== null
      ? Date.parse(canariesUpdatedAt) + soakMinutes * 60_000
      : undefined;
  return (
    <div className="panel-body">
      <Group justify="space-between" align="flex-start">
        <Stack gap={2} role="status">
          <Status tone={TONES[state]}>
            {t.updates.rollout(version)}: {t.updates.states[state]}
          </Status>
          <Text size="sm">{t.updates.progress(agents.updated, agents.all, agents.notPermitted)}</Text>
          {observedUntil !== undefined && observedUntil > Date.now() && (
            <Text size="sm">{t.updates.observed(formats.moment(new Date(observedUntil).toISOString()))}</Text>
          )}
          {state === 'paused' && reason !== '' && (
            <Text size="sm" className="bad">
              {t.updates.pausedBecause(reason)}
            </Text>
          )}
        </Stack>
        {state !== 'ended' && (
          <Group gap="xs">
            <Button
              size="xs"
              variant="default"
              loading={change.isPending}
              onClick={to(state === 'running' ? 'paused' : 'running')}
            >
              {state === 'running' ? t.updates.pause : t.updates.resume}
            </Button>
            <Confirm
              look="subtle"
              button={t.updates.end}
              title={t.updates.endTitle(version)}
              hint={t.updates.endHint}
              action={{ ...change, run: (done) => change.mutate({ id, state: 'ended' }, { onSuccess: done }) }}
            />
          </Group>
        )}
      </Group>
      {change.error && <ProblemNotice error={change.error} />}
    </div>
  );
}

function Releases({ updates: { releases, rollout } }: { updates: AgentUpdates }) {
  const t = useText();
  const formats = useFormats();
  return (
    <Table
      label={t.updates.title}
      rows={releases}
      keyOf={({ version }) => version}
      columns={[
        {
          title: t.agents.version,
          cell: ({ version, sha256 }) => (
            <>
              <strong>{version}</strong>
              <Sha256 of={sha256} />
            </>
          ),
        },
        { title: t.deployment.notes, cell: ({ notes }) => notes },
        { title: t.deployment.releaseMade, cell: ({ createdAt }) => formats.moment(createdAt) },
        { title: t.deployment.releaseStored, cell: ({ storedAt }) => formats.moment(storedAt) },
        { title: t.deployment.size, numeric: true, cell: ({ bytes }) => formats.bytes(bytes) },
        {
          title: t.deployment.remove,
          untitled: true,
          cell: ({ version }) =>
            (rollout?.version !== version || rollout.endedAt !== null) && <Remove version={version} />,
        },
      ]}
    />
  );
}

function Remove({ version }: { version: string }) {
  const t = useText();
  const remove = useRemoveAgentRelease();
  return (
    <Confirm
      look="subtle"
      button={t.deployment.remove}
      title={t.deployment.removeTitle(version)}
      hint={t.updates.removeHint}
      action={{ ...remove, run: (done) => remove.mutate(version, { onSuccess: done }) }}
    />
  );
}

function Start({ updates: { releases, agents } }: { updates: AgentUpdates }) {
  const t = useText();
  const start = useStartRollout();
  const customers = useCustomers().data ?? [];
  const [opened, setOpened] = useState(false);
  const [version, setVersion] = useState<string | null>(releases[0]?.version ?? null);
  const [canaries, setCanaries] = useState<string[]>([]);
  const [customerIds, setCustomerIds] = useState<string[]>([]);
  const [hours, setHours] = useState<number | string>(24);
  const close = (): void => {
    start.reset();
    setOpened(false);
  };
  const submit = (): void => {
    if (version === null) return;
    const among = customerIds.length > 0 ? customerIds : null;
    start.mutate(
      { version, canaries, customerIds: among, soakMinutes: Math.round(Number(hours) * 60) },
      { onSuccess: close },
    );
  };
  return (
    <>
      <Button size="xs" onClick={() => setOpened(true)}>
        {t.updates.start}
      </Button>
      <Dialog opened={opened} onClose={close} title={t.updates.start}>
        <DialogForm
          submit={t.updates.start}
          onSubmit={submit}
          onCancel={close}
          isPending={start.isPending}
          error={start.error}
        >
          <Text size="sm">{t.updates.startHint}</Text>
          <Select
            label={t.agents.version}
            data={releases.map((each) => each.version)}
            value={version}
            onChange={setVersion}
            required
          />
          <MultiSelect
            label={t.updates.canaries}
            description={t.updates.canariesHint}
            data={agents.filter(({ permitted }) => permitted).map(({ id }) => id)}
            value={canaries}
            onChange={setCanaries}
            maxValues={LIMITS.ROLLOUT_CANARIES}
            searchable
          />
          {canaries.length > 0 && (
            <NumberInput
              label={t.updates.soak}
              description={t.updates.soakHint}
              min={0}
              max={LIMITS.ROLLOUT_SOAK_MINUTES / 60}
              value={hours}
              onChange={setHours}
            />
          )}
          <MultiSelect
            label={t.updates.customers}
            description={t.updates.customersHint}
            data={customers.map(({ id, name }) => ({ value: id, label: name }))}
            value={customerIds}
            onChange={setCustomerIds}
            searchable
          />
        </DialogForm>
      </Dialog>
    </>
  );
}
