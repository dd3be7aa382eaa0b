import type { QueryClient } from '@tanstack/react-query';
import type { Device, Session } from '../../protocol/api';
import type { LiveEvent } from '../../protocol/live';
import type { Agent } from '../api/agents';
import { keepDeployment } from '../api/deployments';
import { keepNotice } from '../api/notices';
import { rowsOf, withRow, type Pages } from '../api/pages';
import type { SessionWithSteps } from '../api/sessions';

type Presence = { online: boolean; lastSeenAt: string };

/** Brings what the console has read up to date with one event; what an event does not hold is read again. */
export function applyEvent(client: QueryClient, event: LiveEvent): void {
  if (event.type === 'session') return applySession(client, event.session);
  if (event.type === 'devices') return readAgain(client, 'devices', 'device');
  if (event.type === 'notice') return keepNotice(client, event.notice);
  if (event.type === 'deployment') return keepDeployment(client, event.deployment);
  if (event.type === 'job' || event.type === 'information') return readAgain(client, 'devices', 'device');
  const { online, lastSeenAt } = event;
  const presence: Presence = { online, lastSeenAt };
  if (event.type === 'agent')
    client.setQueryData<Agent[]>(['agents'], (agents) => (agents ? withPresence(agents, event.id, presence) : agents));
  else {
    client.setQueryData<Device[]>(['devices'], (devices) => devices && withPresence(devices, event.id, presence));
    client.setQueryData<Device>(['device', event.id], (device) => device && { ...device, ...presence });
  }
}

function applySession(client: QueryClient, session: Session): void {
  client.setQueryData<SessionWithSteps>(['session', session.id], (known) => known && { ...known, ...session });
  void client.invalidateQueries({ queryKey: ['session', session.id] });
  for (const [key, pages] of client.getQueriesData<Pages<Session>>({ queryKey: ['sessions'] })) {
    if (!pages) continue;
    const [, state, deviceId] = key;
    if (deviceId !== null && deviceId !== session.deviceId) continue;
    const known = rowsOf(pages).find(({ id }) => id === session.id);
    if (!known || (known.state === 'ended') !== (session.state === 'ended') || state === 'ended')
      void client.invalidateQueries({ queryKey: key, exact: true });
    if (known)
      client.setQueryData<Pages<Session>>(
        key,
        withRow(
          pages,
          ({ id }) => id === session.id,
          () => session,
        ),
      );
  }
}

function withPresence<Row extends { id: string }>(rows: Row[], id: string, presence: Presence): Row[] {
  return rows.map((row) => (row.id === id ? { ...row, ...presence } : row));
}

function readAgain(client: QueryClient, ...keys: string[]): void {
  for (const key of keys) void client.invalidateQueries({ queryKey: [key] });
}
