import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Journal } from '../../journal/journal';
import { toInstant } from '../../protocol/names';
import { DeviceEvents } from '../devices/device-events';
import { DevicesService } from '../devices/devices.service';
import { SessionEvents } from '../sessions/session-events';
import { presented } from '../sessions/sessions.presenter';
import { SessionsRepository } from '../sessions/sessions.repository';
import { DeviceTransport, type Presence } from '../xmpp/device-transport';
import { LiveClients } from './live-clients';

/** Makes events of what happens. Changes of one session that come while it is being read are told once. */
@Injectable()
export class LiveNews implements OnModuleInit {
  private readonly changed = new Set<string>();
  private reading = false;

  constructor(
    private readonly clients: LiveClients,
    private readonly sessionEvents: SessionEvents,
    private readonly sessions: SessionsRepository,
    private readonly deviceEvents: DeviceEvents,
    private readonly devices: DevicesService,
    private readonly transport: DeviceTransport,
    private readonly journal: Journal,
  ) {}

  onModuleInit(): void {
    this.sessionEvents.onChanged(({ id }) => this.sessionChanged(id));
    this.deviceEvents.onAnnounced((agentId) => this.clients.send({ type: 'devices', agentId }));
    this.transport.onPresence((presence) => {
      this.tellPresence(presence).catch((error: unknown) => this.journal.unforeseen(error, 'telling of an agent'));
    });
  }

  private sessionChanged(id: string): void {
    if (this.clients.none) return;
    this.changed.add(id);
    if (this.reading) return;
    this.reading = true;
    this.tellSessions()
      .catch((error: unknown) => this.journal.unforeseen(error, 'telling of sessions'))
      .finally(() => (this.reading = false));
  }

  /** One after the other, and each as it is in the database then, so that an older state never follows a newer one. */
  private async tellSessions(): Promise<void> {
    for (const id of this.changed) {
      this.changed.delete(id);
      const session = await this.sessions.find(id);
      const logs = await this.sessions.logsOf([id]);
      if (session) this.clients.send({ type: 'session', session: presented({ session, logs }) });
    }
  }

  private async tellPresence({ agentId, online, at }: Presence): Promise<void> {
    if (this.clients.none) return;
    const presence = { online, lastSeenAt: toInstant(at) };
    this.clients.send({ type: 'agent', id: agentId, ...presence });
    for (const { id } of await this.devices.behind(agentId)) this.clients.send({ type: 'device', id, ...presence });
  }
}
