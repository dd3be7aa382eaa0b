import type { QueryClient } from '@tanstack/react-query';
import type { Device, Session } from '../../protocol/api';
import type { LiveEvent } from '../../protocol/live';
import type { Job } from '../../protocol/maintenance';
import type { Agent } from '../api/agents';
import { keepDeployment } from '../api/deployments';
import { tellOfEnd } from '../api/ended-jobs';
import { keepJob } from '../api/jobs';
import { keepInLists } from '../api/keep-in-lists';
import { keepNotice } from '../api/notices';
import type { SessionWithSteps } from '../api/sessions';

/** Brings what the console has read up to date with one event; what an event does not hold is read again. */
export function applyEvent(client: QueryClient, event: LiveEvent): void {
  if (event.type === 'session') return applySession(client, event.session);
  if (event.type === 'devices') return readAgain(client, 'devices', 'device');
  if (event.type === 'notice') return keepNotice(client, event.notice);
  if (event.type === 'deployment') return keepDeployment(client, event.deployment);
  if (event.type === 'job') return applyJob(client, event.job);
  if (event.type === 'information') {
    changeDevice(client, event.id, { condition: event.condition });
    return void client.invalidateQueries({ queryKey: ['information', event.id] });
  }
  const { id, online, asleep, lastSeenAt } = event;
  const presence = { online, asleep, lastSeenAt };
  if (event.type === 'device') return changeDevice(client, id, presence);
  client.setQueryData<Agent[]>(['agents'], (agents) => agents && withChange(agents, id, presence));
}

function applySession(client: QueryClient, session: Session): void {
  client.setQueryData<SessionWithSteps>(['session', session.id], (known) => known && { ...known, ...session });
  void client.invalidateQueries({ queryKey: ['session', session.id] });
  keepInLists(client, 'sessions', session, session.state === 'ended');
}

function applyJob(client: QueryClient, job: Job): void {
  keepJob(client, job);
  tellOfEnd(client, job);
}

function changeDevice(client: QueryClient, id: string, change: Partial<Device>): void {
  client.setQueryData<Device[]>(['devices'], (devices) => devices && withChange(devices, id, change));
  client.setQueryData<Device>(['device', id], (device) => device && { ...device, ...change });
}

function withChange<Row extends { id: string }>(rows: Row[], id: string, change: Partial<Row>): Row[] {
  return rows.map((row) => (row.id === id ? { ...row, ...change } : row));
}

function readAgain(client: QueryClient, ...keys: string[]): void {
  for (const key of keys) void client.invalidateQueries({ queryKey: [key] });
}
