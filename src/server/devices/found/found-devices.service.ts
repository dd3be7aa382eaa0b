import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { z } from 'zod';
import type { foundDeviceQuery, FoundDeviceInView } from '../../../protocol/api';
import { reportFound, takeInDevice } from '../../../protocol/control-channel';
import type { FoundDevice, NewDevice } from '../../../protocol/found-device';
import { LIMITS } from '../../../protocol/limits';
import { coversDevice, toInstant } from '../../../protocol/names';
import { ProblemError } from '../../../protocol/problems';
import type { Actor } from '../../auth/actor';
import { AuditService } from '../../auth/audit/audit.service';
import { CustomersService } from '../../customers/customers.service';
import { DeviceTransport } from '../../xmpp/device-transport';
import { AgentOffline, AgentRefused } from '../../xmpp/xmpp.errors';
import { AgentsRepository } from '../agents/agents.repository';
import { DeviceEvents } from '../device-events';
import {
  DeviceIdTaken,
  DeviceServedAlready,
  TakeInRunning,
  TooManyDeviceIds,
  UnknownAgent,
  UnknownFoundDevice,
} from '../devices.errors';
import { DevicesRepository } from '../devices.repository';
import type { FoundDeviceEntity } from './found-device.entity';
import { FoundDevicesRepository } from './found-devices.repository';
import { sameDevices } from './same-devices';

/** The agent reads the device, and announces its devices before it answers. */
const TAKE_IN_MS = LIMITS.PROBE_MS + 2 * LIMITS.XMPP_IQ_TIMEOUT_MS;

/** Devices that agents have found: reported, taken in, dismissed. */
@Injectable()
export class FoundDevicesService implements OnModuleInit {
  /** Found devices that are being taken in, and the IDs that they are getting. */
  private readonly claimed = new Set<string>();

  constructor(
    private readonly repository: FoundDevicesRepository,
    private readonly agents: AgentsRepository,
    private readonly devices: DevicesRepository,
    private readonly customers: CustomersService,
    private readonly transport: DeviceTransport,
    private readonly events: DeviceEvents,
    private readonly audit: AuditService,
  ) {}

  onModuleInit(): void {
    this.transport.handle(reportFound, async (agentId, report) => {
      if (!(await this.repository.report(agentId, report))) throw new UnknownAgent(agentId);
      this.events.publish('found', agentId);
      return {};
    });
  }

  /** Those found last first; what several agents of a site have found is one, at the place of the last. */
  async page(query: z.output<typeof foundDeviceQuery>): Promise<{ rows: FoundDeviceInView[]; next: string | null }> {
    const isDismissed = query.state === 'dismissed';
    const { rows, next } = await this.repository.page(isDismissed, query);
    const groups = await this.groups(rows, isDismissed);
    const presence = await this.agents.presence([...new Set(rows.map(({ agentId }) => agentId))]);
    const sites = await this.customers.named([...presence.values()].map(({ siteId }) => siteId));
    const inViews = rows.flatMap((row): FoundDeviceInView[] => {
      const [first, ...others] = groups.get(row.id) ?? [row];
      if (first!.id !== row.id) return [];
      const { found, agentId, mayTakeIn, dismissedAt, dismissedBy } = row;
      return [
        {
          ...{ ...found, agentId, mayTakeIn },
          site: sites.get(presence.get(agentId)?.siteId ?? null) ?? null,
          online: this.transport.isOnline(agentId),
          dismissed: dismissedAt && { at: toInstant(dismissedAt), by: dismissedBy ?? '' },
          alsoFoundBy: others.map((other) => ({
            ...{ id: other.id, address: other.found.address, agentId: other.agentId, mayTakeIn: other.mayTakeIn },
            online: this.transport.isOnline(other.agentId),
          })),
        },
      ];
    });
    return { rows: inViews, next };
  }

