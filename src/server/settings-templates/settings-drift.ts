import { Injectable } from '@nestjs/common';
import type { DriftState } from '../../protocol/device-settings';
import { LIMITS } from '../../protocol/limits';
import { toInstant } from '../../protocol/names';
import type { DeviceDrift, DriftCounts, DriftQuery, TemplateDrift } from '../../protocol/settings-template';
import type { Actor } from '../auth/actor';
import { AuditService } from '../auth/audit/audit.service';
import type { Page } from '../database/page';
import { DevicesService, type DeviceInView } from '../devices/devices.service';
import { FleetService } from '../devices/fleet/fleet.service';
import { DeviceSettingsService, type KnownSettings } from '../devices/settings/device-settings.service';
import { comparedSettings, driftStateOf } from '../devices/settings/setting-differences';
import type { SettingsTemplateEntity } from './settings-template.entity';
import { devicesOf, SettingsTemplatesService } from './settings-templates.service';

/** How devices compare with templates, by what jobs have read or set there last. Nothing of it is stored. */
@Injectable()
export class SettingsDrift {
  constructor(
    private readonly templates: SettingsTemplatesService,
    private readonly fleet: FleetService,
    private readonly devices: DevicesService,
    private readonly settings: DeviceSettingsService,
    private readonly audit: AuditService,
  ) {}

  /** @throws UnknownSettingsTemplate */
  async counts(actor: Actor, templateId: string): Promise<DriftCounts> {
    const template = await this.templates.find(actor, templateId);
    const counts = await this.fleet.driftCounts(actor, devicesOf(template), template.settings);
    const of = (state: DriftState): number => counts.get(state) ?? 0;
    const devices = [...counts.values()].reduce((sum, each) => sum + each, 0);
    return {
      devices,
      differs: of('differs'),
      unknown: of('unknown'),
      unsupported: of('unsupported'),
      same: of('same'),
    };
  }

  /** By name. @throws UnknownSettingsTemplate, InvalidCursor */
  async page(actor: Actor, templateId: string, { state, limit, cursor }: DriftQuery): Promise<Page<DeviceDrift>> {
    return this.read(actor, await this.templates.find(actor, templateId), state, { limit, cursor });
  }

  /** All devices, page by page. @throws UnknownSettingsTemplate */
  async *export(actor: Actor, templateId: string, state: DriftState | undefined): AsyncGenerator<DeviceDrift[]> {
    const template = await this.templates.find(actor, templateId);
    await this.audit.record(actor, 'settings-template.exported', templateId, template.name);
    for (let cursor: string | undefined; ;) {
      const { rows, next } = await this.read(actor, template, state, { limit: LIMITS.PAGE_ROWS, cursor });
      yield rows;
      if (next === null) return;
      cursor = next;
    }
  }

  /** @throws UnknownDevice */
  async ofDevice(actor: Actor, deviceId: string): Promise<TemplateDrift[]> {
    const inView = await this.devices.get(actor, deviceId);
    const templates = await this.templates.ofDevice(actor, deviceId);
    const known = (await this.settings.knownOf([deviceId])).get(deviceId);
    return templates.map((template) => ({
      template: { id: template.id, name: template.name },
      drift: driftOf(template, inView, known),
    }));
  }

  private async read(
    actor: Actor,
    template: SettingsTemplateEntity,
    state: DriftState | undefined,
    page: { readonly limit: number; readonly cursor?: string },
  ): Promise<Page<DeviceDrift>> {
    const drift = state && { wanted: template.settings, state };
    const { rows, next } = await this.fleet.inViewsByName(actor, { ...devicesOf(template), drift }, page);
    const known = await this.settings.knownOf(rows.map(({ device }) => device.id));
    return { rows: rows.map((inView) => driftOf(template, inView, known.get(inView.device.id))), next };
  }
}

function driftOf(
  template: SettingsTemplateEntity,
  inView: DeviceInView,
  known: KnownSettings | undefined,
): DeviceDrift {
  const { device, site, information } = inView;
  const reads = device.operations.includes('settings-read');
  // what cannot be read stays unknown for ever
  const settings = comparedSettings(template.settings, known?.rows ?? [], reads ? 'unknown' : 'unsupported');
  return {
    ...{ deviceId: device.id, deviceName: device.name, site, state: driftStateOf(settings), settings, reads },
    model: device.model || (information?.information?.model ?? ''),
    readAt: known ? toInstant(known.readAt) : null,
    jobId: known?.jobId ?? null,
    sets: device.operations.includes('settings-set'),
  };
}
