import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Journal } from '../../journal/journal';
import { toInstant } from '../../protocol/names';
import { DeviceEvents } from '../devices/device-events';
import { DevicesService } from '../devices/devices.service';
import { SessionEvents } from '../sessions/session-events';
import { presented } from '../sessions/sessions.presenter';
import { SessionsRepository } from '../sessions/sessions.repository';
import { DeviceTransport, type Presence } from '../xmpp/device-transport';
import { InTurn } from './in-turn';
import { LiveClients } from './live-clients';

/** Makes events of what happens to sessions, devices and agents. */
@Injectable()
export class LiveNews implements OnModuleInit {
  private readonly changed: InTurn;

  constructor(
    private readonly clients: LiveClients,
    private readonly sessionEvents: SessionEvents,
    private readonly sessions: SessionsRepository,
    private readonly deviceEvents: DeviceEvents,
    private readonly devices: DevicesService,
    private readonly transport: DeviceTransport,
    private readonly journal: Journal,
  ) {
    this.changed = new InTurn(
      (id) => this.tellSession(id),
      (error) => journal.unexpected(error, 'telling of sessions'),
    );
  }

  onModuleInit(): void {
    this.sessionEvents.onChanged(({ id }) => {
      if (!this.clients.none) this.changed.note(id);
    });
    this.deviceEvents.onAnnounced((agentId) => this.clients.send({ type: 'devices', agentId }));
    this.transport.onPresence((presence) => {
      this.tellPresence(presence).catch((error: unknown) => this.journal.unexpected(error, 'telling of an agent'));
    });
  }

  private async tellSession(id: string): Promise<void> {
    const session = await this.sessions.find(id);
    const logs = await this.sessions.logsOf([id]);
    if (session) this.clients.send({ type: 'session', session: presented({ session, logs }) });
  }

  private async tellPresence({ agentId, online, at }: Presence): Promise<void> {
    if (this.clients.none) return;
    const asleep = await this.devices.isAsleep(agentId);
    const presence = { online, asleep, lastSeenAt: toInstant(at) };
    this.clients.send({ type: 'agent', id: agentId, ...presence });
    for (const { id } of await this.devices.behind(agentId)) this.clients.send({ type: 'device', id, ...presence });
  }
}
