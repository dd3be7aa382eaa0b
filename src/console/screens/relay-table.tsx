import type { Relay } from '../api/relays';
import { useText } from '../messages/language';
import { Status } from '../parts/status';
import { Table } from '../parts/table';

/** The relays that run, and how many sessions each carries. */
export function RelayTable({ relays }: { relays: Relay[] }) {
  const t = useText();
  return (
    <Table
      label={t.deployment.runs}
      rows={relays}
      keyOf={({ id }) => id}
      columns={[
        {
          title: t.deployment.relay,
          cell: ({ id, driver }) => (
            <>
              <strong>{id}</strong>
              {driver === 'none' && <div className="minor">{t.deployment.notDeployable}</div>}
            </>
          ),
        },
        { title: t.deployment.state, cell: (relay) => <RelayState relay={relay} /> },
        { title: t.deployment.version, cell: ({ version }) => version },
        { title: t.deployment.pairs, numeric: true, cell: ({ pairs }) => pairs },
        { title: t.deployment.sessions, numeric: true, cell: ({ links }) => links },
      ]}
    />
  );
}

function RelayState({ relay: { connected, draining } }: { relay: Relay }) {
  const t = useText();
  if (!connected) return <Status tone="bad">{t.deployment.silent}</Status>;
  return <Status tone={draining ? 'busy' : 'on'}>{draining ? t.deployment.draining : t.deployment.serving}</Status>;
}
