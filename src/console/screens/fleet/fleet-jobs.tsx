import { Button, Checkbox, Group, Select, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import { Link } from 'react-router';
import type { FleetDevice, FleetJobs } from '../../../protocol/fleet';
import { LIMITS } from '../../../protocol/limits';
import { operation as operations, type Operation } from '../../../protocol/maintenance';
import type { ProblemCode } from '../../../protocol/problems';
import { useFirmware } from '../../api/firmware';
import { useRequestFleetJobs } from '../../api/fleet';
import { useText } from '../../messages/language';
import { Dialog, DialogForm } from '../../parts/dialog';
import { Status } from '../../parts/status';
import { Table } from '../../parts/table';
import { useCurrent } from '../current-user';
import { WaitSelect, type Wait } from '../maintenance/wait-select';
import { listOf, type FleetParameters } from './fleet-parameters';

/** The devices that a job is for: some of the rows that were shown, or all that the filter fits. */
export interface Selected {
  readonly ids: readonly string[];
  readonly all: boolean;
}
export const NOTHING_SELECTED: Selected = { ids: [], all: false };
export const isSelected = ({ ids, all }: Selected, id: string): boolean => all || ids.includes(id);
export const toggled = ({ ids }: Selected, id: string): Selected => ({
  ids: ids.includes(id) ? ids.filter((each) => each !== id) : [...ids, id],
  all: false,
});

interface BarProps {
  readonly list: FleetParameters;
  readonly rows: FleetDevice[];
  readonly count: number | undefined;
  readonly selected: Selected;
  readonly onSelect: (selected: Selected) => void;
}

/** What is selected, and what can be done with it. */
export function SelectionBar({ list, rows, count = rows.length, selected, onSelect }: BarProps) {
  const t = useText();
  const [opened, { open, close }] = useDisclosure(false);
  const n = selected.all ? count : selected.ids.length;
  const areRowsSelected = selected.all || rows.every(({ id }) => selected.ids.includes(id));
  return (
    <div className="tools selection">
      <Checkbox
        size="xs"
        label={t.fleet.selectShown}
        checked={areRowsSelected}
        indeterminate={n > 0 && !areRowsSelected}
        onChange={() => onSelect(areRowsSelected ? NOTHING_SELECTED : { ids: rows.map(({ id }) => id), all: false })}
      />
      {n > 0 && (
        <>
          <Text size="sm" role="status">
            {t.fleet.selected(n)}
          </Text>
          {!selected.all && count > n && count <= LIMITS.CAMPAIGN_DEVICES && (
            <Button size="compact-sm" variant="default" onClick={() => onSelect({ ids: [], all: true })}>
              {t.fleet.selectAll(count)}
            </Button>
          )}
          <Button size="compact-sm" variant="default" onClick={() => onSelect(NOTHING_SELECTED)}>
            {t.fleet.selectNone}
          </Button>
          <Button size="compact-sm" disabled={n > LIMITS.JOBS_AT_ONCE} onClick={open}>
            {t.fleet.startJob}
          </Button>
          <ToCampaign list={list} selected={selected} n={n} />
        </>
      )}
      <Dialog opened={opened} onClose={close} title={t.fleet.startJobs(n)} size="lg" keepOpen>
        <JobsForm list={list} selected={selected} n={n} onDone={close} />
      </Dialog>
    </div>
  );
}

/** Without those that need values: templates of settings have a screen of their own. */
const OFFERED = operations.options.filter((each) => each !== 'settings-set');

/** Passes the selection on: the devices, or the filter that all of them fit. */
function ToCampaign({ list, selected: { ids, all }, n }: { list: FleetParameters; selected: Selected; n: number }) {
  const t = useText();
  const { isAdmin } = useCurrent();
  const state = all ? undefined : { deviceIds: ids };
  const filter = all ? listOf(list.filter).slice('/devices'.length) : '';
  if (!all && n > LIMITS.JOBS_AT_ONCE) return null;
  return (
    <>
      <Button size="compact-sm" variant="light" component={Link} to={`/campaigns/new${filter}`} state={state}>
        {t.campaigns.new}
      </Button>
      {isAdmin && (
        <Button
          size="compact-sm"
          variant="light"
          component={Link}
          to={`/settings-templates/new${filter}`}
          state={state}
        >
          {t.templates.newOf}
        </Button>
      )}
    </>
  );
}

function JobsForm({
  list,
  selected,
  n,
  onDone,
}: {
  list: FleetParameters;
  selected: Selected;
  n: number;
  onDone: () => void;
}) {
  const t = useText();
  const request = useRequestFleetJobs();
  const [operation, setOperation] = useState<Operation>('counters');
  const [firmwareId, setFirmware] = useState<string | null>(null);
  const [wait, setWait] = useState<Wait>(1440);
  const isInstall = operation === 'firmware-install';
  const files = (useFirmware().data ?? []).filter(({ signedAt }) => signedAt !== null);
  if (request.data) return <Outcome of={request.data} onDone={onDone} />;
  const submit = (): void => {
    if (isInstall && firmwareId === null) return;
    request.mutate({
      devices: selected.all ? { filter: list.filter, count: n } : { deviceIds: [...selected.ids] },
      job: { operation, waitMinutes: wait, ...(isInstall && firmwareId && { firmwareId }) },
    });
  };
  return (
    <DialogForm
      submit={t.fleet.startJobs(n)}
      onSubmit={submit}
      onCancel={onDone}
      isPending={request.isPending}
      error={request.error}
      isDanger={operation === 'restart' || isInstall}
    >
      <Select
        label={t.maintenance.operation}
        data={OFFERED.map((each) => ({ value: each, label: t.maintenance.operations[each].name }))}
        value={operation}
        onChange={(chosen) => setOperation(operations.safeParse(chosen).data ?? operation)}
        allowDeselect={false}
        data-autofocus
      />
      <Text size="sm" c="dimmed">
        {t.maintenance.operations[operation].hint}
      </Text>
      {isInstall && (
        <Select
          label={t.maintenance.install.choose}
          data={files.map(({ id, name, version, model }) => ({ value: id, label: `${version} – ${name} ${model}` }))}
          value={firmwareId}
          onChange={setFirmware}
          required
        />
      )}
      <WaitSelect value={wait} onChange={setWait} />
      <Text size="sm">{t.fleet.eachDecides}</Text>
    </DialogForm>
  );
}

/** Which jobs were started, and why others were not; those first. */
function Outcome({ of: { rows }, onDone }: { of: FleetJobs; onDone: () => void }) {
  const t = useText();
  const refused = rows.filter(({ refusal }) => refusal !== null);
  const started = rows.filter(({ refusal }) => refusal === null);
  return (
    <Stack gap="sm">
      <Text role="status">{t.fleet.outcome(started.length, refused.length)}</Text>
      <Table
        label={t.fleet.outcomes}
        rows={[...refused, ...started]}
        keyOf={({ deviceId }) => deviceId}
        columns={[
          {
            title: t.devices.name,
            cell: ({ deviceId, deviceName }) => <Link to={`/devices/${deviceId}`}>{deviceName || deviceId}</Link>,
          },
          {
            title: t.fleet.outcomes,
            cell: ({ jobId, refusal }) =>
              refusal ? (
                <>
                  <Status tone="bad">{titleOf(refusal, t.problems)}</Status>
                  {refusal.detail && <div className="minor">{t.detail(refusal.detail)}</div>}
                </>
              ) : (
                <Status tone="on">
                  <Link to={`/jobs/${jobId}`}>{t.fleet.started}</Link>
                </Status>
              ),
          },
        ]}
      />
      <Group justify="flex-end">
        <Button onClick={onDone}>{t.actions.close}</Button>
      </Group>
    </Stack>
  );
}

const titleOf = (
  { code, title }: { code: string; title: string },
  known: Record<ProblemCode, { title: string }>,
): string => (code in known ? known[code as ProblemCode].title : title);
