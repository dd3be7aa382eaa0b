import { Injectable, type OnModuleInit } from '@nestjs/common';
import { reportConditions, reportDenials } from '../../../protocol/control-channel';
import { DeviceTransport } from '../../xmpp/device-transport';
import { DeviceEvents } from '../device-events';
import { UnknownDevice } from '../devices.errors';
import { ConditionsRepository } from './conditions.repository';

/**
 * Access conditions and denials on the control channel. The server only mirrors what agents report: conditions are set
 * and enforced at the device, and no message of the server changes them.
 */
@Injectable()
export class ConditionsStanzas implements OnModuleInit {
  constructor(
    private readonly transport: DeviceTransport,
    private readonly repository: ConditionsRepository,
    private readonly events: DeviceEvents,
  ) {}

  onModuleInit(): void {
    this.transport.handle(reportConditions, async (agentId, { deviceId: id, conditions }) =>
      this.stored(id, await this.repository.replace({ id, agentId }, conditions)),
    );
    this.transport.handle(reportDenials, async (agentId, { deviceId: id, denials }) =>
      this.stored(id, await this.repository.add({ id, agentId }, denials)),
    );
  }

  /** @throws UnknownDevice, also for a device of another agent */
  private stored(deviceId: string, isStored: boolean): object {
    if (!isStored) throw new UnknownDevice(deviceId);
    this.events.publish('conditions', deviceId);
    return {};
  }
}
