import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, Repository } from 'typeorm';
import { lockDevice } from '../devices.repository';
import { DeviceNotesEntity } from './device-notes.entity';

/** All SQL for notes about devices. */
@Injectable()
export class DeviceNotesRepository {
  constructor(@InjectRepository(DeviceNotesEntity) private readonly notes: Repository<DeviceNotesEntity>) {}

  find(deviceId: string): Promise<DeviceNotesEntity | null> {
    return this.notes.findOneBy({ deviceId });
  }
  async of(deviceIds: string[]): Promise<Map<string, DeviceNotesEntity>> {
    const found = await this.notes.findBy({ deviceId: In(deviceIds) });
    return new Map(found.map((each) => [each.deviceId, each]));
  }

  /**
   * Replaces the notes of version `version - 1`.
   * @returns `unknown` if this agent has no such device (any more), `outdated` if they have another version
   */
  replace(notes: DeviceNotesEntity): Promise<'replaced' | 'unknown' | 'outdated'> {
    const { deviceId, agentId, version } = notes;
    return this.notes.manager.transaction(async (manager) => {
      // also separates two first notes, which there is no row yet to lock for
      if (!(await lockDevice(manager, { id: deviceId, agentId }))) return 'unknown';
      const known = await manager.findOneBy(DeviceNotesEntity, { deviceId });
      if ((known?.version ?? 0) !== version - 1) return 'outdated';
      await manager.upsert(DeviceNotesEntity, notes, ['deviceId']);
      return 'replaced';
    });
  }
}
