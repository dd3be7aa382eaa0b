import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { Journal } from '../../journal/journal';
import {
  acquireInformation,
  connectionInfoToDevice,
  requestApproval,
  terminate,
  withdrawApproval,
  type ConnectionInfo,
  type Exchange,
} from '../../protocol/control-channel';
import { secondsUntil } from '../../protocol/names';
import { textOfTry, type WakeTry } from '../../protocol/wake-try';
import { AgentWake } from '../devices/agents/agent-wake';
import { AgentNotWoken, NoSubstitute, OtherDeviceAnswers, UnknownDevice } from '../devices/devices.errors';
import { DevicesService } from '../devices/devices.service';
import { DeviceInformationService } from '../devices/information/device-information.service';
import { DeviceTransport } from '../xmpp/device-transport';
import { AgentOffline, AgentRefused } from '../xmpp/xmpp.errors';
import { HeldPolls } from './held-polls';
import type { SessionEntity } from './session.entity';
import type { SessionFollowUp } from './session.machine';
import { SessionTimeline } from './session-timeline';

/** The outputs of the session machine that an agent carries out. */
@Injectable()
export class AgentOutputs {
  /** By session: the device information that is being acquired before it is connected. */
  private readonly informing = new Map<string, Promise<void>>();

  constructor(
    private readonly transport: DeviceTransport,
    private readonly agentWake: AgentWake,
    private readonly devices: DevicesService,
    private readonly information: DeviceInformationService,
    private readonly timeline: SessionTimeline,
    private readonly polls: HeldPolls,
    private readonly journal: Journal,
  ) {}

  /**
   * B2: the device information is updated first if it is no longer recent enough. An agent without a stream is woken by the
   * request for approval; its devices can be asked only then, while that request waits for its answer.
   */
  async acquireInformation(session: SessionEntity): Promise<SessionFollowUp | undefined> {
    try {
      const known = await this.devices.informed(session.deviceId);
      if (!known) throw new UnknownDevice(session.deviceId);
      const isWoken = !this.transport.reaches(session.agentId, acquireInformation);
      const woken = isWoken ? this.ask(session) : Promise.resolve();
      const informed = woken.then(async () => {
        const decision = await this.information.inform(known, 'session', { remoteSessionId: session.id });
        if (decision) this.timeline.step('update', session.id, { decision });
        const isPresent = !isWoken && !decision?.update;
        const difference = await this.information.otherDevice(known.device, isPresent ? known.information : undefined);
        if (difference !== undefined) throw new OtherDeviceAnswers(difference);
      });
      // an access condition may approve before the device has answered
      this.informing.set(
        session.id,
        informed.catch(() => undefined),
      );
      await informed.finally(() => this.informing.delete(session.id));
      return isWoken ? undefined : { input: 'informed' };
    } catch (error) {
      return this.unreachable(error, session, 'acquiring device information');
    }
  }

  /** S142. Wakes an agent without a stream. The request may be repeated: the agent shows it to the person at the device once. */
  async requestApproval(session: SessionEntity): Promise<SessionFollowUp | undefined> {
    try {
      await this.ask(session);
      return undefined;
    } catch (error) {
      // when the agent is back, the request is sent again (`agent-online`)
      if (await this.isBack(error, session)) return undefined;
      return this.unreachable(error, session, 'asking for approval');
    }
  }

  /** Waits for an agent that was lost while it was asked. One that sleeps has not been lost. */
  private async isBack(error: unknown, { id, agentId }: SessionEntity): Promise<boolean> {
    const isAway = error instanceof AgentOffline || error instanceof NoSubstitute || error instanceof AgentNotWoken;
    if (!isAway || (await this.devices.agent(agentId)).asleep) return false;
    this.polls.look(id); // the terminal is informed
    return this.agentWake.returns(agentId);
  }

  private async ask(session: SessionEntity): Promise<void> {
    this.timeline.step('S142', session.id);
    await this.request(session, requestApproval, approvalRequestOf(session));
  }

  /** Each substitute that is tried is in the timeline. */
  private request<Request, Response>(
    { id, agentId }: SessionEntity,
    exchange: Exchange<Request, Response>,
    body: Request,
  ): Promise<Response> {
    const onTry = (tried: WakeTry) => this.timeline.step('wake', id, { detail: textOfTry(tried) });
    return this.agentWake.request(agentId, exchange, body, { onTry });
  }

  /** S149 */
  async sendConnectionInfo(session: SessionEntity, info?: ConnectionInfo): Promise<SessionFollowUp | undefined> {
    if (!info) throw new Error('there is no connection information to send');
    await this.informing.get(session.id);
    this.timeline.step('S149', session.id);
    try {
      const body = { ...info, validForSeconds: secondsUntil(session.validUntil), deviceId: session.deviceId };
      const sent = this.request(session, connectionInfoToDevice, body);
      this.timeline.step('S150', session.id);
      await sent;
      return undefined;
    } catch (error) {
      return this.unreachable(error, session, 'sending connection information');
    }
  }

  /** An agent that cannot be reached lets the request expire. */
  async withdrawApproval(session: SessionEntity): Promise<void> {
    try {
      const body = { remoteSessionId: session.id, ending: session.ending ?? 'cancelled' };
      await this.transport.request(session.agentId, withdrawApproval, body);
    } catch (error) {
      this.failed(error, session, 'withdrawing the approval request');
    }
  }

  /** S265, S314. Without an answer the timeout of the state forces the end. */
  async askToEnd(session: SessionEntity): Promise<SessionFollowUp | undefined> {
    if (session.deviceHalf === 'ended') return undefined;
    this.timeline.step(session.ending === 'halted-by-deployment' ? 'S314' : 'S265', session.id);
    try {
      const body = { remoteSessionId: session.id, ending: session.ending ?? 'failed' };
      const { connected } = await this.request(session, terminate, body);
      return connected ? undefined : { input: 'silent', detail: 'the agent holds no connection for this session' };
    } catch (error) {
      this.failed(error, session, 'asking the device to end its half');
      return undefined;
    }
  }

  private unreachable(error: unknown, session: SessionEntity, doing: string): SessionFollowUp {
    const detail = this.failed(error, session, doing);
    if (error instanceof OtherDeviceAnswers) return { input: 'device-unreachable', ending: 'failed', detail };
    if (!(error instanceof AgentRefused)) return { input: 'device-unreachable', detail };
    const refusal = `The agent refused: ${error.detail || error.code}`;
    return { input: 'device-unreachable', ending: 'failed', detail: refusal };
  }

  private failed(error: unknown, session: SessionEntity, doing: string): string {
    const detail = error instanceof Error ? error.message : String(error);
    this.journal.warn(`${doing} failed`, { remoteSessionId: session.id, detail });
    return detail;
  }
}

/** What the agent is asked about a session. */
export const approvalRequestOf = (session: SessionEntity): z.infer<typeof requestApproval.request> => ({
  remoteSessionId: session.id,
  deviceId: session.deviceId,
  applicationId: session.applicationId,
  asker: {
    kind: session.askerKind,
    id: session.askerKind === 'client' ? session.userId : session.username,
    name: session.displayName,
  },
  reason: session.reason,
  minutes: session.minutes,
  answerWithinSeconds: secondsUntil(session.deadlineAt),
});
