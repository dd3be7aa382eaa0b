import { Button, Select, Text } from '@mantine/core';
import { useState } from 'react';
import { Link, useParams } from 'react-router';
import {
  campaignDeviceState,
  type Campaign,
  type CampaignDevice,
  type CampaignDeviceState,
} from '../../../protocol/campaign';
import {
  campaignExportPath,
  isOpenCampaign,
  useCampaign,
  useCampaignDevices,
  useControlCampaign,
} from '../../api/campaigns';
import { rowsOf } from '../../api/pages';
import { useFormats, useLanguage, useText } from '../../messages/language';
import { Confirm } from '../../parts/confirm';
import { Facts } from '../../parts/facts';
import { Empty, Loaded, More } from '../../parts/loaded';
import { ProblemNotice } from '../../parts/notice';
import { Page } from '../../parts/page';
import { Panel } from '../../parts/panel';
import { Status } from '../../parts/status';
import { Table } from '../../parts/table';
import { activityText, jobTitle } from '../maintenance/job-texts';
import { settingName, settingValue } from '../settings/setting-texts';
import { campaignDeviceTone, campaignTone, holdText, hoursText, isExplained } from './campaign-texts';
import { WaveBar, WaveLegend } from './wave-bar';

/** A campaign: its progress by wave, what is held, and its devices. */
export function CampaignScreen() {
  const { id = '' } = useParams();
  const t = useText();
  const campaign = useCampaign(id);
  const { data } = campaign;
  return (
    <Page
      title={data?.name ?? t.campaigns.campaign}
      lead={data && <Status tone={campaignTone(data)}>{t.campaigns.states[data.state]}</Status>}
      actions={data && <Actions campaign={data} />}
    >
      <Loaded query={campaign}>
        {(known) => (
          <>
            <Why campaign={known} />
            <div className="columns">
              <Panel title={t.campaigns.progress}>
                <div className="panel-body">
                  <Waves campaign={known} />
                </div>
              </Panel>
              {isOpenCampaign(known) && (
                <Panel title={t.campaigns.holds}>
                  <Holds campaign={known} />
                </Panel>
              )}
            </div>
            <Devices campaign={known} />
            <Panel title={t.campaigns.summary}>
              <div className="panel-body">
                <Summary campaign={known} />
              </div>
            </Panel>
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Actions({ campaign }: { campaign: Campaign }) {
  const t = useText();
  const { id, name, state, mayControl } = campaign;
  const pause = useControlCampaign('pause');
  const resume = useControlCampaign('resumption');
  const abort = useControlCampaign('abortion');
  const error = pause.error ?? resume.error;
  return (
    <>
      {mayControl && state === 'running' && (
        <Button size="xs" variant="default" loading={pause.isPending} onClick={() => pause.mutate(id)}>
          {t.campaigns.pause}
        </Button>
      )}
      {mayControl && state === 'paused' && (
        <Button size="xs" loading={resume.isPending} onClick={() => resume.mutate(id)}>
          {t.campaigns.resume}
        </Button>
      )}
      {mayControl && (state === 'running' || state === 'paused' || state === 'scheduled') && (
        <Confirm
          button={t.campaigns.abort}
          title={t.campaigns.abortTitle(name)}
          hint={t.campaigns.abortHint}
          action={{ ...abort, run: (done) => abort.mutate(id, { onSuccess: done }) }}
        />
      )}
      {(['csv', 'json'] as const).map((format) => (
        <Button key={format} size="xs" component="a" variant="default" href={campaignExportPath(id, format)} download>
          {format === 'csv' ? t.campaigns.exportCsv : t.campaigns.exportJson}
        </Button>
      ))}
      {error && <ProblemNotice error={error} />}
    </>
  );
}

/** Why it is paused or has ended early, and what the user cannot do. */
function Why({ campaign }: { campaign: Campaign }) {
  const t = useText();
  const { reason, detail, mayControl } = campaign;
  return (
    <>
      {reason !== null && isExplained(campaign) && (
        <div className="notice" role="status">
          <div>
            <strong>{t.campaigns.reasons[reason]}</strong>
            {detail && <div>{t.detail(detail)}</div>}
          </div>
        </div>
      )}
      {!mayControl && (
        <Text size="sm" c="dimmed">
          {t.campaigns.onlySome}
        </Text>
      )}
    </>
  );
}

function Waves({ campaign: { waves, wave, state, all } }: { campaign: Campaign }) {
  const t = useText();
  const formats = useFormats();
  return (
    <>
      <ol className="waves">
        {waves.map((each) => (
          <li key={each.wave} aria-current={each.wave === wave && state === 'running' ? 'step' : undefined}>
            <span className="unbroken">{t.campaigns.wave(formats.count(each.wave))}</span>
            <WaveBar label={t.campaigns.wave(formats.count(each.wave))} counts={each.counts} />
          </li>
        ))}
      </ol>
      <WaveLegend counts={all} />
    </>
  );
}

function Holds({ campaign: { holds, opensAt } }: { campaign: Campaign }) {
  const t = useText();
  const formats = useFormats();
  if (holds.length === 0)
    return (
      <div className="panel-body">
        <Text size="sm" c="dimmed">
          {t.campaigns.noHolds}
        </Text>
      </div>
    );
  return (
    <ul className="applications">
      {holds.map(({ hold, devices }) => (
        <li key={hold}>
          <div>
            {holdText(hold, t)}
            {hold === 'window' && opensAt && (
              <div className="minor">{t.campaigns.opensAt(formats.moment(opensAt))}</div>
            )}
          </div>
          <strong>{formats.count(devices)}</strong>
        </li>
      ))}
    </ul>
  );
}

function Devices({ campaign }: { campaign: Campaign }) {
  const t = useText();
  const formats = useFormats();
  const [state, setState] = useState<CampaignDeviceState>();
  const devices = useCampaignDevices(campaign.id, state);
  const shown = campaignDeviceState.options.filter((each) => campaign.all[each] > 0 || each === state);
  return (
    <Panel title={t.campaigns.devices}>
      <div className="tools">
        <Select
          aria-label={t.campaigns.showState}
          allowDeselect={false}
          data={[
            { value: '', label: t.campaigns.all },
            ...shown.map((value) => ({ value, label: t.campaigns.deviceStates[value] })),
          ]}
          value={state ?? ''}
          onChange={(value) => setState(campaignDeviceState.safeParse(value).data)}
        />
      </div>
      <Loaded query={devices}>
        {(pages) => {
          const rows = rowsOf(pages);
          if (rows.length === 0) return <Empty title={t.campaigns.noDevices} />;
          return (
            <Table
              label={t.campaigns.devices}
              rows={rows}
              keyOf={({ deviceId }) => deviceId}
              columns={[
                {
                  title: t.campaigns.device,
                  cell: ({ deviceId, deviceName }) => (
                    <>
                      <Link to={`/devices/${deviceId}`} className="strong">
                        {deviceName}
                      </Link>
                      <div className="minor">{deviceId}</div>
                    </>
                  ),
                },
                { title: t.campaigns.result, cell: (device) => <DeviceResult device={device} /> },
                {
                  title: t.campaigns.wave(''),
                  numeric: true,
                  cell: ({ wave }) => (wave > 0 ? formats.count(wave) : ''),
                },
                ...(campaign.firmware
                  ? [{ title: t.campaigns.version, cell: ({ versionBefore }: CampaignDevice) => versionBefore }]
                  : []),
                { title: t.campaigns.ended, cell: ({ endedAt }) => endedAt && formats.moment(endedAt) },
              ]}
            />
          );
        }}
      </Loaded>
      <More query={devices} />
    </Panel>
  );
}

function DeviceResult({ device }: { device: CampaignDevice }) {
  const t = useText();
  const formats = useFormats();
  const { state, hold, skip, failure, detail, percent, activity, jobId } = device;
  const isHeld = state === 'running' && hold !== null;
  const why = skip ? t.campaigns.skips[skip] : failure ? t.maintenance.failures[failure] : hold && holdText(hold, t);
  const doing = [activity && activityText(activity, t), percent !== null && formats.percent(percent / 100)];
  const text = isHeld ? t.campaigns.held : t.campaigns.deviceStates[state];
  return (
    <>
      <Status tone={campaignDeviceTone(device)}>{jobId ? <Link to={`/jobs/${jobId}`}>{text}</Link> : text}</Status>
      {why && <div className="minor why">{why}</div>}
      {detail && <div className="minor why">{t.detail(detail)}</div>}
      {state === 'running' && !isHeld && <div className="minor">{doing.filter(Boolean).join(' · ')}</div>}
    </>
  );
}

function Summary({ campaign }: { campaign: Campaign }) {
  const { t, language } = useLanguage();
  const formats = useFormats();
  const {
    firmware,
    fromVersions,
    settings,
    onlyDiffering,
    template,
    window,
    failureLimit,
    user,
    startsAt,
    endsAt,
    endedAt,
  } = campaign;
  const limit =
    failureLimit &&
    t.campaigns.failureLimitOf(formats.percent(failureLimit.percent / 100), formats.count(failureLimit.least));
  return (
    <Facts
      of={[
        [t.campaigns.operation, jobTitle(campaign, t)],
        [t.campaigns.firmware, firmware && [firmware.name, firmware.model].filter(Boolean).join(', ')],
        [t.campaigns.fromVersions, fromVersions.join(', ')],
        [t.campaigns.template, template && <Link to={`/settings-templates/${template.id}`}>{template.name}</Link>],
        ...Object.entries(settings ?? {}).map(([name, value]): [string, string] => [
          settingName(name, t),
          settingValue(value, t),
        ]),
        [t.campaigns.which, onlyDiffering && t.campaigns.onlyDiffering],
        [t.campaigns.failureLimit, limit],
        [
          t.campaigns.window,
          window &&
            t.campaigns.windowOf(hoursText(window.hours, language), window.timeZone ?? t.campaigns.customersZone),
        ],
        [t.campaigns.by, user.displayName],
        [t.campaigns.starts, formats.moment(startsAt)],
        [t.campaigns.ended, endedAt && formats.moment(endedAt)],
        [t.campaigns.ends, !endedAt && formats.moment(endsAt)],
      ]}
    />
  );
}
