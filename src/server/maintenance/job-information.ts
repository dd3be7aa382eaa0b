import { Injectable } from '@nestjs/common';
import { isForModel } from '../../protocol/firmware-package';
import type { Operation } from '../../protocol/maintenance';
import { OtherDeviceAnswers } from '../devices/devices.errors';
import type { JobReport } from '../../protocol/ad-hoc-command';
import { DevicesService, type DeviceInView } from '../devices/devices.service';
import { DeviceInformationService } from '../devices/information/device-information.service';
import { DeviceSettingsService } from '../devices/settings/device-settings.service';
import type { FirmwareEntity } from './firmware/firmware.entity';
import { FirmwareService } from './firmware/firmware.service';
import type { JobEntity } from './job.entity';
import { FirmwareUnfit } from './jobs.errors';
import { JobsRepository } from './jobs.repository';

/** The device information that jobs need (B2) and report, and whether a firmware file fits the device. */
@Injectable()
export class JobInformation {
  constructor(
    private readonly devices: DevicesService,
    private readonly information: DeviceInformationService,
    private readonly settings: DeviceSettingsService,
    private readonly firmware: FirmwareService,
    private readonly repository: JobsRepository,
  ) {}

  /**
   * The file of a new job. If the stored model speaks against it, the device is asked for its current one.
   * @throws UnknownFirmware, FirmwareUnsigned, FirmwareUnfit
   */
  async firmwareFor(inView: DeviceInView, firmwareId: string): Promise<FirmwareEntity> {
    const file = await this.firmware.getSigned(firmwareId);
    if (fits(file, inView)) return file;
    if (inView.online) await this.information.inform(inView, 'firmware-install', {});
    checkFit(file, (await this.devices.find(inView.device.id)) ?? inView);
    return file;
  }

  /** Before the end of a job is stored, so that what it reports is not lost in between: stores the settings of its device. */
  async reported({ id, deviceId, agentId, operation }: JobEntity, { status, settings }: JobReport): Promise<void> {
    if (status !== 'completed' || !SETTINGS.includes(operation)) return;
    await this.settings.reported({ id: deviceId, agentId }, id, settings, operation === 'settings-read');
  }

  /**
   * Before a job is sent: acquires what its operation needs to know of the device.
   * @throws OtherDeviceAnswers; FirmwareUnfit if the device is of another model now
   */
  async inform({ id, deviceId, operation, firmwareId, askedAt, decision: earlier }: JobEntity): Promise<void> {
    const inView = await this.devices.find(deviceId);
    if (!inView) return; // its agent refuses the job
    const decision = await this.information.inform(inView, operation, { jobId: id });
    // a job that is sent again keeps its first decision, unless there was something to acquire
    if (decision && (decision.update || !earlier)) await this.repository.storeDecision(id, decision);
    // once it was asked, the agent may have the job
    if (askedAt) return;
    const difference = await this.information.otherDevice(inView.device);
    if (difference !== undefined) throw new OtherDeviceAnswers(difference);
    if (firmwareId === null) return;
    const current = decision?.update ? await this.devices.find(deviceId) : inView;
    checkFit(await this.firmware.get(firmwareId), current ?? inView);
  }
}

const SETTINGS: readonly Operation[] = ['settings-read', 'settings-set'];

function checkFit(file: FirmwareEntity, inView: DeviceInView): void {
  if (!fits(file, inView)) throw new FirmwareUnfit(file.model, modelsOf(inView).find(Boolean) ?? '');
}

const fits = ({ model }: FirmwareEntity, inView: DeviceInView): boolean => isForModel(model, modelsOf(inView));

/** As the agent's configuration has it, and as the device reports it. */
const modelsOf = ({ device, information }: DeviceInView): string[] => [
  device.model,
  information?.information?.model ?? '',
];
