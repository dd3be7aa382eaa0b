import { Injectable } from '@nestjs/common';
import { Journal } from '../../journal/journal';
import type { AnnouncedDevice } from '../../protocol/control-channel';
import { DeviceTransport } from '../xmpp/device-transport';
import { AgentsRepository } from './agents.repository';
import { DeviceEvents } from './device-events';
import type { DeviceEntity } from './device.entity';
import { UnknownApplication, UnknownDevice } from './devices.errors';
import { DevicesRepository } from './devices.repository';

/** A device with what is known of its agent's connection. */
export interface DeviceInView {
  readonly device: DeviceEntity;
  readonly online: boolean;
  readonly lastSeenAt: Date | null;
}

@Injectable()
export class DevicesService {
  constructor(
    private readonly repository: DevicesRepository,
    private readonly agents: AgentsRepository,
    private readonly transport: DeviceTransport,
    private readonly events: DeviceEvents,
    private readonly journal: Journal,
  ) {}

  /**
   * An agent has said which devices stand behind it.
   * @returns devices that belong to another agent already; those are left alone.
   */
  async announce(agentId: string, version: string, announced: AnnouncedDevice[]): Promise<string[]> {
    const now = new Date();
    const foreign = await this.repository.foreign(
      agentId,
      announced.map((device) => device.id),
    );
    const refused = new Set(foreign.map((device) => device.id));
    const own = announced.filter((device) => !refused.has(device.id));
    await this.repository.replace(
      agentId,
      own.map((device) => ({ ...device, agentId, announcedAt: now })),
    );
    await this.agents.seen(agentId, { version, lastSeenAt: now });
    this.events.announced(agentId);
    this.journal.info('devices announced', { agentId, devices: own.length, refused: [...refused] });
    return [...refused];
  }

  /** Devices in the order of their IDs, after the cursor `after`. */
  async page(limit: number, after?: string): Promise<DeviceInView[]> {
    const [devices, agents] = await Promise.all([this.repository.page(limit, after), this.agents.all()]);
    const lastSeen = new Map(agents.map((agent) => [agent.id, agent.lastSeenAt]));
    return devices.map((device) => this.inView(device, lastSeen.get(device.agentId) ?? null));
  }

  async behind(agentId: string): Promise<DeviceEntity[]> {
    return this.repository.of(agentId);
  }

  /** @throws UnknownDevice */
  async get(deviceId: string): Promise<DeviceInView> {
    const device = await this.repository.find(deviceId);
    if (!device) throw new UnknownDevice(deviceId);
    const agent = await this.agents.find(device.agentId);
    return this.inView(device, agent?.lastSeenAt ?? null);
  }

  /** @throws UnknownDevice, UnknownApplication */
  async application(deviceId: string, applicationId: string): Promise<DeviceInView> {
    const inView = await this.get(deviceId);
    const offered = inView.device.applications.some((application) => application.id === applicationId);
    if (!offered) throw new UnknownApplication(deviceId, applicationId);
    return inView;
  }

  private inView(device: DeviceEntity, lastSeenAt: Date | null): DeviceInView {
    return { device, online: this.transport.isOnline(device.agentId), lastSeenAt };
  }
}
