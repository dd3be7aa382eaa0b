import type { Relay } from '../../api/relays';
import { useFormats, useText } from '../../messages/language';
import { Status } from '../../parts/status';
import { Table } from '../../parts/table';
import { RelayActions } from './relay-actions';
import { RelayLoad } from './relay-load';

/** The relays that the server knows: state, region, load, and what an administrator may do. */
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
        { title: t.relays.region, cell: ({ region }) => region ?? '' },
        { title: t.relays.load, cell: (relay) => <RelayLoad relay={relay} /> },
        { title: t.deployment.version, cell: ({ version }) => version },
        { title: t.deployment.pairs, numeric: true, cell: ({ pairs }) => pairs },
        {
          title: t.relays.actions,
          untitled: true,
          cell: (relay) => (
            <RelayActions relay={relay} isLast={relays.every(({ id, obstacle }) => id === relay.id || obstacle)} />
          ),
        },
      ]}
    />
  );
}

function RelayState({ relay: { connected, drain, removedAt, lastSeenAt, obstacle } }: { relay: Relay }) {
  const t = useText();
  const formats = useFormats();
  const seen = lastSeenAt && <div className="minor">{t.relays.lastSeen(formats.moment(lastSeenAt))}</div>;
  if (removedAt)
    return (
      <>
        <Status tone="off">{t.relays.removed}</Status>
        {seen}
      </>
    );
  if (drain)
    return (
      <>
        <Status tone="busy">{t.relays.obstacles.drained}</Status>
        <div className="minor">{t.relays.drainedSince(formats.moment(drain.since))}</div>
        {seen}
      </>
    );
  if (obstacle === null && connected) return <Status tone="on">{t.deployment.serving}</Status>;
  const isBad = obstacle !== 'deployment' && obstacle !== 'full';
  return (
    <>
      <Status tone={isBad ? 'bad' : 'busy'}>{t.relays.obstacles[obstacle ?? 'silent']}</Status>
      {seen}
    </>
  );
}
