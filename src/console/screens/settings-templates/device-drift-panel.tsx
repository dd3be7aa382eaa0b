import { Link } from 'react-router';
import { useDeviceDrift } from '../../api/settings-templates';
import { useText } from '../../messages/language';
import { Panel } from '../../parts/panel';
import { Table } from '../../parts/table';
import { Drift } from './drift-parts';

/** How a device compares with the templates that it is in; nothing if it is in none. */
export function DeviceDriftPanel({ deviceId }: { deviceId: string }) {
  const t = useText();
  const drift = useDeviceDrift(deviceId).data ?? [];
  if (drift.length === 0) return null;
  return (
    <Panel title={t.templates.ofDevice}>
      <Table
        label={t.templates.ofDevice}
        rows={drift}
        keyOf={({ template: { id } }) => id}
        columns={[
          {
            title: t.templates.template,
            cell: ({ template: { id, name } }) => (
              <Link className="strong" to={`/settings-templates/${id}`}>
                {name}
              </Link>
            ),
          },
          { title: t.templates.state, cell: ({ drift: of }) => <Drift of={of} /> },
        ]}
      />
    </Panel>
  );
}
