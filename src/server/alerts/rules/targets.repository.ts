import { Injectable } from '@nestjs/common';
import { DataSource, In } from 'typeorm';
import type { DeviceInformation } from '../../../protocol/device-information';
import { SiteEntity } from '../../customers/customer.entity';
import { AgentEntity } from '../../devices/agents/agent.entity';
import { DeviceEntity } from '../../devices/device.entity';
import { DeviceInformationEntity } from '../../devices/information/device-information.entity';
import type { Target } from './reconcile';

export interface DeviceTarget extends Target {
  readonly agentId: string;
  readonly deviceId: string;
  readonly information: DeviceInformation | null;
}
export interface AgentTarget extends Target {
  readonly agentId: string;
  readonly lastSeenAt: Date | null;
  readonly asleepSince: Date | null;
}

/** Reads what the rules are about. */
@Injectable()
export class TargetsRepository {
  constructor(private readonly database: DataSource) {}

  async devices(ids: readonly string[]): Promise<DeviceTarget[]> {
    const { manager } = this.database;
    const devices = await manager.findBy(DeviceEntity, { id: In([...ids]) });
    const agents = await this.agents([...new Set(devices.map(({ agentId }) => agentId))]);
    const known = await manager.findBy(DeviceInformationEntity, { deviceId: In(devices.map(({ id }) => id)) });
    const placeOf = new Map(agents.map((agent) => [agent.agentId, agent]));
    const informationOf = new Map(known.map(({ deviceId, information }) => [deviceId, information]));
    return devices.map(({ id, agentId, name }) => {
      const { customerId = null, siteId = null } = placeOf.get(agentId) ?? {};
      return {
        ...{ customerId, siteId, agentId },
        deviceId: id,
        deviceName: name,
        information: informationOf.get(id) ?? null,
      };
    });
  }

  /** @param ids undefined: all */
  async agents(ids?: readonly string[]): Promise<AgentTarget[]> {
    const { manager } = this.database;
    const select = { id: true, lastSeenAt: true, asleepSince: true, siteId: true } as const;
    const agents = await manager.find(AgentEntity, { where: ids && { id: In([...ids]) }, select });
    const customers = await this.customersOf(agents.map(({ siteId }) => siteId));
    return agents.map(({ id, lastSeenAt, asleepSince, siteId }) => ({
      ...{ agentId: id, deviceId: null, deviceName: '', siteId, customerId: customers.get(siteId) ?? null },
      ...{ lastSeenAt, asleepSince },
    }));
  }

  /** The customers of sites. */
  async customersOf(siteIds: readonly (string | null)[]): Promise<Map<string | null, string>> {
    const ids = [...new Set(siteIds.filter((id) => id !== null))];
    const sites = await this.database.manager.findBy(SiteEntity, { id: In(ids) });
    return new Map(sites.map(({ id, customerId }) => [id, customerId]));
  }

  /** Behind these agents. */
  countDevices(agentIds: readonly string[]): Promise<number> {
    return this.database.manager.countBy(DeviceEntity, { agentId: In([...agentIds]) });
  }
}
