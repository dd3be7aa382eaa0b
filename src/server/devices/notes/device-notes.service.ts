import { Injectable } from '@nestjs/common';
import { NO_NOTES, type DeviceNotes, type NewDeviceNotes } from '../../../protocol/device-notes';
import { toInstant } from '../../../protocol/names';
import type { Actor } from '../../auth/actor';
import { AuditService } from '../../auth/audit/audit.service';
import { NotesChanged, UnknownDevice } from '../devices.errors';
import { DevicesService } from '../devices.service';
import { searchTextOf } from '../reported-summary';
import type { DeviceNotesEntity } from './device-notes.entity';
import { DeviceNotesRepository } from './device-notes.repository';

const FIELDS = ['text', 'links', 'contractNumber', 'assetTag', 'location'] as const;

/** What people note about devices. */
@Injectable()
export class DeviceNotesService {
  constructor(
    private readonly repository: DeviceNotesRepository,
    private readonly devices: DevicesService,
    private readonly audit: AuditService,
  ) {}

  /** @throws UnknownDevice, also for a device out of reach of the actor */
  async get(actor: Actor, deviceId: string): Promise<DeviceNotes> {
    await this.devices.get(actor, deviceId);
    return presented(await this.repository.find(deviceId));
  }

  /** @throws UnknownDevice; NotesChanged if they have another version than the one that was read */
  async replace(actor: Actor, deviceId: string, { version, ...contents }: NewDeviceNotes): Promise<DeviceNotes> {
    const { device } = await this.devices.get(actor, deviceId);
    const before = presented(await this.repository.find(deviceId));
    const notes: DeviceNotesEntity = {
      ...{ deviceId, agentId: device.agentId, ...contents, searchText: textOf(contents) },
      ...{ version: version + 1, changedAt: new Date(), changedBy: actor.displayName },
    };
    const outcome = await this.repository.replace({ ...notes });
    if (outcome === 'unknown') throw new UnknownDevice(deviceId);
    if (outcome === 'outdated') throw new NotesChanged(deviceId);
    const changed = FIELDS.filter((field) => JSON.stringify(before[field]) !== JSON.stringify(contents[field]));
    await this.audit.record(actor, 'device.notes-changed', deviceId, `fields ${changed.join(' ')}`.trim());
    return presented(notes);
  }
}

const textOf = ({ text, links, ...lines }: Omit<NewDeviceNotes, 'version'>): string =>
  searchTextOf(text, ...links.flatMap(({ title, url }) => [title, url]), ...Object.values(lines));

function presented(notes: DeviceNotesEntity | null): DeviceNotes {
  if (!notes) return NO_NOTES;
  const { text, links, contractNumber, assetTag, location, version, changedAt, changedBy } = notes;
  return { text, links, contractNumber, assetTag, location, version, changedAt: toInstant(changedAt), changedBy };
}
