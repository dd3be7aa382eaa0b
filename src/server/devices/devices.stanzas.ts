import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Journal } from '../../journal/journal';
import { announce, sleep } from '../../protocol/control-channel';
import { DeviceTransport } from '../xmpp/device-transport';
import { AgentsRepository } from './agents/agents.repository';
import { NextKey } from './agents/next-key';
import { DevicesService } from './devices.service';

/** Announcements, sleep and presence of agents on the control channel. */
@Injectable()
export class DevicesStanzas implements OnModuleInit {
  constructor(
    private readonly transport: DeviceTransport,
    private readonly devices: DevicesService,
    private readonly agents: AgentsRepository,
    private readonly nextKey: NextKey,
    private readonly journal: Journal,
  ) {}

  onModuleInit(): void {
    this.transport.handle(announce, async (agentId, body) => {
      const refused = await this.devices.announce(agentId, body);
      const devices = body.devices.length - refused.length;
      this.journal.info('devices announced', { agentId, devices, refusedDeviceIds: refused });
      void this.nextKey.announceTo(agentId);
      return { refused };
    });
    this.transport.handle(sleep, async (agentId) => {
      await this.agents.fellAsleep(agentId);
      this.journal.info('agent asleep', { agentId });
      return {};
    });
    this.transport.onPresence(({ agentId, online, at }) => {
      if (online) return; // stored with its login
      this.agents
        .seen(agentId, at)
        .catch((error: unknown) => this.journal.unexpected(error, 'recording when an agent was last seen'));
    });
  }
}
