import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { LIMITS } from '../../protocol/limits';
import { toInstant } from '../../protocol/names';
import type { ChangedSettingsTemplate, NewSettingsTemplate, SettingsTemplate } from '../../protocol/settings-template';
import type { Actor } from '../auth/actor';
import { AuditService } from '../auth/audit/audit.service';
import { FleetService, type FleetDevices } from '../devices/fleet/fleet.service';
import type { SettingsTemplateEntity } from './settings-template.entity';
import {
  SettingsTemplateChanged,
  SettingsTemplateNameTaken,
  TooManySettingsTemplates,
  UnknownSettingsTemplate,
} from './settings-templates.errors';
import { SettingsTemplatesRepository } from './settings-templates.repository';

/** The devices of a template, as the device list selects them. */
export const devicesOf = ({ devices }: SettingsTemplateEntity): FleetDevices =>
  'filter' in devices ? { filter: devices.filter } : { filter: {}, deviceIds: devices.deviceIds };

/** Settings templates. Who reaches some of its devices sees a template; administrators change them. */
@Injectable()
export class SettingsTemplatesService {
  /** Templates are counted and added one at a time. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly repository: SettingsTemplatesRepository,
    private readonly fleet: FleetService,
    private readonly audit: AuditService,
  ) {}

  /** By name. */
  async list(actor: Actor): Promise<SettingsTemplate[]> {
    const presented = await Promise.all((await this.repository.all()).map((each) => this.presented(actor, each)));
    return presented.filter((each) => isSeen(actor, each));
  }

  /** @throws UnknownSettingsTemplate, also for one without a device within reach of a technician */
  async get(actor: Actor, id: string): Promise<SettingsTemplate> {
    return this.seen(actor, await this.repository.find(id));
  }
  /** @throws UnknownSettingsTemplate */
  async find(actor: Actor, id: string): Promise<SettingsTemplateEntity> {
    const found = await this.repository.find(id);
    await this.seen(actor, found);
    return found!;
  }
  /** Templates that this device is in, by name. */
  async ofDevice(actor: Actor, deviceId: string): Promise<SettingsTemplateEntity[]> {
    const all = await this.repository.all();
    const counts = await Promise.all(all.map((each) => this.countOf(actor, each, deviceId)));
    return all.filter((_, index) => counts[index]! > 0);
  }

  /** @throws TooManySettingsTemplates, SettingsTemplateNameTaken */
  async add(actor: Actor, wanted: NewSettingsTemplate): Promise<SettingsTemplate> {
    const template = entityOf(actor, randomUUID(), wanted, 1);
    const added = this.last.then(() => this.insert(template));
    this.last = added.catch(() => undefined);
    await added;
    await this.audit.record(actor, 'settings-template.created', template.id, textOf(template));
    return this.presented(actor, template);
  }

  /** @throws UnknownSettingsTemplate, SettingsTemplateNameTaken; SettingsTemplateChanged if it has another version */
  async change(actor: Actor, id: string, { version, ...wanted }: ChangedSettingsTemplate): Promise<SettingsTemplate> {
    const template = entityOf(actor, id, wanted, version + 1);
    if (!(await this.repository.find(id))) throw new UnknownSettingsTemplate();
    const outcome = await this.repository.replace(template);
    if (outcome === 'name-taken') throw new SettingsTemplateNameTaken(wanted.name);
    if (outcome === 'outdated') throw new SettingsTemplateChanged(wanted.name);
    await this.audit.record(actor, 'settings-template.changed', id, textOf(template));
    return this.presented(actor, template);
  }

  /** @throws UnknownSettingsTemplate */
  async remove(actor: Actor, id: string): Promise<void> {
    const template = await this.repository.find(id);
    if (!template || !(await this.repository.remove(id))) throw new UnknownSettingsTemplate();
    await this.audit.record(actor, 'settings-template.removed', id, template.name);
  }

  private async insert(template: SettingsTemplateEntity): Promise<void> {
    if ((await this.repository.all()).length >= LIMITS.SETTINGS_TEMPLATES) throw new TooManySettingsTemplates();
    if (!(await this.repository.add(template))) throw new SettingsTemplateNameTaken(template.name);
  }

  /** How many of its devices are within reach; of one device, 1 or 0. */
  private async countOf(actor: Actor, template: SettingsTemplateEntity, deviceId?: string): Promise<number> {
    const { filter, deviceIds } = devicesOf(template);
    if (deviceId === undefined) return this.fleet.count(actor, { filter, deviceIds });
    if (deviceIds && !deviceIds.includes(deviceId)) return 0;
    return this.fleet.count(actor, { filter, deviceIds: [deviceId] });
  }

  private async seen(actor: Actor, template: SettingsTemplateEntity | null): Promise<SettingsTemplate> {
    const presented = template && (await this.presented(actor, template));
    if (!presented || !isSeen(actor, presented)) throw new UnknownSettingsTemplate();
    return presented;
  }

  private async presented(actor: Actor, template: SettingsTemplateEntity): Promise<SettingsTemplate> {
    const { id, name, settings, devices, version, changedAt, changedBy } = template;
    const { deviceIds } = devicesOf(template);
    const reached = deviceIds && (await this.fleet.among(actor, deviceIds));
    return {
      ...{ id, name, settings, version, changedAt: toInstant(changedAt), changedBy },
      devices: reached ? { deviceIds: reached } : devices,
      deviceCount: reached ? reached.length : await this.countOf(actor, template),
    };
  }
}

/** A filter may name a customer: who reaches none of its devices does not see it. */
const isSeen = ({ role }: Actor, { deviceCount }: SettingsTemplate): boolean => role === 'admin' || deviceCount > 0;

const entityOf = (
  actor: Actor,
  id: string,
  { name, settings, devices }: NewSettingsTemplate,
  version: number,
): SettingsTemplateEntity => ({
  ...{ id, name, settings: settings, devices, version },
  ...{ changedAt: new Date(), changedBy: actor.displayName },
});

/** What the audit trail has of it. */
const textOf = ({ name, settings, devices }: SettingsTemplateEntity): string => {
  const which =
    'filter' in devices ? `filter ${JSON.stringify(devices.filter)}` : `${devices.deviceIds.length} devices`;
  return `${name}: ${JSON.stringify(settings)}; ${which}`;
};
