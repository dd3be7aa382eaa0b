import { Inject, Injectable } from '@nestjs/common';
import { Journal } from '../../../journal/journal';
import { acquireInformation } from '../../../protocol/control-channel';
import type { DeviceInformation } from '../../../protocol/device-information';
import { LIMITS } from '../../../protocol/limits';
import { toInstant } from '../../../protocol/names';
import { CONFIG, type Config } from '../../config/config';
import { DeviceTransport } from '../../xmpp/device-transport';
import { DeviceEvents } from '../device-events';
import type { DeviceInformationEntity, UpdateDecisionMade } from './device-information.entity';
import { DeviceInformationRepository } from './device-information.repository';
import type { DeviceEntity } from '../device.entity';
import { UnknownDevice } from '../devices.errors';
import { decideUpdate } from './update-decision';

/** Whether the agent can acquire and report information of the device. */
export const reportsInformation = ({ operations }: Pick<DeviceEntity, 'operations'>): boolean =>
  operations.includes('information');

type DeviceBehindAgent = Pick<DeviceEntity, 'id' | 'agentId'>;

/** Device information: acquired through the agents, and stored. */
@Injectable()
export class DeviceInformationService {
  private readonly acquiring = new Map<string, Promise<boolean>>();

  constructor(
    private readonly repository: DeviceInformationRepository,
    private readonly transport: DeviceTransport,
    private readonly events: DeviceEvents,
    private readonly journal: Journal,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * Requests the device information from the agent, and stores it. Concurrent calls for a device share one request.
   * @returns whether the device has answered; never rejects
   */
  acquire(device: DeviceBehindAgent): Promise<boolean> {
    const running = this.acquiring.get(device.id);
    if (running) return running;
    const asked = this.ask(device).finally(() => this.acquiring.delete(device.id));
    this.acquiring.set(device.id, asked);
    return asked;
  }

  /**
   * B2, before a session is connected: acquires information that is no longer recent enough, within
   * INFORMATION_ACQUIRE_MS. Never rejects: without an answer the session continues with the stored information.
   */
  async beforeConnection(
    device: DeviceEntity,
    stored: DeviceInformationEntity | null,
    remoteSessionId: string,
  ): Promise<void> {
    if (!reportsInformation(device)) return;
    const known = {
      acquiredAt: stored?.acquiredAt ?? null,
      reached: stored?.information?.reached ?? false,
      announcedAt: device.announcedAt,
      changedAt: stored?.changedAt ?? null,
    };
    const { update, reason } = decideUpdate(known, new Date(), this.config.information.freshMs);
    const outcome = update ? await this.outcome(device) : 'kept';
    await this.record(device, { at: toInstant(Date.now()), update, reason, outcome, remoteSessionId });
  }

  /** Acquires the information because a user has requested it. */
  async refresh(device: DeviceBehindAgent): Promise<void> {
    const outcome = await this.outcome(device);
    const at = toInstant(Date.now());
    await this.record(device, { at, update: true, reason: 'requested', outcome, remoteSessionId: null });
  }

  /** Stores information that an agent reports. @throws UnknownDevice, also for a device of another agent */
  async reported(device: DeviceBehindAgent, information: DeviceInformation): Promise<void> {
    if (!(await this.store(device, information))) throw new UnknownDevice(device.id);
  }

  /** Notes that a maintenance job may have changed the device. */
  async changed(device: DeviceBehindAgent): Promise<void> {
    await this.repository.store(device, { changedAt: new Date() });
  }

  private async outcome(device: DeviceBehindAgent): Promise<UpdateDecisionMade['outcome']> {
    return (await this.acquire(device)) ? 'acquired' : 'failed';
  }

  private async ask(device: DeviceBehindAgent): Promise<boolean> {
    const { id: deviceId, agentId } = device;
    try {
      const timeoutMs = LIMITS.INFORMATION_ACQUIRE_MS;
      const information = await this.transport.request(agentId, acquireInformation, { deviceId }, { timeoutMs });
      await this.store(device, information);
      return information.reached;
    } catch (error) {
      this.journal.warn('device information could not be acquired', { agentId, deviceId, detail: String(error) });
      return false;
    }
  }

  /** If the device did not answer its agent, its last information stays stored. */
  private async store(device: DeviceBehindAgent, information: DeviceInformation): Promise<boolean> {
    const earlier = information.reached ? undefined : (await this.repository.find(device.id))?.information;
    const values = earlier ? { information: { ...earlier, reached: false } } : { information, acquiredAt: new Date() };
    const kept = await this.repository.store(device, values);
    if (kept) this.events.publish('informed', device.id);
    return kept;
  }

  private async record(device: DeviceBehindAgent, decision: UpdateDecisionMade): Promise<void> {
    const { update, reason, outcome } = decision;
    this.journal.info('update decision', { deviceId: device.id, update, reason, outcome });
    try {
      if (await this.repository.store(device, { decision })) this.events.publish('informed', device.id);
    } catch (error) {
      this.journal.unexpected(error, 'storing an update decision');
    }
  }
}
