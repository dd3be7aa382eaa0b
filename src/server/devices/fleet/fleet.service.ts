import { Injectable } from '@nestjs/common';
import type { DriftState, WantedSettings } from '../../../protocol/device-settings';
import type {
  FleetDevice,
  FleetExportQuery,
  FleetFilter,
  FleetGroups,
  FleetGroupsQuery,
  FleetQuery,
} from '../../../protocol/fleet';
import { LIMITS } from '../../../protocol/limits';
import type { Actor } from '../../auth/actor';
import { AuditService } from '../../auth/audit/audit.service';
import { CustomersService } from '../../customers/customers.service';
import type { Page } from '../../database/page';
import { DeviceTransport } from '../../xmpp/device-transport';
import type { DeviceEntity } from '../device.entity';
import { SelectionChanged } from '../devices.errors';
import { presentedDevice } from '../devices.presenter';
import { DevicesService, type DeviceInView } from '../devices.service';
import { DeviceNotesRepository } from '../notes/device-notes.repository';
import { UNKNOWN_SUPPLY } from '../reported-summary';
import { FleetRepository, type Selection, type SortedPage } from './fleet.repository';

/** Devices that a filter fits; of these only the named ones, if some are named. */
export interface FleetDevices {
  readonly filter: FleetFilter;
  readonly deviceIds?: readonly string[];
  /** Only those whose settings compare so with these values. */
  readonly drift?: Selection['drift'];
}

/** The device list of users. */
@Injectable()
export class FleetService {
  constructor(
    private readonly repository: FleetRepository,
    private readonly devices: DevicesService,
    private readonly notes: DeviceNotesRepository,
    private readonly customers: CustomersService,
    private readonly transport: DeviceTransport,
    private readonly audit: AuditService,
  ) {}

  /** @throws InvalidCursor */
  page(actor: Actor, { sort, order, limit, cursor, ...filter }: FleetQuery): Promise<Page<FleetDevice>> {
    return this.read(actor, filter, { sort, order, limit, cursor });
  }

  async groups(actor: Actor, { by, ...filter }: FleetGroupsQuery): Promise<FleetGroups> {
    const selection = await this.selection(actor, { filter });
    const all = await this.repository.counts(selection);
    const rows = by === 'none' ? [] : await this.repository.groups(selection, by);
    return { all, rows: rows.slice(0, LIMITS.FLEET_GROUPS), more: rows.length > LIMITS.FLEET_GROUPS };
  }

  async firmwareVersions(actor: Actor): Promise<{ model: string; firmwareVersion: string; devices: number }[]> {
    return this.repository.firmwareVersions(await this.customers.reachOf(actor));
  }

  /** All devices that the filter fits, page by page: each within the reach that the actor has by then. */
  async *export(
    actor: Actor,
    { sort, order, ...filter }: Omit<FleetExportQuery, 'columns'>,
  ): AsyncGenerator<FleetDevice[]> {
    await this.audit.record(actor, 'device.list-exported', '', `filter ${JSON.stringify(filter)}`);
    for (let cursor: string | undefined; ;) {
      const { rows, next } = await this.read(actor, filter, { sort, order, limit: LIMITS.PAGE_ROWS, cursor });
      yield rows;
      if (next === null) return;
      cursor = next;
    }
  }

  /** IDs of all devices that the filter fits, by name. @throws SelectionChanged if they are not as many as the actor saw */
  async select(actor: Actor, filter: FleetFilter, seen: number): Promise<string[]> {
    const selection = await this.selection(actor, { filter });
    const found: DeviceEntity[] = [];
    for (let cursor: string | undefined; found.length <= seen;) {
      const page = { sort: 'name', order: 'asc', limit: LIMITS.PAGE_ROWS, cursor } as const;
      const { rows, next } = await this.repository.page(selection, page);
      found.push(...rows);
      if (next === null) break;
      cursor = next;
    }
    if (found.length > seen) throw new SelectionChanged(seen, 'more');
    if (found.length < seen) throw new SelectionChanged(seen, String(found.length));
    return found.map(({ id }) => id);
  }

  /** How many of these devices are within reach of the actor. */
  async count(actor: Actor, devices: FleetDevices): Promise<number> {
    return (await this.repository.counts(await this.selection(actor, devices))).devices;
  }
  /** How many of these devices compare in which way with wanted values. */
  async driftCounts(
    actor: Actor,
    devices: FleetDevices,
    wanted: WantedSettings,
  ): Promise<ReadonlyMap<DriftState, number>> {
    return this.repository.driftCounts(await this.selection(actor, devices), wanted);
  }
  /** Those of these devices that are within reach of the actor, in the same order. */
  async among(actor: Actor, deviceIds: readonly string[]): Promise<string[]> {
    const found = new Set(await this.repository.ids(await this.selection(actor, { filter: {}, deviceIds })));
    return deviceIds.filter((id) => found.has(id));
  }
  /** A page of these devices by name, each with what belongs to it. @throws InvalidCursor */
  async inViewsByName(
    actor: Actor,
    devices: FleetDevices,
    { limit, cursor }: { readonly limit: number; readonly cursor?: string },
  ): Promise<Page<DeviceInView>> {
    const page = { sort: 'name', order: 'asc', limit, cursor } as const;
    const { rows, next } = await this.repository.page(await this.selection(actor, devices), page);
    return { rows: await this.devices.inViews(rows), next };
  }

  private async read(actor: Actor, filter: FleetFilter, page: SortedPage): Promise<Page<FleetDevice>> {
    const { rows, next } = await this.repository.page(await this.selection(actor, { filter }), page);
    const [inViews, notes] = await Promise.all([this.devices.inViews(rows), this.notes.of(rows.map(({ id }) => id))]);
    const presented = inViews.map((inView): FleetDevice => {
      const { firmwareVersion, supplyLevel, id } = inView.device;
      const { assetTag = '', contractNumber = '', location = '' } = notes.get(id) ?? {};
      const lowestSupply = supplyLevel === UNKNOWN_SUPPLY ? null : supplyLevel;
      const noted = { assetTag, contractNumber, notedLocation: location };
      return { ...presentedDevice(actor, inView), firmwareVersion, lowestSupply, ...noted };
    });
    return { rows: presented, next };
  }

  private async selection(actor: Actor, { filter, deviceIds, drift }: FleetDevices): Promise<Selection> {
    const reach = await this.customers.reachOf(actor);
    return { reach, filter, deviceIds, drift, onlineAgents: this.transport.onlineAgents(), now: new Date() };
  }
}
