import { Button, Checkbox, Group, NumberInput, Select, Stack, TagsInput, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import { Link, useLocation, useNavigate } from 'react-router';
import type { WeeklyHours } from '../../../protocol/access-conditions';
import { newCampaign, type CampaignPlan, type WaveSize } from '../../../protocol/campaign';
import { LIMITS } from '../../../protocol/limits';
import { useCampaignPlan, useStartCampaign, type NewCampaign } from '../../api/campaigns';
import { useFirmware } from '../../api/firmware';
import { useFleetGroups } from '../../api/fleet';
import { useSettingsTemplates } from '../../api/settings-templates';
import { useFormats, useText } from '../../messages/language';
import { PlusIcon } from '../../parts/icons';
import { ProblemNotice } from '../../parts/notice';
import { Page } from '../../parts/page';
import { Panel } from '../../parts/panel';
import { futureMoment, nextHour, TimeInput } from '../../parts/time-input';
import { HoursFields, NIGHT } from '../alerts/quiet-times-fields';
import { FleetFilters } from '../fleet/fleet-filters';
import { useFleetParameters } from '../fleet/fleet-parameters';
import { WaveBar, WaveLegend } from './wave-bar';

/** The server plans a campaign when the user pauses. */
const TYPING_MS = 500;
const WAIT_HOURS = [24, 72, 168, 336] as const;
const OFFERED = newCampaign.shape.operation;
type CampaignOperation = NewCampaign['operation'];
const CANARY: WaveSize = { devices: 5 };

/**
 * What another screen hands over: the devices that were selected in the device list, without which the filter in the address
 * applies; or a settings template, with its devices.
 */
interface HandedOver {
  readonly deviceIds?: readonly string[];
  readonly templateId?: string;
}

/** Everything but the devices. */
interface Settings {
  readonly name: string;
  readonly operation: CampaignOperation;
  readonly firmwareId: string | null;
  readonly fromVersions: readonly string[];
  readonly templateId: string | null;
  readonly onlyDiffering: boolean;
  readonly waves: readonly WaveSize[];
  readonly pauseAfterFirstWave: boolean;
  readonly isLimited: boolean;
  readonly percent: number;
  readonly least: number;
  readonly isTimed: boolean;
  readonly hours: readonly WeeklyHours[];
  readonly timeZone: string | null;
  readonly waitHours: number;
  readonly isLater: boolean;
  readonly at: string;
}

/** Starts a campaign for the devices that were selected, or that a filter fits. */
export function NewCampaignScreen() {
  const t = useText();
  const navigate = useNavigate();
  const { state } = useLocation() as { state: HandedOver | null };
  const [selected, setSelected] = useState(state?.deviceIds);
  const list = useFleetParameters();
  const count = useFleetGroups(list.filter, 'none', selected === undefined).data?.all.devices;
  const [settings, setSettings] = useState<Settings>({
    ...{ name: '', operation: state?.templateId ? 'settings-set' : 'firmware-install', firmwareId: null },
    ...{ fromVersions: [], templateId: state?.templateId ?? null, onlyDiffering: true },
    ...{ waves: [CANARY], pauseAfterFirstWave: true, isLimited: true, percent: 20, least: 5 },
    ...{ isTimed: false, hours: [NIGHT], timeZone: null, waitHours: 72, isLater: false, at: nextHour() },
  });
  const change = (changes: Partial<Settings>): void => setSettings({ ...settings, ...changes });
  const devices = devicesOf(selected, list.filter, count);
  const wanted = devices && wantedOf(settings, devices, t.maintenance.operations[settings.operation].name);
  const [planned] = useDebouncedValue(JSON.stringify(wanted), TYPING_MS);
  // the name and the time change nothing of the plan
  const plan = useCampaignPlan(
    planned === undefined ? undefined : { ...parsed(planned), name: '-', startsAt: undefined },
  );
  const start = useStartCampaign();
  const [isPast, setPast] = useState(false);
  const submit = (): void => {
    const past = settings.isLater && futureMoment(settings.at) === undefined;
    setPast(past);
    if (wanted && !past) start.mutate(wanted, { onSuccess: ({ id }) => void navigate(`/campaigns/${id}`) });
  };
  return (
    <Page title={t.campaigns.create.title} lead={t.campaigns.create.lead}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <Stack gap="md">
          <Panel title={t.campaigns.create.which}>
            {selected ? (
              <div className="tools">
                <Text size="sm">{t.campaigns.create.selected(selected.length)}</Text>
                <Button size="xs" variant="default" onClick={() => setSelected(undefined)}>
                  {t.campaigns.create.useFilter}
                </Button>
              </div>
            ) : (
              <FleetFilters list={list}>
                <Fits count={count} />
              </FleetFilters>
            )}
          </Panel>
          <div className="columns">
            <Panel title={t.campaigns.create.what}>
              <div className="panel-body">
                <What settings={settings} change={change} />
              </div>
            </Panel>
            <Panel title={t.campaigns.create.order}>
              <div className="panel-body">
                <Order settings={settings} change={change} />
              </div>
            </Panel>
            <Panel title={t.campaigns.create.when}>
              <div className="panel-body">
                <When settings={settings} change={change} isPast={isPast} />
              </div>
            </Panel>
            <Panel title={t.campaigns.create.plan}>
              <div className="panel-body">
                {plan.error && wanted ? (
                  <ProblemNotice error={plan.error} />
                ) : wanted && plan.data ? (
                  <Plan plan={plan.data} />
                ) : (
                  <Text size="sm" c="dimmed">
                    {t.campaigns.create.planning}
                  </Text>
                )}
              </div>
            </Panel>
          </div>
          {start.error && <ProblemNotice error={start.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={() => void navigate(-1)}>
              {t.actions.cancel}
            </Button>
            <Button type="submit" loading={start.isPending} disabled={!wanted}>
              {settings.isLater ? t.campaigns.create.submitLater : t.campaigns.create.submit}
            </Button>
          </Group>
        </Stack>
      </form>
    </Page>
  );
}

function devicesOf(
  selected: readonly string[] | undefined,
  filter: ReturnType<typeof useFleetParameters>['filter'],
  count: number | undefined,
): NewCampaign['devices'] | undefined {
  if (selected) return { deviceIds: [...selected] };
  return count !== undefined && count > 0 && count <= LIMITS.CAMPAIGN_DEVICES ? { filter, count } : undefined;
}

/** undefined: something is missing. */
function wantedOf(settings: Settings, devices: NewCampaign['devices'], title: string): NewCampaign | undefined {
  const { operation, firmwareId, fromVersions, templateId, onlyDiffering, waves, pauseAfterFirstWave, waitHours } =
    settings;
  const { isLimited, percent, least, isTimed, hours, timeZone, isLater, at } = settings;
  const isInstall = operation === 'firmware-install';
  const isSet = operation === 'settings-set';
  if ((isInstall && firmwareId === null) || (isSet && templateId === null)) return undefined;
  return {
    ...{ name: settings.name.trim() || title, devices, operation, waves: [...waves] },
    ...{ pauseAfterFirstWave: pauseAfterFirstWave && waves.length > 0, waitHours },
    ...(isInstall && firmwareId !== null && { firmwareId, fromVersions: [...fromVersions] }),
    ...(isSet && templateId !== null && { templateId, onlyDiffering }),
    ...(isLimited && { failureLimit: { percent, least } }),
    ...(isTimed && hours.length > 0 && { window: { hours: [...hours], timeZone } }),
    ...(isLater && { startsAt: futureMoment(at) }),
  };
}
const parsed = (text: string): NewCampaign => JSON.parse(text) as NewCampaign;

function Fits({ count }: { count: number | undefined }) {
  const t = useText();
  const formats = useFormats();
  if (count === undefined) return null;
  const most = LIMITS.CAMPAIGN_DEVICES;
  const text = count > most ? t.campaigns.create.tooMany(formats.count(most)) : t.campaigns.create.none;
  return (
    <Text size="xs" c="dimmed" role="status">
      {count > 0 && count <= most ? t.campaigns.create.fits(formats.count(count)) : text}
    </Text>
  );
}

interface Part {
  readonly settings: Settings;
  readonly change: (changes: Partial<Settings>) => void;
}

/** The template whose values are set; the campaign keeps a copy of them. */
function WhichTemplate({ settings: { templateId, onlyDiffering }, change }: Part) {
  const t = useText();
  const { data } = useSettingsTemplates();
  if (data?.length === 0)
    return (
      <Text size="sm" c="dimmed">
        {t.campaigns.create.noTemplates} <Link to="/settings-templates">{t.templates.title}</Link>
      </Text>
    );
  return (
    <>
      <Select
        label={t.templates.template}
        description={t.campaigns.create.templateHint}
        inputWrapperOrder={['label', 'input', 'description']}
        data={(data ?? []).map(({ id, name }) => ({ value: id, label: name }))}
        value={templateId}
        onChange={(chosen) => change({ templateId: chosen })}
        placeholder={t.campaigns.create.missingTemplate}
        searchable
        required
      />
      <Checkbox
        label={t.campaigns.create.onlyDiffering}
        description={t.campaigns.create.onlyDifferingHint}
        checked={onlyDiffering}
        onChange={({ currentTarget }) => change({ onlyDiffering: currentTarget.checked })}
      />
    </>
  );
}

function What({ settings, change }: Part) {
  const { name, operation, firmwareId, fromVersions } = settings;
  const t = useText();
  const files = (useFirmware().data ?? []).filter(({ signedAt }) => signedAt !== null);
  return (
    <Stack gap="sm">
      <Select
        label={t.maintenance.operation}
        data={OFFERED.options.map((each) => ({ value: each, label: t.maintenance.operations[each].name }))}
        value={operation}
        onChange={(chosen) => change({ operation: OFFERED.safeParse(chosen).data ?? operation })}
        description={t.maintenance.operations[operation].hint}
        inputWrapperOrder={['label', 'input', 'description']}
        allowDeselect={false}
      />
      {operation === 'settings-set' && <WhichTemplate settings={settings} change={change} />}
      {operation === 'firmware-install' && (
        <>
          <Select
            label={t.campaigns.create.firmware}
            data={files.map(({ id, name: file, version, model }) => ({
              value: id,
              label: `${version} – ${file} ${model}`,
            }))}
            value={firmwareId}
            onChange={(chosen) => change({ firmwareId: chosen })}
            placeholder={t.campaigns.create.missingFile}
            required
          />
          <TagsInput
            label={t.campaigns.create.fromVersions}
            description={t.campaigns.create.fromVersionsHint}
            inputWrapperOrder={['label', 'input', 'description']}
            value={[...fromVersions]}
            onChange={(versions) => change({ fromVersions: versions })}
            maxTags={LIMITS.CAMPAIGN_FROM_VERSIONS}
            acceptValueOnBlur
          />
        </>
      )}
      <TextInput
        label={t.campaigns.create.name}
        description={t.campaigns.create.nameHint}
        inputWrapperOrder={['label', 'input', 'description']}
        placeholder={t.maintenance.operations[operation].name}
        value={name}
        onChange={({ currentTarget }) => change({ name: currentTarget.value })}
        maxLength={100}
      />
    </Stack>
  );
}

function Order({ settings: { waves, pauseAfterFirstWave, isLimited, percent, least }, change }: Part) {
  const t = useText();
  const formats = useFormats();
  const replace = (at: number, wave: WaveSize): void =>
    change({ waves: waves.map((each, index) => (index === at ? wave : each)) });
  return (
    <Stack gap="sm">
      {waves.map((wave, at) => (
        <WaveRow
          key={at}
          number={formats.count(at + 1)}
          wave={wave}
          onChange={(next) => replace(at, next)}
          onRemove={() => change({ waves: waves.filter((_, index) => index !== at) })}
        />
      ))}
      <Text size="sm" c="dimmed">
        {t.campaigns.create.rest}
      </Text>
      {waves.length < LIMITS.CAMPAIGN_WAVES - 1 && (
        <Group>
          <Button
            size="xs"
            variant="default"
            leftSection={<PlusIcon size={15} />}
            onClick={() => change({ waves: [...waves, { percent: 20 }] })}
          >
            {t.campaigns.create.addWave}
          </Button>
        </Group>
      )}
      <Checkbox
        label={t.campaigns.create.pauseAfterFirst}
        checked={pauseAfterFirstWave && waves.length > 0}
        disabled={waves.length === 0}
        onChange={({ currentTarget }) => change({ pauseAfterFirstWave: currentTarget.checked })}
      />
      <Checkbox
        label={t.campaigns.create.limit}
        checked={isLimited}
        onChange={({ currentTarget }) => change({ isLimited: currentTarget.checked })}
      />
      {isLimited && (
        <Group grow>
          <NumberInput
            label={t.campaigns.create.percent}
            min={1}
            max={100}
            value={percent}
            onChange={(value) => typeof value === 'number' && change({ percent: value })}
          />
          <NumberInput
            label={t.campaigns.create.least}
            min={1}
            max={LIMITS.CAMPAIGN_DEVICES}
            value={least}
            onChange={(value) => typeof value === 'number' && change({ least: value })}
          />
        </Group>
      )}
    </Stack>
  );
}

function WaveRow({
  number,
  wave,
  onChange,
  onRemove,
}: {
  number: string;
  wave: WaveSize;
  onChange: (wave: WaveSize) => void;
  onRemove: () => void;
}) {
  const t = useText();
  const unit = 'devices' in wave ? 'devices' : 'percent';
  const size = 'devices' in wave ? wave.devices : wave.percent;
  const most = { devices: LIMITS.CAMPAIGN_DEVICES, percent: 99 };
  const of = (value: number, as: 'devices' | 'percent'): WaveSize => {
    const within = Math.min(Math.max(1, Math.round(value)), most[as]);
    return as === 'devices' ? { devices: within } : { percent: within };
  };
  return (
    <Group align="flex-end" gap="xs" wrap="nowrap">
      <NumberInput
        label={t.campaigns.create.waveSize(number)}
        min={1}
        max={most[unit]}
        value={size}
        onChange={(value) => typeof value === 'number' && onChange(of(value, unit))}
      />
      <Select
        aria-label={t.campaigns.create.unit(number)}
        data={(['devices', 'percent'] as const).map((value) => ({ value, label: t.campaigns.create.units[value] }))}
        value={unit}
        onChange={(chosen) => onChange(of(size, chosen === 'percent' ? 'percent' : 'devices'))}
        allowDeselect={false}
      />
      <Button variant="default" flex="none" aria-label={t.campaigns.create.removeWave(number)} onClick={onRemove}>
        {t.campaigns.create.remove}
      </Button>
    </Group>
  );
}

function When({
  settings: { isTimed, hours, timeZone, waitHours, isLater, at },
  change,
  isPast,
}: Part & { isPast: boolean }) {
  const t = useText();
  return (
    <Stack gap="sm">
      <Checkbox
        label={t.campaigns.create.hours}
        checked={isTimed}
        onChange={({ currentTarget }) => change({ isTimed: currentTarget.checked })}
      />
      {isTimed && (
        <>
          <HoursFields hours={hours} onChange={(next) => change({ hours: next })} />
          <Select
            label={t.campaigns.create.zone}
            placeholder={t.campaigns.create.ownZone}
            data={Intl.supportedValuesOf('timeZone')}
            value={timeZone}
            onChange={(zone) => change({ timeZone: zone })}
            clearable
            searchable
          />
        </>
      )}
      <Select
        label={t.campaigns.create.wait}
        data={WAIT_HOURS.map((each) => ({ value: String(each), label: t.campaigns.create.waits[each] }))}
        value={String(waitHours)}
        onChange={(chosen) => change({ waitHours: Number(chosen) })}
        allowDeselect={false}
      />
      <Checkbox
        label={t.campaigns.create.later}
        checked={isLater}
        onChange={({ currentTarget }) => change({ isLater: currentTarget.checked })}
      />
      {isLater && <TimeInput value={at} onChange={(next) => change({ at: next })} missing={isPast} />}
    </Stack>
  );
}

/** The waves and the devices that are skipped, before anything starts. */
function Plan({ plan: { waves, skipped } }: { plan: CampaignPlan }) {
  const t = useText();
  const formats = useFormats();
  const counts = { waiting: 0, running: 0, succeeded: 0, failed: 0, skipped: 0, cancelled: 0 };
  const leftOut = skipped.reduce((sum, { devices }) => sum + devices, 0);
  const all = { ...counts, waiting: waves.reduce((sum, size) => sum + size, 0), skipped: leftOut };
  return (
    <Stack gap="sm" role="status">
      <ol className="waves planned">
        {waves.map((size, index) => (
          <li key={index}>
            <span className="unbroken">{t.campaigns.wave(formats.count(index + 1))}</span>
            <div style={{ width: `${Math.max(2, (100 * size) / Math.max(1, all.waiting))}%` }}>
              <WaveBar label={t.campaigns.wave(formats.count(index + 1))} counts={{ ...counts, waiting: size }} />
            </div>
            <strong>{formats.count(size)}</strong>
          </li>
        ))}
      </ol>
      <WaveLegend counts={all} />
      {skipped.length > 0 && (
        <ul className="plain-list">
          {skipped.map(({ reason, devices }) => (
            <li key={reason}>
              <strong>{formats.count(devices)}</strong> {t.campaigns.skips[reason]}
            </li>
          ))}
        </ul>
      )}
    </Stack>
  );
}
