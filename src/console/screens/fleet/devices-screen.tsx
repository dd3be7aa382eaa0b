import { Button, Text } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'react-router';
import { useFleet, useFleetGroups } from '../../api/fleet';
import { rowsOf } from '../../api/pages';
import { useText } from '../../messages/language';
import { Empty, Loaded, More } from '../../parts/loaded';
import { Page } from '../../parts/page';
import { Panel } from '../../parts/panel';
import { useCurrent } from '../current-user';
import { FleetFilters } from './fleet-filters';
import { FleetGroupTable } from './fleet-group-table';
import { NOTHING_SELECTED, SelectionBar, type Selected } from './fleet-jobs';
import { useFleetParameters, type FleetParameters } from './fleet-parameters';
import { FleetTable } from './fleet-table';
import { ListActions } from './list-actions';

/** The device list: filtered, sorted and grouped by the server; its address says how. */
export function DevicesScreen() {
  const t = useText();
  const list = useFleetParameters();
  const total = useFleetGroups({}, 'none').data?.all.devices;
  const found = useFleetGroups(list.filter, list.by ?? 'none');
  const count = found.data?.all.devices;
  return (
    <Page title={t.devices.title} actions={<Actions list={list} />}>
      {total === 0 ? (
        <NoDevices />
      ) : (
        <Panel>
          <FleetFilters list={list}>
            <Text size="xs" c="dimmed" role="status">
              {count !== undefined && total !== undefined && t.devices.count(count, Math.max(count, total))}
            </Text>
          </FleetFilters>
          {list.by ? (
            <Loaded query={found}>{(groups) => <FleetGroupTable list={list} groups={groups} />}</Loaded>
          ) : (
            <Devices list={list} count={count} />
          )}
        </Panel>
      )}
    </Page>
  );
}

function Actions({ list }: { list: FleetParameters }) {
  const t = useText();
  const { isAdmin } = useCurrent();
  return (
    <>
      {isAdmin && (
        <Button component={Link} to="/agents/found" variant="default">
          {t.found.link}
        </Button>
      )}
      <ListActions list={list} />
    </>
  );
}

function Devices({ list, count }: { list: FleetParameters; count: number | undefined }) {
  const t = useText();
  const { filter, sort, order } = list;
  const fleet = useFleet(filter, { sort, order });
  // what was selected belongs to the filter
  const within = JSON.stringify(filter);
  const [selection, setSelection] = useState<{ within: string; selected: Selected }>();
  const selected = selection?.within === within ? selection.selected : NOTHING_SELECTED;
  const setSelected = (next: Selected): void => setSelection({ within, selected: next });
  return (
    <>
      <Loaded query={fleet}>
        {(pages) => {
          const rows = rowsOf(pages);
          if (rows.length === 0)
            return (
              <Empty title={t.devices.noneFound} hint={t.devices.noneFoundHint}>
                <Button variant="default" onClick={() => list.change({ filter: {} })}>
                  {t.devices.showAll}
                </Button>
              </Empty>
            );
          return (
            <>
              <SelectionBar list={list} rows={rows} count={count} selected={selected} onSelect={setSelected} />
              <FleetTable list={list} devices={rows} selected={selected} onSelect={setSelected} />
            </>
          );
        }}
      </Loaded>
      <More query={fleet} />
    </>
  );
}

function NoDevices() {
  const t = useText();
  const { isAdmin } = useCurrent();
  return (
    <Panel>
      <Empty title={t.devices.emptyTitle} hint={isAdmin ? t.devices.emptyAdmin : t.devices.emptyTechnician}>
        {isAdmin && (
          <Button component={Link} to="/agents">
            {t.devices.toAgents}
          </Button>
        )}
      </Empty>
    </Panel>
  );
}
