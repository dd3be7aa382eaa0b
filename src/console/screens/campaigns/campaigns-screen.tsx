import { Button, SegmentedControl } from '@mantine/core';
import { Link, useSearchParams } from 'react-router';
import type { Campaign } from '../../../protocol/campaign';
import { useCampaigns } from '../../api/campaigns';
import { rowsOf } from '../../api/pages';
import { useFormats, useText } from '../../messages/language';
import { Empty, Loaded, More } from '../../parts/loaded';
import { Page } from '../../parts/page';
import { Panel } from '../../parts/panel';
import { Status } from '../../parts/status';
import { Table } from '../../parts/table';
import { Ago } from '../../parts/time';
import { jobTitle } from '../maintenance/job-texts';
import { campaignTone, isExplained } from './campaign-texts';
import { WaveBar } from './wave-bar';

/** The campaigns, open and finished. */
export function CampaignsScreen() {
  const t = useText();
  const [parameters, setParameters] = useSearchParams();
  const state = parameters.get('state') === 'over' ? 'over' : 'open';
  const campaigns = useCampaigns(state);
  return (
    <Page title={t.campaigns.title} lead={t.campaigns.lead} actions={<NewButton />}>
      <Panel>
        <div className="tools">
          <SegmentedControl
            aria-label={t.campaigns.state}
            data={(['open', 'over'] as const).map((value) => ({ value, label: t.campaigns[value] }))}
            value={state}
            onChange={(value) => setParameters({ state: value }, { replace: true })}
          />
        </div>
        <Loaded query={campaigns}>
          {(pages) => {
            const rows = rowsOf(pages);
            return rows.length > 0 ? <CampaignTable campaigns={rows} /> : <None state={state} />;
          }}
        </Loaded>
        <More query={campaigns} history={state === 'over' ? 'campaigns' : undefined} />
      </Panel>
    </Page>
  );
}

export function CampaignTable({ campaigns }: { campaigns: readonly Campaign[] }) {
  const t = useText();
  const formats = useFormats();
  return (
    <Table
      label={t.campaigns.title}
      rows={campaigns}
      keyOf={({ id }) => id}
      columns={[
        {
          title: t.campaigns.campaign,
          cell: (each) => (
            <>
              <Link to={`/campaigns/${each.id}`} className="strong">
                {each.name}
              </Link>
              <div className="minor">{jobTitle(each, t)}</div>
            </>
          ),
        },
        {
          title: t.campaigns.state,
          cell: (each) => (
            <>
              <Status tone={campaignTone(each)}>{t.campaigns.states[each.state]}</Status>
              {each.reason !== null && isExplained(each) && (
                <div className="minor why">{t.campaigns.reasons[each.reason]}</div>
              )}
              {each.waves.length > 1 && each.state === 'running' && (
                <div className="minor">{t.campaigns.wave(`${each.wave}/${each.waves.length}`)}</div>
              )}
            </>
          ),
        },
        {
          title: t.campaigns.progress,
          cell: ({ name, all }) => <WaveBar label={name} counts={all} />,
        },
        {
          title: t.campaigns.deviceStates.failed,
          numeric: true,
          cell: ({ all }) => (all.failed > 0 ? <strong>{formats.count(all.failed)}</strong> : '0'),
        },
        {
          title: t.campaigns.by,
          cell: ({ user, createdAt }) => (
            <>
              {user.displayName}
              <div className="minor">
                <Ago at={createdAt} />
              </div>
            </>
          ),
        },
      ]}
    />
  );
}

function NewButton() {
  const t = useText();
  return (
    <Button component={Link} to="/campaigns/new">
      {t.campaigns.new}
    </Button>
  );
}

function None({ state }: { state: 'open' | 'over' }) {
  const t = useText();
  if (state === 'over') return <Empty title={t.campaigns.emptyOver} hint={t.campaigns.emptyOverHint} />;
  return (
    <Empty title={t.campaigns.emptyOpen} hint={t.campaigns.emptyOpenHint}>
      <Button component={Link} to="/devices" variant="default">
        {t.sessions.toDevices}
      </Button>
    </Empty>
  );
}
