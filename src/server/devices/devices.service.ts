import { Injectable } from '@nestjs/common';
import type { NamedSite } from '../../protocol/api';
import type { AnnouncedDevice } from '../../protocol/control-channel';
import { kindHas, storesDocuments } from '../../protocol/device-kinds';
import { sha256 } from '../../tunnel/sha256';
import type { Actor } from '../auth/actor';
import { CustomersService } from '../customers/customers.service';
import { reaches } from '../customers/reach';
import type { Page, PageQuery } from '../database/page';
import { DeviceTransport } from '../xmpp/device-transport';
import { AgentWake } from './agents/agent-wake';
import { AgentsRepository, isAsleep, type AgentPresence } from './agents/agents.repository';
import type { Announcement } from './announcement';
import { DeviceEvents } from './device-events';
import type { DeviceInformationEntity } from './information/device-information.entity';
import { DeviceInformationRepository } from './information/device-information.repository';
import type { DeviceEntity } from './device.entity';
import { DeviceOffline, UnknownAgent, UnknownApplication, UnknownDevice } from './devices.errors';
import { DevicesRepository } from './devices.repository';
import { searchTextOf } from './reported-summary';

/** Without operations and applications that devices of its kind do not have, whatever the agent announces. */
const ofItsKind = <T extends AnnouncedDevice>(device: T): T => ({
  ...device,
  operations: device.operations.filter((operation) => kindHas(device.kind, operation)),
  applications: device.applications.filter(({ protocol }) => protocol !== 'box' || storesDocuments(device.kind)),
});

/** A device, the connection of its agent, and its information. */
export interface DeviceInView {
  readonly device: DeviceEntity;
  /** Where its agent is. */
  readonly siteId: string | null;
  readonly site: NamedSite | null;
  readonly online: boolean;
  /** The agent saves power; it is woken when the device is requested. */
  readonly asleep: boolean;
  /** Another agent of the site can wake its agent. */
  readonly wakeable: boolean;
  readonly lastSeenAt: Date | null;
  readonly information: DeviceInformationEntity | null;
}

@Injectable()
export class DevicesService {
  constructor(
    private readonly repository: DevicesRepository,
    private readonly agents: AgentsRepository,
    private readonly customers: CustomersService,
    private readonly information: DeviceInformationRepository,
    private readonly transport: DeviceTransport,
    private readonly agentWake: AgentWake,
    private readonly events: DeviceEvents,
  ) {}

  /**
   * Stores the devices that an agent has announced.
   * @returns devices that belong to another agent, or that the enrolment of this one does not cover; they are not changed
   * @throws UnknownAgent if its account has been removed meanwhile
   */
  async announce(agentId: string, { agentVersion, devices: announced, wake }: Announcement): Promise<string[]> {
    const announcedAt = new Date();
    const byId = new Map(
      announced.map((device) => {
        const { id, name, model, serialNumber, location } = device;
        const announcedText = searchTextOf(name, id, model, serialNumber, location, agentId);
        return [id, { ...ofItsKind(device), agentId, announcedAt, announcedText }];
      }),
    );
    const replaced = await this.repository.replace(agentId, [...byId.values()], {
      ...{ version: agentVersion, lastSeenAt: announcedAt, asleepSince: null, wake: wake ?? null },
      announcementHash: sha256(JSON.stringify([agentVersion, announced])).toString('base64url'),
    });
    if (!replaced) throw new UnknownAgent(agentId);
    const { refused, differs } = replaced;
    this.events.publish('announced', { agentId, differs });
    return refused;
  }

  /** Devices within reach of the actor, ordered by ID. */
  async page(actor: Actor, query: PageQuery): Promise<Page<DeviceInView>> {
    const { rows, next } = await this.repository.page(await this.customers.reachOf(actor), query);
    return { rows: await this.inViews(rows), next };
  }

  /** These devices with what belongs to them, in the same order. */
  async inViews(devices: readonly DeviceEntity[]): Promise<DeviceInView[]> {
    const presence = await this.agents.presence([...new Set(devices.map(({ agentId }) => agentId))]);
    const known = await this.information.of(devices.map(({ id }) => id));
    const sites = await this.customers.named([...presence.values()].map(({ siteId }) => siteId));
    return devices.map((device) =>
      this.inView(device, presence.get(device.agentId), sites, known.get(device.id) ?? null),
    );
  }

