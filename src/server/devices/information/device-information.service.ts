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

/** Its agent can ask it, and may tell. */
export const tellsOfItself = ({ operations }: Pick<DeviceEntity, 'operations'>): boolean =>
  operations.includes('information');

type DeviceBehindAgent = Pick<DeviceEntity, 'id' | 'agentId'>;

/** What devices say of themselves: acquired over their agents, and kept. */
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
   * Has the agent ask the device now, and keeps what it says. Whoever wants the same meanwhile gets the same.
   * @returns whether the device has answered; never rejects
   */
  acquire(device: DeviceBehindAgent): Promise<boolean> {
    const going = this.acquiring.get(device.id);
    if (going) return going;
    const asked = this.ask(device).finally(() => this.acquiring.delete(device.id));
    this.acquiring.set(device.id, asked);
    return asked;
  }

  /**
   * B2, when a connection is asked for: where what is known does not serve any more, it is acquired before this
   * resolves, within INFORMATION_ACQUIRE_MS. Never rejects: the connection goes on with what is known.
   */
  async beforeConnection(
    device: DeviceEntity,
    stored: DeviceInformationEntity | null,
    remoteSessionId: string,
  ): Promise<void> {
    if (!tellsOfItself(device)) return;
    const known = {
      acquiredAt: stored?.acquiredAt ?? null,
      reached: stored?.information?.reached ?? false,
      announcedAt: device.announcedAt,
      changedAt: stored?.changedAt ?? null,
    };
    const { update, reason } = decideUpdate(known, new Date(), this.config.information.freshMs);
    const outcome = update ? await this.outcome(device) : 'kept';
    await this.decided(device, { at: toInstant(Date.now()), update, reason, outcome, remoteSessionId });
  }

  /** A person wants to know it as it is now. */
  async refresh(device: DeviceBehindAgent): Promise<void> {
    const outcome = await this.outcome(device);
    const at = toInstant(Date.now());
    await this.decided(device, { at, update: true, reason: 'requested', outcome, remoteSessionId: null });
  }

  /** The agent has seen a change. @throws UnknownDevice, also for a device of another agent */
  async reported(device: DeviceBehindAgent, information: DeviceInformation): Promise<void> {
    if (!(await this.keep(device, information))) throw new UnknownDevice(device.id);
  }

  /** A maintenance job may have made what is known untrue. */
  async changed(device: DeviceBehindAgent): Promise<void> {
    await this.repository.keep(device, { changedAt: new Date() });
  }

  private async outcome(device: DeviceBehindAgent): Promise<UpdateDecisionMade['outcome']> {
    return (await this.acquire(device)) ? 'acquired' : 'failed';
  }

  private async ask(device: DeviceBehindAgent): Promise<boolean> {
    const { id: deviceId, agentId } = device;
    try {
      const timeoutMs = LIMITS.INFORMATION_ACQUIRE_MS;
      const information = await this.transport.request(agentId, acquireInformation, { deviceId }, { timeoutMs });
      await this.keep(device, information);
      return information.reached;
    } catch (error) {
      this.journal.warn('device information could not be acquired', { agentId, deviceId, detail: String(error) });
      return false;
    }
  }

  /** Of a device that did not answer, what it last said stays known. */
  private async keep(device: DeviceBehindAgent, information: DeviceInformation): Promise<boolean> {
    const earlier = information.reached ? undefined : (await this.repository.find(device.id))?.information;
    const values = earlier ? { information: { ...earlier, reached: false } } : { information, acquiredAt: new Date() };
    const kept = await this.repository.keep(device, values);
    if (kept) this.events.informed(device.id);
    return kept;
  }

  private async decided(device: DeviceBehindAgent, decision: UpdateDecisionMade): Promise<void> {
    const { update, reason, outcome } = decision;
    this.journal.info('update decision', { deviceId: device.id, update, reason, outcome });
    try {
      if (await this.repository.keep(device, { decision })) this.events.informed(device.id);
    } catch (error) {
      this.journal.unexpected(error, 'keeping an update decision');
    }
  }
}
