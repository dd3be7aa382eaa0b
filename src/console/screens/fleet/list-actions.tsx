import { Button, Checkbox, Group, Popover, Stack, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Link } from 'react-router';
import { fleetColumn, type FleetColumn, type FleetView } from '../../../protocol/fleet';
import { exportPath, useFleetViews, useRemoveView, useSaveView } from '../../api/fleet';
import { useText } from '../../messages/language';
import { Dialog, DialogForm } from '../../parts/dialog';
import { fieldErrors, textsOf } from '../../parts/form';
import { Loaded } from '../../parts/loaded';
import { ProblemNotice } from '../../parts/notice';
import { parametersOf, type FleetParameters } from './fleet-parameters';

/** Saved filters, columns and export. */
export function ListActions({ list }: { list: FleetParameters }) {
  const t = useText();
  const { filter, sort, order, columns } = list;
  const [opened, { open, close }] = useDisclosure(false);
  return (
    <>
      <Button variant="default" onClick={open}>
        {t.fleet.views}
      </Button>
      <Columns list={list} />
      <Button component="a" href={exportPath(filter, { sort, order }, columns)} download variant="default">
        {t.fleet.export}
      </Button>
      <Dialog opened={opened} onClose={close} title={t.fleet.views}>
        <Views list={list} onDone={close} />
      </Dialog>
    </>
  );
}

function Columns({ list }: { list: FleetParameters }) {
  const t = useText();
  return (
    <Popover position="bottom-end" trapFocus returnFocus>
      <Popover.Target>
        <Button variant="default">{t.fleet.chooseColumns}</Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Checkbox.Group
          aria-label={t.fleet.chooseColumns}
          value={[...list.columns]}
          onChange={(chosen) => list.change({ columns: fleetColumn.options.filter((each) => chosen.includes(each)) })}
        >
          <Stack gap={6}>
            {fleetColumn.options.map((each: FleetColumn) => (
              <Checkbox key={each} size="xs" value={each} label={t.fleet.columns[each]} />
            ))}
          </Stack>
        </Checkbox.Group>
      </Popover.Dropdown>
    </Popover>
  );
}

function Views({ list, onDone }: { list: FleetParameters; onDone: () => void }) {
  const t = useText();
  const views = useFleetViews();
  const save = useSaveView();
  const { filter, sort, order, columns, by } = list;
  return (
    <Stack gap="md">
      <Loaded query={views}>
        {(known) =>
          known.length === 0 ? (
            <Text size="sm" c="dimmed">
              {t.fleet.noViews}
            </Text>
          ) : (
            <ul className="applications" aria-label={t.fleet.views}>
              {known.map((view) => (
                <View key={view.id} view={view} onDone={onDone} />
              ))}
            </ul>
          )
        }
      </Loaded>
      <DialogForm
        submit={t.fleet.saveView}
        onSubmit={(form) =>
          save.mutate(
            { name: textsOf(form)('name'), query: { filter, sort, order, columns, by } },
            { onSuccess: () => form.reset() },
          )
        }
        onCancel={onDone}
        isPending={save.isPending}
        error={save.error}
      >
        <TextInput
          name="name"
          label={t.fleet.viewName}
          description={t.fleet.viewHint}
          error={fieldErrors(save.error, t)['name']}
          autoComplete="off"
          maxLength={60}
          required
        />
      </DialogForm>
    </Stack>
  );
}

function View({ view, onDone }: { view: FleetView; onDone: () => void }) {
  const t = useText();
  const remove = useRemoveView();
  return (
    <li>
      <Link to={`/devices?${parametersOf(view.query)}`} onClick={onDone}>
        {view.name}
      </Link>
      <Group gap="xs">
        {remove.error && <ProblemNotice error={remove.error} />}
        <Button
          size="xs"
          variant="subtle"
          color="red"
          aria-label={t.fleet.removeView(view.name)}
          loading={remove.isPending}
          onClick={() => remove.mutate(view)}
        >
          {t.agents.remove}
        </Button>
      </Group>
    </li>
  );
}
