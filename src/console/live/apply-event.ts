import type { Device, Session } from '../../protocol/api';
import type { LiveEvent } from '../../protocol/live';
import type { Job } from '../../protocol/maintenance';
import type { Agent } from '../api/agents';
import { cacheAlert } from '../api/alerts';
import { cacheDeployment } from '../api/deployments';
import { cacheEndedJob, cacheStoppedCampaign } from '../api/ended-work';
import { cacheJob } from '../api/jobs';
import { cacheNotice } from '../api/notices';
import { cacheInLists, withRow, type Pages } from '../api/pages';
import type { ConsoleQueryClient } from '../api/query-client';
import type { SessionWithSteps } from '../api/sessions';

/** Applies one live event to the cache. Data that the event does not contain is read again. */
export function applyEvent(client: ConsoleQueryClient, event: LiveEvent): void {
  if (event.type === 'session') return applySession(client, event.session);
  if (event.type === 'found-devices') return void client.invalidateQueries({ queryKey: ['found-devices'] });
  if (event.type === 'devices') {
    void client.invalidateQueries({ queryKey: ['devices'] });
    void client.invalidateQueries({ queryKey: ['fleet'] });
    return void client.invalidateQueries({ queryKey: ['device'] });
  }
  if (event.type === 'campaign') {
    cacheStoppedCampaign(client, event);
    for (const list of ['campaigns', 'overview']) void client.invalidateQueries({ queryKey: [list] });
    void client.invalidateQueries({ queryKey: ['campaign-devices', event.id] });
    return void client.invalidateQueries({ queryKey: ['campaign', event.id] });
  }
  if (event.type === 'alert') return cacheAlert(client, event.alert);
  if (event.type === 'notice') return cacheNotice(client, event.notice);
  if (event.type === 'deployment') return cacheDeployment(client, event.deployment);
  if (event.type === 'job') return applyJob(client, event.job);
  if (event.type === 'information') {
    changeDevice(client, event.id, { condition: event.condition });
    void client.invalidateQueries({ queryKey: ['readings', event.id] });
    return void client.invalidateQueries({ queryKey: ['information', event.id] });
  }
  if (event.type === 'conditions') {
    void client.invalidateQueries({ queryKey: ['conditions', event.id] });
    return void client.invalidateQueries({ queryKey: ['denials', event.id] });
  }
  const { id, online, asleep, lastSeenAt } = event;
  const presence = { online, asleep, lastSeenAt };
  if (event.type === 'device') return changeDevice(client, id, presence);
  client.keep<Agent[]>(['agents'], (agents) => agents && withChange(agents, id, presence));
  const isListed = client.getQueryData<Agent[]>(['agents'])?.some((agent) => agent.id === id);
  if (!isListed) void client.invalidateQueries({ queryKey: ['agents'] });
}

function applySession(client: ConsoleQueryClient, session: Session): void {
  client.keep<SessionWithSteps>(['session', session.id], (known) => known && { ...known, ...session });
  void client.invalidateQueries({ queryKey: ['session', session.id] });
  cacheInLists(client, 'sessions', session, session.state === 'ended');
}

function applyJob(client: ConsoleQueryClient, job: Job): void {
  cacheJob(client, job);
  cacheEndedJob(client, job);
}

function changeDevice(client: ConsoleQueryClient, id: string, change: Partial<Device>): void {
  client.keep<Device[]>(['devices'], (devices) => devices && withChange(devices, id, change));
  for (const [key] of client.getQueriesData({ queryKey: ['fleet', 'rows'] }))
    client.keep<Pages<Device>>(
      key,
      (pages) =>
        pages &&
        withRow(
          pages,
          (row) => row.id === id,
          (row) => ({ ...row, ...change }),
        ),
    );
  client.keep<Device>(['device', id], (device) => device && { ...device, ...change });
}

function withChange<Row extends { id: string }>(rows: Row[], id: string, change: Partial<Row>): Row[] {
  return rows.map((row) => (row.id === id ? { ...row, ...change } : row));
}
