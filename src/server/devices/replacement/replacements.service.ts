import { Injectable } from '@nestjs/common';
import type { DeviceReplacement, IdentityDecision, IdentityQuestion, IdentityState } from '../../../protocol/api';
import { acceptIdentity } from '../../../protocol/control-channel';
import { hasSameMarks, type DeviceIdentity } from '../../../protocol/device-identity';
import type { Counters } from '../../../protocol/device-information';
import { LIMITS } from '../../../protocol/limits';
import { toInstant } from '../../../protocol/names';
import { ProblemError } from '../../../protocol/problems';
import type { Actor } from '../../auth/actor';
import { AuditService } from '../../auth/audit/audit.service';
import { DeviceEvents } from '../device-events';
import { DeviceTransport } from '../../xmpp/device-transport';
import { AgentRefused } from '../../xmpp/xmpp.errors';
import { DeviceOfThisAgent, NothingToDecide, OtherDeviceByNow, UnknownDevice } from '../devices.errors';
import { DevicesService, type DeviceInView } from '../devices.service';
import type { DeviceInformationEntity } from '../information/device-information.entity';
import { DeviceInformationService } from '../information/device-information.service';
import { ReplacementsRepository } from './replacements.repository';

/** RFC 6120 8.3.3, of an agent that does not know the exchange. */
const UNKNOWN_EXCHANGE = ['feature-not-implemented', 'service-unavailable'];
const OLD_AGENT =
  'the agent is of an earlier version; update it, or accept the device there: platen agent accept-device';

/** Which device is expected where, and what an administrator has decided about another one there. */
@Injectable()
export class ReplacementsService {
  constructor(
    private readonly repository: ReplacementsRepository,
    private readonly devices: DevicesService,
    private readonly information: DeviceInformationService,
    private readonly transport: DeviceTransport,
    private readonly events: DeviceEvents,
    private readonly audit: AuditService,
  ) {}

  /** @throws UnknownDevice */
  async state(actor: Actor, deviceId: string): Promise<IdentityState> {
    const { information } = await this.devices.get(actor, deviceId);
    const replacements = await this.repository.of(deviceId);
    return {
      identity: information?.identity ?? null,
      question: questionOf(information),
      replacements: replacements.map(({ at, as, before, after, counters, by }) => ({
        ...{ at: toInstant(at), as, before, after, counters, by },
      })),
    };
  }

  /** A life counter of a device went back: what that means is asked once, until it is decided or withdrawn. */
  async askAboutCounters(deviceId: string, back: { at: Date; before: Counters; after: Counters }): Promise<void> {
    const question = { ...back, at: back.at.getTime() };
    if (await this.repository.ask(deviceId, question)) this.events.publish('informed', deviceId);
  }
  /** The counter is as it was, or somebody has entered what it counted meanwhile. */
  async withdrawCounters(deviceId: string): Promise<void> {
    if (await this.repository.withdraw(deviceId)) this.events.publish('informed', deviceId);
  }

  /**
   * The device that was found is this device from now on, at the agent and here. Its counters are not those of the earlier one.
   * @throws UnknownDevice, DeviceOffline, NothingToDecide, DeviceOfThisAgent, OtherDeviceByNow; ProblemError if the agent refuses
   */
  async decide(actor: Actor, deviceId: string, { as, found }: IdentityDecision): Promise<IdentityState> {
    const inView = await this.devices.connected(actor, deviceId);
    const { device, information } = inView;
    const question = questionOf(information);
    if (!question) throw new NothingToDecide(deviceId);
    if (question.kind === 'other-device' && question.deviceId !== null)
      throw new DeviceOfThisAgent(deviceId, question.deviceId);
    const asked = question.kind === 'other-device' ? question.found : null;
    if (asked === null ? found !== null : found === null || !hasSameMarks(asked, found))
      throw new OtherDeviceByNow(deviceId);
    if (asked) await this.accept(inView, asked);
    const before = information?.identity ?? (question.kind === 'other-device' ? question.expected : null);
    const after = asked ?? before;
    const counters = question.kind === 'counters-back' ? question.before : (information?.information?.counters ?? {});
    const decision = { at: new Date(), as, before, after, counters, by: actor.username };
    if (!(await this.repository.add(device, decision))) throw new UnknownDevice(deviceId);
    await this.audit.record(actor, AUDITED[as], deviceId, marksOf(after));
    if (question.kind === 'counters-back')
      this.events.publish('counters-decided', { deviceId, at: new Date(question.at), as, by: actor.displayName });
    await this.information.refresh(device);
    return this.state(actor, deviceId);
  }

  private async accept({ device: { id: deviceId, agentId } }: DeviceInView, identity: DeviceIdentity): Promise<void> {
    try {
      const timeoutMs = LIMITS.INFORMATION_ACQUIRE_MS + LIMITS.XMPP_IQ_TIMEOUT_MS;
      await this.transport.request(agentId, acceptIdentity, { deviceId, identity }, { timeoutMs });
    } catch (error) {
      if (!(error instanceof AgentRefused)) throw error;
      const isOld = UNKNOWN_EXCHANGE.includes(error.code);
      throw new ProblemError('wrong-state', isOld ? OLD_AGENT : error.detail || error.code);
    }
  }
}

const AUDITED: Readonly<Record<DeviceReplacement['as'], string>> = {
  'new-board': 'device.board-replaced',
  'another-device': 'device.replaced',
};

const marksOf = (of: DeviceIdentity | null): string =>
  [of?.serialNumber, of?.uuid, of?.mac].filter((mark) => mark !== undefined && mark !== '').join(', ');

/** What an administrator has to decide; null: nothing. */
function questionOf(known: DeviceInformationEntity | null): IdentityQuestion | null {
  const { reached = true, problem = null } = known?.information ?? {};
  const other = reached ? undefined : problem?.otherDevice;
  if (other)
    return { kind: 'other-device', expected: other.expected, found: other.found, deviceId: other.deviceId ?? null };
  const back = known?.countersBack;
  return back ? { kind: 'counters-back', at: toInstant(back.at), before: back.before, after: back.after } : null;
}
