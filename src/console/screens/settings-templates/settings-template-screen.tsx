import { Button, Select, Text } from '@mantine/core';
import { Link, useNavigate, useParams, useSearchParams } from 'react-router';
import { driftState, type DriftState } from '../../../protocol/device-settings';
import { LIMITS } from '../../../protocol/limits';
import type { DeviceDrift, SettingsTemplate } from '../../../protocol/settings-template';
import { useStartCampaign } from '../../api/campaigns';
import { filterQuery, useRequestFleetJobs } from '../../api/fleet';
import { queryOf, rowsOf } from '../../api/pages';
import {
  driftExportPath,
  useDrift,
  useDriftCounts,
  useRemoveSettingsTemplate,
  useSettingsTemplate,
} from '../../api/settings-templates';
import { useFormats, useText } from '../../messages/language';
import { Confirm } from '../../parts/confirm';
import { Facts } from '../../parts/facts';
import { Empty, Loaded, More } from '../../parts/loaded';
import { ProblemNotice } from '../../parts/notice';
import { Page } from '../../parts/page';
import { Panel } from '../../parts/panel';
import { Status } from '../../parts/status';
import { Table } from '../../parts/table';
import { Ago } from '../../parts/time';
import { useCurrent } from '../current-user';
import { settingName, settingValue } from '../settings/setting-texts';
import { Drift, DRIFT_TONES } from './drift-parts';

/** A day: devices that are off in the evening are read in the morning. */
const READING_WAIT_MINUTES = 1_440;

