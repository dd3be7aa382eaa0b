import { Injectable } from '@nestjs/common';
import type { NewCampaign } from '../../protocol/campaign';
import type { WantedSettings } from '../../protocol/device-settings';
import type { Actor } from '../auth/actor';
import type { FirmwareEntity } from '../maintenance/firmware/firmware.entity';
import { FirmwareService } from '../maintenance/firmware/firmware.service';
import { settingsIn } from '../maintenance/job-requests';
import { SettingsTemplatesService } from '../settings-templates/settings-templates.service';
import { CampaignContradiction } from './campaigns.errors';

/** What a campaign installs or sets. The campaign keeps a copy of it. */
export interface CampaignContent {
  readonly firmware: FirmwareEntity | null;
  readonly settings: WantedSettings | null;
  /** From which the settings are. */
  readonly template: { readonly id: string; readonly name: string } | null;
}

/** Finds what a new campaign installs or sets. */
@Injectable()
export class CampaignContents {
  constructor(
    private readonly firmware: FirmwareService,
    private readonly templates: SettingsTemplatesService,
  ) {}

  /** @throws CampaignContradiction, SettingsMismatch, UnknownSettingsTemplate, UnknownFirmware, FirmwareUnsigned */
  async of(actor: Actor, wanted: NewCampaign): Promise<CampaignContent> {
    const firmware = await this.firmwareOf(wanted);
    const { operation, templateId, onlyDiffering } = wanted;
    const template = templateId === undefined ? null : await this.templateOf(actor, wanted, templateId);
    const settings = template ? template.settings : settingsIn(wanted);
    if (onlyDiffering && !settings) throw new CampaignContradiction('onlyDiffering', `${operation} sets no settings`);
    return { firmware, settings, template };
  }

  private async templateOf(actor: Actor, { operation, settings }: NewCampaign, templateId: string) {
    if (operation !== 'settings-set') throw new CampaignContradiction('templateId', `${operation} sets no settings`);
    if (settings) throw new CampaignContradiction('templateId', 'give settings or a template, not both');
    const template = await this.templates.find(actor, templateId);
    return { id: template.id, name: template.name, settings: template.settings };
  }

  private async firmwareOf({ operation, firmwareId, fromVersions }: NewCampaign): Promise<FirmwareEntity | null> {
    if (operation !== 'firmware-install') {
      if (firmwareId !== undefined)
        throw new CampaignContradiction('firmwareId', `${operation} takes no firmware file`);
      if (fromVersions.length > 0) throw new CampaignContradiction('fromVersions', `${operation} takes no versions`);
      return null;
    }
    if (firmwareId === undefined)
      throw new CampaignContradiction('firmwareId', 'firmware-install needs a firmware file');
    return this.firmware.getSigned(firmwareId);
  }
}