  /**
   * Makes a found device one of its agent, which refuses what its owner does not permit. Resolves when the agent has stored it.
   * @throws UnknownFoundDevice, AgentOffline, DeviceIdTaken, DeviceServedAlready, TakeInRunning, TooManyDeviceIds, AgentSilent; ProblemError if the agent refuses
   */
  async takeIn(actor: Actor, id: string, wanted: NewDevice): Promise<void> {
    const device = await this.get(id);
    const { agentId, found } = device;
    const { deviceId } = wanted;
    if (!this.transport.isOnline(agentId)) throw new AgentOffline(agentId);
    const ids = await this.same(device);
    const claims = [deviceId, ...ids];
    if (claims.some((each) => this.claimed.has(each))) throw new TakeInRunning(deviceId);
    for (const each of claims) this.claimed.add(each);
    try {
      if (await this.devices.find(deviceId)) throw new DeviceIdTaken(deviceId);
      const neighbours = [agentId, ...(await this.agents.besides(agentId))];
      const served = await this.repository.served(neighbours, found.identity);
      if (served) throw new DeviceServedAlready(served.deviceId, served.agentId);
      await this.permitId(agentId, deviceId);
      await this.transport
        .request(agentId, takeInDevice, { ...wanted, foundId: id }, { timeoutMs: TAKE_IN_MS })
        .catch(refused);
      await this.repository.remove(ids);
    } finally {
      for (const each of claims) this.claimed.delete(each);
    }
    await this.audit.record(actor, 'device.taken-in', deviceId, `${agentId} ${shown(found)}`);
    this.events.publish('found', agentId);
  }

  /** It stays dismissed as long as an agent of the site reports it. @throws UnknownFoundDevice */
  async dismiss(actor: Actor, id: string): Promise<void> {
    const { agentId, found } = await this.setDismissed(id, actor.username);
    await this.audit.record(actor, 'device.dismissed', agentId, shown(found));
  }
  /** @throws UnknownFoundDevice */
  async restore(actor: Actor, id: string): Promise<void> {
    const { agentId, found } = await this.setDismissed(id, undefined);
    await this.audit.record(actor, 'device.restored', agentId, shown(found));
  }

  private async setDismissed(id: string, by: string | undefined): Promise<FoundDeviceEntity> {
    const device = await this.get(id);
    if (!(await this.repository.dismiss(await this.same(device), by))) throw new UnknownFoundDevice();
    this.events.publish('found', device.agentId);
    return device;
  }

  /** IDs of what agents of the site have found of the same device, its own among them. */
  private async same(device: FoundDeviceEntity): Promise<string[]> {
    const groups = await this.groups([device], device.dismissedAt !== null);
    return (groups.get(device.id) ?? [device]).map(({ id }) => id);
  }

  /** By the ID of each: what agents of its site have found of the same device, the last first. */
  private async groups(of: FoundDeviceEntity[], isDismissed: boolean): Promise<Map<string, FoundDeviceEntity[]>> {
    const own = await this.agents.presence([...new Set(of.map(({ agentId }) => agentId))]);
    const neighbours = await this.agents.atSites([...own.values()].flatMap(({ siteId }) => siteId ?? []));
    const siteOf = new Map(neighbours.map(({ id, siteId }) => [id, siteId]));
    const bySite = new Map<string | null | undefined, FoundDeviceEntity[]>();
    for (const each of await this.repository.of([...siteOf.keys()], isDismissed)) {
      const site = siteOf.get(each.agentId);
      const found = bySite.get(site) ?? [];
      bySite.set(site, found);
      found.push(each);
    }
    const groups = [...bySite.values()].flatMap((found) => {
      const order = new Map(found.map(({ id }, index) => [id, index]));
      return sameDevices(found).map((group) => group.sort((one, other) => order.get(one.id)! - order.get(other.id)!));
    });
    return new Map(groups.flatMap((group) => group.map(({ id }) => [id, group])));
  }

  private async get(id: string): Promise<FoundDeviceEntity> {
    const found = await this.repository.find(id);
    if (!found) throw new UnknownFoundDevice();
    return found;
  }

  /** The agent may announce the device; if it refuses the device, it still may. */
  private async permitId(agentId: string, deviceId: string): Promise<void> {
    const deviceIds = (await this.agents.find(agentId))?.deviceIds ?? [];
    if (coversDevice(deviceIds, deviceId)) return;
    if (deviceIds.length >= LIMITS.DEVICES_PER_AGENT) throw new TooManyDeviceIds(agentId);
    if (!(await this.agents.allow(agentId, [...deviceIds, deviceId]))) throw new UnknownAgent(agentId);
  }
}

const shown = ({ address, model }: FoundDevice): string => `${address} ${model}`.trim();

/** RFC 6120 8.3.3, of an agent that does not know the exchange. */
const UNKNOWN_EXCHANGE = ['feature-not-implemented', 'service-unavailable'];

/** @throws ProblemError with the words of the agent */
function refused(error: unknown): never {
  if (!(error instanceof AgentRefused)) throw error;
  const isOff = UNKNOWN_EXCHANGE.includes(error.code);
  throw new ProblemError(
    'wrong-state',
    isOff ? 'the agent does not look for devices any more' : error.detail || error.code,
  );
}