/** A settings template: its values, and the devices that differ from it. */
export function SettingsTemplateScreen() {
  const { id = '' } = useParams();
  const t = useText();
  const template = useSettingsTemplate(id);
  return (
    <Page
      title={template.data?.name ?? t.templates.template}
      actions={template.data && <Actions template={template.data} />}
    >
      <Loaded query={template}>
        {(known) => (
          <>
            <Panel title={t.templates.settings}>
              <div className="panel-body">
                <Facts
                  of={Object.entries(known.settings).map(([name, value]) => [
                    settingName(name, t),
                    settingValue(value, t),
                  ])}
                />
              </div>
            </Panel>
            <Devices template={known} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

/** These devices, as jobs and campaigns take them. */
const devicesOf = ({ devices, deviceCount: count }: SettingsTemplate) =>
  'filter' in devices ? { filter: devices.filter, count } : { deviceIds: devices.deviceIds };

function Actions({ template }: { template: SettingsTemplate }) {
  const t = useText();
  const { isAdmin } = useCurrent();
  const navigate = useNavigate();
  const remove = useRemoveSettingsTemplate();
  const { id, name, devices, deviceCount } = template;
  const filter = 'filter' in devices ? `?${queryOf(filterQuery(devices.filter))}` : '';
  const state = { templateId: id, ...('deviceIds' in devices && { deviceIds: devices.deviceIds }) };
  return (
    <>
      {deviceCount > 0 && (
        <>
          <ReadAgain template={template} />
          <Button size="xs" component={Link} to={`/campaigns/new${filter}`} state={state}>
            {t.templates.apply}
          </Button>
        </>
      )}
      {isAdmin && (
        <>
          <Button size="xs" variant="default" component={Link} to={`/settings-templates/${id}/edit`}>
            {t.templates.edit}
          </Button>
          <Confirm
            button={t.templates.remove}
            title={t.templates.removeTitle(name)}
            hint={t.templates.removeHint}
            action={{
              ...remove,
              run: () => remove.mutate(id, { onSuccess: () => void navigate('/settings-templates') }),
            }}
          />
        </>
      )}
    </>
  );
}

/** A job for each device; a campaign for more than jobs are started for at once. */
function ReadAgain({ template }: { template: SettingsTemplate }) {
  const t = useText();
  const navigate = useNavigate();
  const jobs = useRequestFleetJobs();
  const campaign = useStartCampaign();
  const devices = devicesOf(template);
  const read = (): void => {
    if (template.deviceCount <= LIMITS.JOBS_AT_ONCE)
      return jobs.mutate({ devices, job: { operation: 'settings-read', waitMinutes: READING_WAIT_MINUTES } });
    campaign.mutate(
      { name: t.templates.readingName(template.name).slice(0, 100), operation: 'settings-read', devices },
      { onSuccess: ({ id }) => void navigate(`/campaigns/${id}`) },
    );
  };
  const refused = jobs.data?.rows.filter(({ refusal }) => refusal !== null).length ?? 0;
  return (
    <>
      {jobs.data && (
        <Text size="sm" role="status">
          {t.templates.readingStarted(jobs.data.rows.length - refused, refused)}
        </Text>
      )}
      {(jobs.error ?? campaign.error) && <ProblemNotice error={jobs.error ?? campaign.error} />}
      <Button size="xs" variant="default" loading={jobs.isPending || campaign.isPending} onClick={read}>
        {t.templates.readAgain}
      </Button>
    </>
  );
}

function Devices({ template: { id, deviceCount } }: { template: SettingsTemplate }) {
  const t = useText();
  const [parameters, setParameters] = useSearchParams();
  const state = driftState.safeParse(parameters.get('state')).data;
  const show = (wanted: string | null): void => setParameters(wanted ? { state: wanted } : {}, { replace: true });
  const devices = useDrift(id, state);
  if (deviceCount === 0)
    return (
      <Panel title={t.templates.drift}>
        <Empty title={t.templates.noneFits} hint={t.templates.noneFitsHint} />
      </Panel>
    );
  return (
    <Panel
      title={t.templates.drift}
      aside={
        <Button size="compact-sm" component="a" variant="default" href={driftExportPath(id, state)} download>
          {t.templates.exportCsv}
        </Button>
      }
    >
      <Counts id={id} />
      <div className="tools">
        <Select
          aria-label={t.templates.showState}
          allowDeselect={false}
          data={[
            { value: '', label: t.templates.all },
            ...driftState.options.map((value) => ({ value, label: t.templates.states[value] })),
          ]}
          value={state ?? ''}
          onChange={show}
        />
      </div>
      <Loaded query={devices}>
        {(pages) => {
          const rows = rowsOf(pages);
          return rows.length > 0 ? <DriftTable rows={rows} /> : <Empty title={t.templates.noDevices} />;
        }}
      </Loaded>
      <More query={devices} />
    </Panel>
  );
}

function Counts({ id }: { id: string }) {
  const t = useText();
  const formats = useFormats();
  return (
    <Loaded query={useDriftCounts(id)}>
      {(counts) => (
        <ul className="tiles" aria-label={t.templates.drift}>
          {driftState.options.map((state: DriftState) => (
            <li key={state}>
              <Link to={`?state=${state}`} replace className="tile">
                <strong>{formats.count(counts[state])}</strong>
                <Status tone={DRIFT_TONES[state]}>{t.templates.states[state]}</Status>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Loaded>
  );
}

function DriftTable({ rows }: { rows: DeviceDrift[] }) {
  const t = useText();
  return (
    <Table
      label={t.templates.devices}
      rows={rows}
      keyOf={({ deviceId }) => deviceId}
      columns={[
        {
          title: t.templates.device,
          cell: ({ deviceId, deviceName, model, site }) => (
            <>
              <Link to={`/devices/${deviceId}`} className="strong">
                {deviceName || deviceId}
              </Link>
              <div className="minor">{[model, site?.customerName, site?.name].filter(Boolean).join(' · ')}</div>
            </>
          ),
        },
        { title: t.templates.state, cell: (drift) => <Drift of={drift} /> },
        {
          title: t.templates.read,
          cell: ({ readAt, jobId }) =>
            readAt === null ? (
              t.templates.never
            ) : (
              <Link to={`/jobs/${jobId}`}>
                <Ago at={readAt} />
              </Link>
            ),
        },
      ]}
    />
  );
}
