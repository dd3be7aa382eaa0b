import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Journal } from '../../../journal/journal';
import { reportInformation } from '../../../protocol/control-channel';
import { LIMITS } from '../../../protocol/limits';
import { DeviceTransport } from '../../xmpp/device-transport';
import { DeviceEvents } from '../device-events';
import { DeviceInformationService, reportsInformation } from './device-information.service';
import type { DeviceEntity } from '../device.entity';
import { DevicesRepository } from '../devices.repository';

/** How much longer the next device waits while agents wait for their login. */
const BUSY_FACTOR = 10;

/** Device information on the control channel: reports of agents, and acquisition after each announcement (B1). */
@Injectable()
export class DeviceInformationStanzas implements OnModuleInit {
  /** The devices of each agent that are still to be asked, once they have been read. */
  private readonly waiting = new Map<string, DeviceEntity[] | undefined>();
  /** Number of devices of each agent that are being asked. */
  private readonly asked = new Map<string, number>();
  private isRunning = false;

  constructor(
    private readonly transport: DeviceTransport,
    private readonly information: DeviceInformationService,
    private readonly devices: DevicesRepository,
    private readonly events: DeviceEvents,
    private readonly journal: Journal,
  ) {}

  onModuleInit(): void {
    this.transport.handle(reportInformation, async (agentId, { deviceId, information }) => {
      await this.information.reported({ id: deviceId, agentId }, information);
      return {};
    });
    this.events.on('announced', ({ agentId }) => {
      this.waiting.set(agentId, undefined);
      if (!this.isRunning) void this.acquireAll();
    });
  }

  /**
   * One device after the other at INFORMATION_PER_SECOND, one of each agent in each round, and INFORMATION_AT_ONCE of an
   * agent at a time: all agents may have announced at once, and while others wait for their login, the rate is a tenth. A newer
   * announcement of an agent replaces the earlier one.
   */
  private async acquireAll(): Promise<void> {
    this.isRunning = true;
    for (let next = this.next(); next; next = this.next()) {
      const [agentId, read] = next;
      const devices = read ?? (await this.devicesOf(agentId));
      if (this.waiting.has(agentId)) continue;
      if ((this.asked.get(agentId) ?? 0) < LIMITS.INFORMATION_AT_ONCE) this.acquire(devices.shift());
      if (devices.length > 0) this.waiting.set(agentId, devices);
      const intervalMs = 1000 / LIMITS.INFORMATION_PER_SECOND;
      await delay(this.transport.isAdmitting ? intervalMs * BUSY_FACTOR : intervalMs, undefined, { ref: false });
    }
    this.isRunning = false;
  }

  /** The agent that has waited for longest, which no longer waits. */
  private next(): [agentId: string, devices: DeviceEntity[] | undefined] | undefined {
    for (const entry of this.waiting) {
      this.waiting.delete(entry[0]);
      if (this.transport.isOnline(entry[0])) return entry;
    }
    return undefined;
  }

  private async devicesOf(agentId: string): Promise<DeviceEntity[]> {
    try {
      return (await this.devices.of(agentId)).filter(reportsInformation);
    } catch (error) {
      this.journal.unexpected(error, 'reading the devices of an agent');
      return [];
    }
  }

  private acquire(device: DeviceEntity | undefined): void {
    if (!device) return;
    const { agentId } = device;
    this.asked.set(agentId, (this.asked.get(agentId) ?? 0) + 1);
    void this.information.acquire(device).then(() => {
      const left = (this.asked.get(agentId) ?? 1) - 1;
      if (left > 0) this.asked.set(agentId, left);
      else this.asked.delete(agentId);
    });
  }
}
