import { Inject, Injectable } from '@nestjs/common';
import { Journal } from '../../../journal/journal';
import { acquireInformation } from '../../../protocol/control-channel';
import type { DeviceInformation, UpdateDecision, UpdateOutcome } from '../../../protocol/device-information';
import { LIMITS } from '../../../protocol/limits';
import type { Operation } from '../../../protocol/maintenance';
import { toInstant } from '../../../protocol/names';
import { CONFIG, type Config } from '../../config/config';
import { SerialWork } from '../../events/serial-work';
import { DeviceTransport } from '../../xmpp/device-transport';
import { DeviceEvents } from '../device-events';
import type { DeviceInformationEntity, UpdateDecisionMade } from './device-information.entity';
import { DeviceInformationRepository } from './device-information.repository';
import type { DeviceEntity } from '../device.entity';
import { UnknownDevice } from '../devices.errors';
import { recorded } from '../replacement/replacement.rules';
import { CHANGED_BY, decideUpdate, type InformedRequest, type StoredInformation } from './update-decision';

/** Whether the agent can acquire and report information of the device. */
export const reportsInformation = ({ operations }: Pick<DeviceEntity, 'operations'>): boolean =>
  operations.includes('information');

/** A decision that was made for no session and no job. */
const NOTHING = { remoteSessionId: null, jobId: null };

interface InformedDevice {
  readonly device: DeviceEntity;
  readonly information: DeviceInformationEntity | null;
}
type DeviceBehindAgent = Pick<DeviceEntity, 'id' | 'agentId'>;

/** Device information: acquired through the agents, and stored. */
@Injectable()
export class DeviceInformationService {
  private readonly acquiring = new Map<string, Promise<boolean>>();
  /** What is being stored, by device. */
  private readonly storing = new SerialWork();

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
   * B2, before a session is connected or a job is sent: acquires information that is not recent enough for the request,
   * within INFORMATION_ACQUIRE_MS. Never rejects: without an answer the request continues with the stored information.
   * @returns null if the agent reports no information of the device
   */
  async inform(
    { device, information: stored }: InformedDevice,
    request: InformedRequest,
    forWhat: { remoteSessionId: string } | { jobId: string } | object,
  ): Promise<UpdateDecision | null> {
    if (!reportsInformation(device)) return null;
    const changes = Object.entries(stored?.changes ?? {}).map(([fact, at]) => [fact, new Date(at)]);
    const known: StoredInformation = {
      acquiredAt: stored?.acquiredAt ?? null,
      reached: stored?.information?.reached ?? false,
      announcedAt: device.announcedAt,
      changedAt: Object.fromEntries(changes) as StoredInformation['changedAt'],
    };
    const { update, reason } = decideUpdate(request, known, new Date(), this.config.information.freshMs);
    const outcome = update ? await this.outcome(device) : 'kept';
    const decision = { update, reason, outcome };
    if (reason !== 'not-needed') await this.record(device, { ...NOTHING, ...forWhat, ...decision });
    return decision;
  }

  /** Acquires the information because a user has requested it. */
  async refresh(device: DeviceBehindAgent): Promise<void> {
    const outcome = await this.outcome(device);
    await this.record(device, { ...NOTHING, update: true, reason: 'requested', outcome });
  }

  /**
   * In words, that another device answers at the address of this one; undefined: not as far as is known.
   * @param stored the information, if it need not be read
   */
  async otherDevice(device: DeviceBehindAgent, stored?: DeviceInformationEntity | null): Promise<string | undefined> {
    const { id } = device;
    if (differenceIn(stored === undefined ? await this.repository.find(id) : stored) === undefined) return undefined;
    await this.acquire(device); // it may be the right one by now
    return differenceIn(await this.repository.find(id));
  }

  /** Stores information that an agent reports. @throws UnknownDevice, also for a device of another agent */
  async reported(device: DeviceBehindAgent, information: DeviceInformation): Promise<void> {
    if (!(await this.store(device, information))) throw new UnknownDevice(device.id);
  }

  /** Notes what a maintenance job may have changed. */
  async changed(device: DeviceBehindAgent, operation: Operation): Promise<void> {
    const facts = CHANGED_BY[operation];
    if (facts.length > 0) await this.repository.storeChanges(device, facts, new Date());
  }

  private async outcome(device: DeviceBehindAgent): Promise<UpdateOutcome> {
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

  /** In the order of arrival: an answer must not replace what the agent has reported after it. */
  private store(device: DeviceBehindAgent, information: DeviceInformation): Promise<boolean> {
    return this.storing.run(device.id, () => this.storeNext(device, information));
  }

  /** If the device did not answer its agent, or another one did, its last information stays stored. */
  private async storeNext(device: DeviceBehindAgent, information: DeviceInformation): Promise<boolean> {
    const values = recorded(await this.repository.find(device.id), information, new Date());
    const kept = await this.repository.store(device, values);
    if (kept) {
      this.events.publish('informed', device.id);
      // what was recorded: of another device at the address, nothing
      const { information: accepted = information } = values;
      const { id, agentId } = device;
      this.events.publish('reported', { device: { id, agentId }, information: accepted ?? information });
    }
    return kept;
  }

  private async record(device: DeviceBehindAgent, made: Omit<UpdateDecisionMade, 'at'>): Promise<void> {
    const { update, reason, outcome } = made;
    this.journal.info('update decision', { deviceId: device.id, update, reason, outcome });
    const decision = { ...made, at: toInstant(Date.now()) };
    try {
      if (await this.repository.store(device, { decision })) this.events.publish('update-decided', device.id);
    } catch (error) {
      this.journal.unexpected(error, 'storing an update decision');
    }
  }
}

function differenceIn(stored: DeviceInformationEntity | null): string | undefined {
  const known = stored?.information;
  return known?.reached === false && known.problem?.code === 'other-device' ? known.problem.detail : undefined;
}
