import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Journal } from '../../../journal/journal';
import { toInstant } from '../../../protocol/names';
import { DeviceEvents } from '../../devices/device-events';
import { conditionOf } from '../../devices/devices.presenter';
import { DevicesService } from '../../devices/devices.service';
import { DeviceTransport, type Presence } from '../../xmpp/device-transport';
import { LiveClients } from '../live-clients';
import { CoalescingQueue } from './coalescing-queue';

/** Publishes announced devices, their presence and their device information to the consoles whose users see them. */
@Injectable()
export class DevicePublisher implements OnModuleInit {
  private readonly informed: CoalescingQueue;

  constructor(
    private readonly clients: LiveClients,
    private readonly events: DeviceEvents,
    private readonly devices: DevicesService,
    private readonly transport: DeviceTransport,
    private readonly journal: Journal,
  ) {
    this.informed = new CoalescingQueue(
      (id) => this.publishInformation(id),
      (error) => journal.unexpected(error, 'publishing device information'),
    );
  }

  onModuleInit(): void {
    this.events.on('announced', ({ agentId }) => this.publishDevices(agentId));
    this.events.on('moved', ({ agentId, from }) => {
      this.clients.send({ type: 'devices', agentId }, { siteId: from });
      return this.publishDevices(agentId);
    });
    for (const event of ['informed', 'update-decided'] as const)
      this.events.on(event, (id) => {
        if (!this.clients.none) this.informed.add(id);
      });
    this.events.on('found', (agentId) => this.clients.send({ type: 'found-devices', agentId }, { siteId: null }));
    this.events.on('conditions', (id) => this.publishConditions(id));
    this.transport.onPresence((presence) => {
      this.publishPresence(presence).catch((error: unknown) =>
        this.journal.unexpected(error, 'publishing the presence of an agent'),
      );
    });
  }

  private async publishInformation(id: string): Promise<void> {
    const inView = await this.devices.find(id);
    if (!inView) return;
    const { siteId, information } = inView;
    const event = { type: 'information', id, condition: conditionOf(information) } as const;
    this.clients.send(event, { siteId, deviceId: id });
  }

  private async publishConditions(id: string): Promise<void> {
    const inView = this.clients.none ? undefined : await this.devices.find(id);
    if (inView) this.clients.send({ type: 'conditions', id }, { siteId: inView.siteId, deviceId: id });
  }

  private async publishDevices(agentId: string): Promise<void> {
    if (this.clients.none) return;
    const { siteId } = await this.devices.agent(agentId);
    this.clients.send({ type: 'devices', agentId }, { siteId });
  }

  private async publishPresence({ agentId, online, at }: Presence): Promise<void> {
    if (this.clients.none) return;
    const { siteId, asleep } = await this.devices.agent(agentId);
    const presence = { online, asleep, lastSeenAt: toInstant(at) };
    this.clients.send({ type: 'agent', id: agentId, ...presence }, { siteId });
    for (const id of await this.devices.behind(agentId))
      this.clients.send({ type: 'device', id, ...presence }, { siteId, deviceId: id });
  }
}
