import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, Not, Repository } from 'typeorm';
import { readPage, type Page, type PageQuery } from '../database/page';
import { AgentEntity } from './agents/agent.entity';
import { DeviceInformationEntity } from './information/device-information.entity';
import { DeviceEntity } from './device.entity';

@Injectable()
export class DevicesRepository {
  constructor(@InjectRepository(DeviceEntity) private readonly devices: Repository<DeviceEntity>) {}

  page(page: PageQuery): Promise<Page<DeviceEntity>> {
    return readPage(this.devices.createQueryBuilder('d'), ['id'], 'ASC', page);
  }
  find(id: string): Promise<DeviceEntity | null> {
    return this.devices.findOneBy({ id });
  }
  of(agentId: string): Promise<DeviceEntity[]> {
    return this.devices.findBy({ agentId });
  }
  /**
   * Replaces the devices of an agent; a device of another agent is not changed.
   * @returns the IDs of such devices; undefined if the agent does not exist (any more)
   */
  replace(
    agentId: string,
    devices: DeviceEntity[],
    agent: Pick<AgentEntity, 'version' | 'lastSeenAt' | 'site' | 'asleepSince' | 'wake'>,
  ) {
    return this.devices.manager.transaction(async (manager): Promise<string[] | undefined> => {
      const { affected } = await manager.update(AgentEntity, { id: agentId }, agent);
      if (affected !== 1) return undefined;
      const known = await manager.findBy(DeviceEntity, { id: In(devices.map((device) => device.id)) });
      const owners = new Map(known.map((device) => [device.id, device.agentId]));
      const accepted = devices.filter((device) => (owners.get(device.id) ?? agentId) === agentId);
      const gone = await manager.findBy(DeviceEntity, { agentId, id: Not(In(accepted.map((device) => device.id))) });
      const goneIds = gone.map((device) => device.id);
      await manager.delete(DeviceEntity, { agentId, id: In(goneIds) });
      await manager.delete(DeviceInformationEntity, { deviceId: In(goneIds) });
      await manager.save(
        accepted.filter((device) => owners.has(device.id)).map((each) => manager.create(DeviceEntity, each)),
      );
      // not `save`: if two agents announce a new device at once, the second must not take it from the first
      await manager.insert(
        DeviceEntity,
        accepted.filter((device) => !owners.has(device.id)),
      );
      return devices.filter((device) => !accepted.includes(device)).map((device) => device.id);
    });
  }
}
