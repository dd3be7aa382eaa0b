import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, Not, Repository } from 'typeorm';
import { DeviceEntity } from './device.entity';

@Injectable()
export class DevicesRepository {
  constructor(@InjectRepository(DeviceEntity) private readonly devices: Repository<DeviceEntity>) {}

  page(limit: number, after?: string): Promise<DeviceEntity[]> {
    const query = this.devices.createQueryBuilder('d').orderBy('d.id', 'ASC').take(limit);
    if (after) query.where('d.id > :after', { after });
    return query.getMany();
  }
  find(id: string): Promise<DeviceEntity | null> {
    return this.devices.findOneBy({ id });
  }
  of(agentId: string): Promise<DeviceEntity[]> {
    return this.devices.findBy({ agentId });
  }
  /** Devices of these IDs that belong to somebody else. */
  foreign(agentId: string, ids: string[]): Promise<DeviceEntity[]> {
    return this.devices.findBy({ id: In(ids), agentId: Not(agentId) });
  }
  /** Makes `devices` the whole of what stands behind the agent. */
  async replace(agentId: string, devices: DeviceEntity[]): Promise<void> {
    await this.devices.manager.transaction(async (manager) => {
      await manager.delete(DeviceEntity, { agentId, id: Not(In(devices.map((device) => device.id))) });
      await manager.save(DeviceEntity, devices);
    });
  }
  async removeOf(agentId: string): Promise<void> {
    await this.devices.delete({ agentId });
  }
}
