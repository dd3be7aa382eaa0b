import { Link } from 'react-router';
import { useAlerts } from '../../api/alerts';
import { rowsOf } from '../../api/pages';
import { useText } from '../../messages/language';
import { More } from '../../parts/loaded';
import { Panel } from '../../parts/panel';
import { AlertTable } from './alert-table';

/** The open alerts of a device; nothing if it has none. */
export function AlertsOfDevice({ deviceId }: { deviceId: string }) {
  const t = useText();
  const alerts = useAlerts({ state: 'open', deviceId });
  const rows = rowsOf(alerts.data);
  if (rows.length === 0) return null;
  return (
    <Panel title={t.alerts.title} aside={<Link to="/alerts">{t.alerts.toAll}</Link>}>
      <AlertTable label={t.alerts.title} alerts={rows} withoutDevice />
      <More query={alerts} />
    </Panel>
  );
}
