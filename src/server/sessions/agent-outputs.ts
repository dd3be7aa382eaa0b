import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { Journal } from '../../journal/journal';
import {
  connectionInfoToDevice,
  requestApproval,
  terminate,
  withdrawApproval,
  type ConnectionInfo,
} from '../../protocol/control-channel';
import { secondsUntil } from '../../protocol/names';
import { AgentWake } from '../devices/agents/agent-wake';
import { UnknownDevice } from '../devices/devices.errors';
import { DevicesService } from '../devices/devices.service';
import { DeviceInformationService } from '../devices/information/device-information.service';
import { DeviceTransport } from '../xmpp/device-transport';
import { AgentOffline, AgentRefused } from '../xmpp/xmpp.errors';
import type { SessionEntity } from './session.entity';
import type { SessionFollowUp } from './session.machine';
import { SessionTimeline } from './session-timeline';

/** The outputs of the session machine that an agent carries out. */
@Injectable()
export class AgentOutputs {
  constructor(
    private readonly transport: DeviceTransport,
    private readonly agentWake: AgentWake,
    private readonly devices: DevicesService,
    private readonly information: DeviceInformationService,
    private readonly timeline: SessionTimeline,
    private readonly journal: Journal,
  ) {}

  /** B2: the device information is updated first if it is no longer recent enough. */
  async acquireInformation(session: SessionEntity): Promise<SessionFollowUp> {
    try {
      const inView = await this.devices.find(session.deviceId);
      if (!inView) throw new UnknownDevice(session.deviceId);
      const { device, information } = inView;
      await this.information.beforeConnection(device, information, session.id);
      return { input: 'informed' };
    } catch (error) {
      return this.unreachable(error, session, 'acquiring device information');
    }
  }

  /** S142. Wakes a sleeping agent. The request may be repeated: the agent shows it to the person at the device once. */
  async requestApproval(session: SessionEntity): Promise<SessionFollowUp | undefined> {
    this.timeline.step('S142', session.id);
    try {
      await this.ask(session);
      return undefined;
    } catch (error) {
      // a newer stream has replaced this one, and the request is sent again on that
      if (error instanceof AgentOffline && this.transport.isOnline(session.agentId)) return undefined;
      return this.unreachable(error, session, 'asking for approval');
    }
  }

  private async ask(session: SessionEntity): Promise<void> {
    const { agentId } = session;
    const ask = () => this.transport.request(agentId, requestApproval, approvalRequestOf(session));
    try {
      if (this.transport.isOnline(agentId)) return void (await ask());
    } catch (error) {
      // the agent may have gone to sleep during the request
      if (!(error instanceof AgentOffline) || this.transport.isOnline(agentId)) throw error;
    }
    await this.agentWake.wake(agentId, approvalRequestOf(session));
    await ask();
  }

  /** S149 */
  async sendConnectionInfo(session: SessionEntity, info?: ConnectionInfo): Promise<SessionFollowUp | undefined> {
    if (!info) throw new Error('there is no connection information to send');
    this.timeline.step('S149', session.id);
    try {
      const body = { ...info, validForSeconds: secondsUntil(session.validUntil), deviceId: session.deviceId };
      const sent = this.transport.request(session.agentId, connectionInfoToDevice, body);
      this.timeline.step('S150', session.id);
      await sent;
      return undefined;
    } catch (error) {
      return this.unreachable(error, session, 'sending connection information');
    }
  }

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
      const { connected } = await this.transport.request(session.agentId, terminate, body);
      return connected ? undefined : { input: 'silent', detail: 'the agent holds no connection for this session' };
    } catch (error) {
      this.failed(error, session, 'asking the device to end its half');
      return undefined;
    }
  }

  private unreachable(error: unknown, session: SessionEntity, doing: string): SessionFollowUp {
    const detail = this.failed(error, session, doing);
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
