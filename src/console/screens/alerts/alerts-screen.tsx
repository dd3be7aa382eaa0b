import { Button, SegmentedControl, Select } from '@mantine/core';
import { Link, useSearchParams } from 'react-router';
import { ALERT_RULES, alertQuery, type AlertRule } from '../../../protocol/alert';
import { ALERT_SEVERITIES } from '../../../protocol/device-information';
import { useAlerts, type AlertFilter } from '../../api/alerts';
import { useCustomers } from '../../api/customers';
import { rowsOf } from '../../api/pages';
import { useText } from '../../messages/language';
import { Empty, Loaded, More } from '../../parts/loaded';
import { Page } from '../../parts/page';
import { Panel } from '../../parts/panel';
import { useCurrent } from '../current-user';
import { AlertTable } from './alert-table';

type Filter = 'severity' | 'rule' | 'customerId' | 'acknowledged';
const FILTERS: readonly Filter[] = ['severity', 'rule', 'customerId', 'acknowledged'];

/** The inbox: what needs somebody now, and what has been resolved. */
export function AlertsScreen() {
  const t = useText();
  const { isAdmin } = useCurrent();
  const [parameters, setParameters] = useSearchParams();
  const state = parameters.get('state') === 'resolved' ? 'resolved' : 'open';
  const filter = filterOf(parameters);
  const alerts = useAlerts({ ...filter, state });
  const set = (...changes: (readonly [name: string, value: string | null])[]): void =>
    setParameters(
      (known) => {
        for (const [name, value] of changes)
          if (value) known.set(name, value);
          else known.delete(name);
        return known;
      },
      { replace: true },
    );
  const actions = isAdmin && (
    <>
      <Button component={Link} to="/alerts/settings" size="xs" variant="default">
        {t.alerts.settings.open}
      </Button>
      <Button component={Link} to="/alerts/webhooks" size="xs" variant="default">
        {t.alerts.webhooks.title}
      </Button>
    </>
  );
  return (
    <Page title={t.alerts.title} lead={t.alerts.lead} actions={actions}>
      <Panel>
        <div className="tools">
          <SegmentedControl
            aria-label={t.alerts.status}
            data={(['open', 'resolved'] as const).map((value) => ({ value, label: t.alerts[value] }))}
            value={state}
            onChange={(value) => set(['state', value === 'open' ? null : value])}
          />
          <Filters filter={filter} onChange={(...change) => set(change)} />
        </div>
        <Loaded query={alerts}>
          {(pages) => {
            const rows = rowsOf(pages);
            if (rows.length > 0) return <AlertTable label={t.alerts[state]} alerts={rows} />;
            if (Object.keys(filter).length === 0) return <NoAlerts state={state} />;
            return (
              <Empty title={t.alerts.noneFound}>
                <Button variant="default" onClick={() => set(...FILTERS.map((name) => [name, null] as const))}>
                  {t.alerts.showAll}
                </Button>
              </Empty>
            );
          }}
        </Loaded>
        <More query={alerts} history={state === 'resolved' ? 'alerts' : undefined} />
      </Panel>
    </Page>
  );
}

/** From the address of the page; values that the API does not know are ignored. */
function filterOf(parameters: URLSearchParams): Pick<AlertFilter, Filter> {
  const { shape } = alertQuery;
  const known = FILTERS.map((name) => [name, shape[name].safeParse(parameters.get(name) ?? undefined).data] as const);
  return Object.fromEntries(known.filter(([, value]) => value !== undefined));
}

function Filters({
  filter,
  onChange,
}: {
  filter: Pick<AlertFilter, Filter>;
  onChange: (name: Filter, value: string | null) => void;
}) {
  const t = useText();
  const customers = useCustomers();
  const select = (name: Filter, label: string, data: { value: string; label: string }[]) => (
    <Select
      aria-label={label}
      placeholder={label}
      data={data}
      value={filter[name] ?? null}
      onChange={(value) => onChange(name, value)}
      clearable
    />
  );
  return (
    <>
      {select(
        'severity',
        t.alerts.severity,
        ALERT_SEVERITIES.filter((value) => value !== 'report').map((value) => ({
          value,
          label: t.information.severities[value],
        })),
      )}
      {select(
        'rule',
        t.alerts.rule,
        (Object.keys(ALERT_RULES) as AlertRule[]).map((value) => ({ value, label: t.alerts.rules[value] })),
      )}
      {select(
        'customerId',
        t.alerts.customer,
        (customers.data ?? []).map(({ id, name }) => ({ value: id, label: name })),
      )}
      {select('acknowledged', t.alerts.acknowledgement, [
        { value: 'no', label: t.alerts.unacknowledged },
        { value: 'yes', label: t.alerts.acknowledged },
      ])}
    </>
  );
}

function NoAlerts({ state }: { state: 'open' | 'resolved' }) {
  const t = useText();
  const { isAdmin } = useCurrent();
  if (state === 'resolved') return <Empty title={t.alerts.emptyResolved} hint={t.alerts.emptyResolvedHint} />;
  return (
    <Empty title={t.alerts.emptyOpen} hint={isAdmin ? t.alerts.emptyOpenAdminHint : t.alerts.emptyOpenHint}>
      {isAdmin && (
        <Button component={Link} to="/alerts/settings" variant="default">
          {t.alerts.settings.open}
        </Button>
      )}
    </Empty>
  );
}
