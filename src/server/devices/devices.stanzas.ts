import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Journal } from '../../journal/journal';
import { announce, sleep } from '../../protocol/control-channel';
import { DeviceTransport } from '../xmpp/device-transport';
import { AgentsRepository } from './agents/agents.repository';
import { NextKey } from './agents/next-key';
import { knownPartOf } from './announcement';
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

  /** Names of a later version that agents have announced; each agent's are logged once. */
  private readonly noted = new Map<string, string>();

  onModuleInit(): void {
    this.transport.handle(announce, async (agentId, body) => {
      const { announcement, unknown } = knownPartOf(body);
      this.note(agentId, unknown);
      const refused = await this.devices.announce(agentId, announcement);
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

  private note(agentId: string, unknown: readonly string[]): void {
    const names = unknown.join(' ');
    if (names === (this.noted.get(agentId) ?? '')) return;
    this.noted.set(agentId, names);
    if (unknown.length > 0)
      this.journal.warn('an agent of a later version announces what this server does not know', {
        agentId,
        unknownNames: unknown,
      });
  }
}
