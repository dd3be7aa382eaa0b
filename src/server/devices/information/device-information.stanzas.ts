import { Injectable, type OnModuleInit } from '@nestjs/common';
import { reportInformation } from '../../../protocol/control-channel';
import { LIMITS } from '../../../protocol/limits';
import { DeviceTransport } from '../../xmpp/device-transport';
import { DeviceEvents } from '../device-events';
import { DeviceInformationService, reportsInformation } from './device-information.service';
import { DevicesRepository } from '../devices.repository';

/** Device information on the control channel: reports of agents, and acquisition after each announcement (B1). */
@Injectable()
export class DeviceInformationStanzas implements OnModuleInit {
  /** The last announcement of each agent from which information is being acquired. */
  private readonly asking = new Map<string, symbol>();

  constructor(
    private readonly transport: DeviceTransport,
    private readonly information: DeviceInformationService,
    private readonly devices: DevicesRepository,
    private readonly events: DeviceEvents,
  ) {}

  onModuleInit(): void {
    this.transport.handle(reportInformation, async (agentId, { deviceId, information }) => {
      await this.information.reported({ id: deviceId, agentId }, information);
      return {};
    });
    this.events.on('announced', (agentId) => this.acquireAll(agentId));
  }

  /** INFORMATION_AT_ONCE devices at a time; stops at a newer announcement of the agent. */
  private async acquireAll(agentId: string): Promise<void> {
    const announcement = Symbol(agentId);
    this.asking.set(agentId, announcement);
    const waiting = (await this.devices.of(agentId)).filter(reportsInformation);
    const isCurrent = () => this.asking.get(agentId) === announcement && this.transport.isOnline(agentId);
    const askOneByOne = async () => {
      for (let device = waiting.shift(); device && isCurrent(); device = waiting.shift())
        await this.information.acquire(device);
    };
    await Promise.all(Array.from({ length: LIMITS.INFORMATION_AT_ONCE }, askOneByOne));
    if (this.asking.get(agentId) === announcement) this.asking.delete(agentId);
  }
}