  /** Where an agent is, and whether it is offline to save power. */
  async agent(agentId: string): Promise<{ siteId: string | null; asleep: boolean }> {
    const presence = await this.agents.presenceOf(agentId);
    return { siteId: presence?.siteId ?? null, asleep: isAsleep(this.transport.isOnline(agentId), presence) };
  }

  /** Those of these agents that are online, or save power and can be woken. */
  async reachable(agentIds: Iterable<string>): Promise<Set<string>> {
    const ids = [...new Set(agentIds)];
    const offline = ids.filter((id) => !this.transport.isOnline(id));
    const presence = offline.length > 0 ? await this.agents.presence(offline) : new Map<string, AgentPresence>();
    return new Set(
      ids.filter((id) => {
        const known = presence.get(id);
        return this.transport.isOnline(id) || (known?.wake != null && isAsleep(false, known));
      }),
    );
  }

  /** IDs of the devices of an agent. */
  behind(agentId: string): Promise<readonly string[]> {
    return this.repository.idsOf(agentId);
  }

  /** @throws UnknownDevice, also for a device out of reach of the actor */
  async get(actor: Actor, deviceId: string): Promise<DeviceInView> {
    const inView = await this.find(deviceId);
    if (!inView || !(await this.customers.sees(actor, { deviceId, siteId: inView.siteId })))
      throw new UnknownDevice(deviceId);
    return inView;
  }

  /** Some devices, in the same order. @throws UnknownDevice for the first that is unknown, or out of reach of the actor */
  async several(actor: Actor, deviceIds: readonly string[]): Promise<DeviceInView[]> {
    const reach = await this.customers.reachOf(actor);
    const found = new Map(
      (await this.inViews(await this.repository.among(deviceIds))).map((each) => [each.device.id, each]),
    );
    return deviceIds.map((deviceId) => {
      const inView = found.get(deviceId);
      if (!inView || !reaches(reach, { deviceId, siteId: inView.siteId })) throw new UnknownDevice(deviceId);
      return inView;
    });
  }

  /** For the server itself; what acts for somebody uses `get`. */
  async find(deviceId: string): Promise<DeviceInView | undefined> {
    const device = await this.repository.find(deviceId);
    if (!device) return undefined;
    const [presence, known] = await Promise.all([
      this.agents.presence([device.agentId]),
      this.information.find(deviceId),
    ]);
    const agent = presence.get(device.agentId);
    return this.inView(device, agent, await this.customers.named([agent?.siteId]), known);
  }

  /** A device and its information alone, for the server itself. */
  async informed(deviceId: string): Promise<Pick<DeviceInView, 'device' | 'information'> | undefined> {
    const found = Promise.all([this.repository.find(deviceId), this.information.find(deviceId)]);
    const [device, information] = await found;
    return device ? { device, information } : undefined;
  }

  /** A device whose agent is online. @throws UnknownDevice, DeviceOffline */
  async connected(actor: Actor, deviceId: string): Promise<DeviceInView> {
    const inView = await this.get(actor, deviceId);
    if (!inView.online) throw new DeviceOffline(deviceId);
    return inView;
  }

  /** Returns if the agent of the device is online, or can be woken. @throws DeviceOffline, NoSubstitute */
  async checkReachable({ device, online, wakeable }: DeviceInView): Promise<void> {
    if (online || this.transport.carrierOf(device.agentId)) return;
    if (!wakeable) throw new DeviceOffline(device.id);
    await this.agentWake.checkWakeable(device.agentId);
  }

  /** @throws UnknownDevice, UnknownApplication */
  async application(actor: Actor, deviceId: string, applicationId: string): Promise<DeviceInView> {
    const inView = await this.get(actor, deviceId);
    const offered = inView.device.applications.some((application) => application.id === applicationId);
    if (!offered) throw new UnknownApplication(deviceId, applicationId);
    return inView;
  }

  private inView(
    device: DeviceEntity,
    presence: AgentPresence | undefined,
    sites: Map<string | null, NamedSite>,
    information: DeviceInformationEntity | null,
  ): DeviceInView {
    const online = this.transport.isOnline(device.agentId);
    const asleep = isAsleep(online, presence);
    const siteId = presence?.siteId ?? null;
    const site = sites.get(siteId) ?? null;
    const wakeable = presence?.wake != null;
    return { device, siteId, site, online, asleep, wakeable, lastSeenAt: presence?.lastSeenAt ?? null, information };
  }
}
