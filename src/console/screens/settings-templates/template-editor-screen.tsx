import { Button, Group, Radio, Select, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { Link, useLocation, useNavigate, useParams } from 'react-router';
import { isSettingName, SETTING_NAMES, type SettingName, type SettingValues } from '../../../protocol/device-settings';
import type { FleetFilter } from '../../../protocol/fleet';
import type { SettingsTemplate } from '../../../protocol/settings-template';
import { useFleetGroups } from '../../api/fleet';
import { useSaveSettingsTemplate, useSettingsTemplate } from '../../api/settings-templates';
import { useFormats, useText } from '../../messages/language';
import { fieldErrors } from '../../parts/form';
import { Loaded } from '../../parts/loaded';
import { ProblemNotice } from '../../parts/notice';
import { Page } from '../../parts/page';
import { Panel } from '../../parts/panel';
import { FleetFilters } from '../fleet/fleet-filters';
import { useFleetParameters, useOwnFleetParameters } from '../fleet/fleet-parameters';
import { SettingField } from '../settings/setting-field';
import { settingName } from '../settings/setting-texts';

/** Adds a template for what the device list has handed over, or edits one. */
export function TemplateEditorScreen() {
  const t = useText();
  const { id } = useParams();
  const { state } = useLocation() as { state: { deviceIds?: readonly string[] } | null };
  const { filter } = useFleetParameters();
  return (
    <Page title={id ? t.templates.editor.editTitle : t.templates.editor.title} lead={t.templates.editor.lead}>
      {id ? (
        <Known id={id} />
      ) : (
        <Editor known={undefined} first={{ name: '', settings: {}, filter, deviceIds: state?.deviceIds }} />
      )}
    </Page>
  );
}

interface First {
  readonly name: string;
  readonly settings: SettingValues;
  readonly filter: FleetFilter;
  readonly deviceIds: readonly string[] | undefined;
}

function Known({ id }: { id: string }) {
  const template = useSettingsTemplate(id);
  // as it was when the screen was opened: what is entered is not replaced, and saved only if no other user has saved
  const [opened, setOpened] = useState<SettingsTemplate>();
  if (!opened && template.data && !template.isFetching) setOpened(template.data);
  return (
    <Loaded query={{ ...template, data: opened }}>
      {(known) => {
        const { name, devices } = known;
        const settings = Object.fromEntries(Object.entries(known.settings).filter(([each]) => isSettingName(each)));
        const filter = 'filter' in devices ? devices.filter : {};
        const deviceIds = 'deviceIds' in devices ? devices.deviceIds : undefined;
        return <Editor known={known} first={{ name, settings: settings, filter, deviceIds }} />;
      }}
    </Loaded>
  );
}

function Editor({ known, first }: { known: SettingsTemplate | undefined; first: First }) {
  const t = useText();
  const formats = useFormats();
  const navigate = useNavigate();
  const save = useSaveSettingsTemplate(known);
  const [name, setName] = useState(first.name);
  const [settings, setSettings] = useState<SettingValues>(first.settings);
  const [isSelection, setSelection] = useState(first.deviceIds !== undefined);
  const [isEmpty, setEmpty] = useState(false);
  const list = useOwnFleetParameters(first.filter);
  const count = useFleetGroups(list.filter, 'none', !isSelection).data?.all.devices;
  const errors = fieldErrors(save.error, t);
  const submit = (): void => {
    setEmpty(Object.keys(settings).length === 0);
    if (Object.keys(settings).length === 0) return;
    const devices = isSelection && first.deviceIds ? { deviceIds: [...first.deviceIds] } : { filter: list.filter };
    save.mutate({ name, settings, devices }, { onSuccess: ({ id }) => void navigate(`/settings-templates/${id}`) });
  };
  return (
    <>
      <Panel title={t.templates.editor.which}>
        {first.deviceIds && (
          <div className="tools">
            <Radio.Group
              aria-label={t.templates.editor.which}
              value={isSelection ? 'selection' : 'filter'}
              onChange={(value) => setSelection(value === 'selection')}
            >
              <Group gap="md">
                <Radio value="selection" label={t.templates.editor.selected(first.deviceIds.length)} />
                <Radio value="filter" label={t.templates.editor.byFilter} />
              </Group>
            </Radio.Group>
          </div>
        )}
        {!isSelection && (
          <FleetFilters list={list}>
            {count !== undefined && (
              <Text size="xs" c="dimmed" role="status">
                {t.campaigns.create.fits(formats.count(count))}
              </Text>
            )}
          </FleetFilters>
        )}
      </Panel>
      <Panel title={t.templates.editor.what}>
        <form
          className="panel-body"
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            submit();
          }}
        >
          <Stack gap="sm">
            <TextInput
              label={t.templates.name}
              placeholder={t.templates.editor.namePlaceholder}
              value={name}
              onChange={({ currentTarget }) => setName(currentTarget.value)}
              error={errors.name}
              maxLength={100}
              required
            />
            <Values settings={settings} errors={errors} onChange={setSettings} />
            {isEmpty && (
              <Text size="sm" c="red" role="alert">
                {t.templates.editor.none}
              </Text>
            )}
            {save.error && <ProblemNotice error={save.error} />}
            <Group justify="flex-end">
              <Button
                variant="default"
                component={Link}
                to={known ? `/settings-templates/${known.id}` : '/settings-templates'}
              >
                {t.actions.cancel}
              </Button>
              <Button type="submit" loading={save.isPending}>
                {t.actions.save}
              </Button>
            </Group>
          </Stack>
        </form>
      </Panel>
    </>
  );
}

/** The settings that are chosen, each with its value, and the choice of further ones. */
function Values({
  settings,
  errors,
  onChange,
}: {
  settings: SettingValues;
  errors: Record<string, string>;
  onChange: (settings: SettingValues) => void;
}) {
  const t = useText();
  const chosen = SETTING_NAMES.filter((name) => settings[name] !== undefined);
  const without = (name: SettingName): SettingValues =>
    Object.fromEntries(Object.entries(settings).filter(([each]) => each !== name));
  return (
    <>
      {chosen.map((name) => (
        <Group key={name} align="flex-end" gap="xs" wrap="nowrap" className="setting-row">
          <div className="grow">
            <SettingField
              name={name}
              value={settings[name] ?? ''}
              error={errors[`settings.${name}`]}
              onChange={(value) => onChange({ ...settings, [name]: value })}
            />
          </div>
          <Button
            variant="default"
            flex="none"
            aria-label={t.templates.editor.removeSetting(settingName(name, t))}
            onClick={() => onChange(without(name))}
          >
            {t.templates.remove}
          </Button>
        </Group>
      ))}
      <Select
        label={t.templates.editor.add}
        description={t.templates.editor.addHint}
        inputWrapperOrder={['label', 'input', 'description']}
        data={SETTING_NAMES.filter((name) => !chosen.includes(name)).map((name) => ({
          value: name,
          label: settingName(name, t),
        }))}
        value={null}
        onChange={(name) => name !== null && isSettingName(name) && onChange({ ...settings, [name]: '' })}
        searchable
      />
    </>
  );
}
