import { Inject, Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { Journal } from '../../journal/journal';
import {
  connectionInfoToDevice,
  requestApproval,
  terminate,
  withdrawApproval,
  type ConnectionInfo,
} from '../../protocol/control-channel';
import { LIMITS } from '../../protocol/limits';
import { toInstant } from '../../protocol/names';
import type { Ending, Half } from '../../protocol/remote-session';
import { CONFIG, type Config } from '../config/config';
import { AgentWake } from '../devices/agents/agent-wake';
import { DeviceTransport } from '../xmpp/device-transport';
import { AgentOffline, AgentRefused } from '../xmpp/xmpp.errors';
import { prepareConnection } from './prepare-connection';
import { RelayPort } from './relay.port';
import type { SessionEntity } from './session.entity';
import { secondsUntil } from './seconds-until';
import { RelayUnavailable } from './session.errors';
import type { Input, Output } from './session.machine';
import { SessionTimeline } from './session-timeline';
import { SessionsRepository } from './sessions.repository';

/** What came of an output: the next input, and what is to be saved or handed on with it. */
export interface FollowUp {
  readonly input: Input;
  /** Where it says more than the table's own. */
  readonly ending?: Ending;
  readonly values?: Partial<SessionEntity>;
  readonly detail?: string;
  /** For the device alone; passes through memory only. */
  readonly handout?: ConnectionInfo;
}

/**
 * Carries out what the machine asks for. Nothing here changes a session: each output answers with the input that
 * follows from it, if any. The step is logged and the message sent before the first wait, so that whoever applied
 * the input knows both have happened.
 */
@Injectable()
export class SessionOutputs {
  constructor(
    private readonly transport: DeviceTransport,
    private readonly agentWake: AgentWake,
    private readonly relay: RelayPort,
    private readonly repository: SessionsRepository,
    private readonly timeline: SessionTimeline,
    private readonly journal: Journal,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  carryOut(output: Output, session: SessionEntity, handout?: ConnectionInfo): Promise<FollowUp | undefined> {
    switch (output) {
      case 'ask-relay':
        return this.askRelay(session);
      case 'send-connection-info':
        return this.sendConnectionInfo(session, handout);
      case 'withdraw-approval':
        return this.withdraw(session);
      case 'ask-device-to-end':
        return this.askDeviceToEnd(session);
      case 'end-device-half':
        return this.endHalf(session, 'device');
      case 'end-terminal-half':
        return this.endHalf(session, 'terminal');
    }
  }

  /** S142: asked when the session is requested, and again when its agent comes back meanwhile. One that sleeps is woken. */
  async requestApproval(session: SessionEntity): Promise<FollowUp | undefined> {
    this.timeline.step('S142', session.id);
    try {
      await this.askDevice(session);
      return undefined;
    } catch (error) {
      // a newer stream has taken the place of the one that was asked: the agent is asked again on that
      if (error instanceof AgentOffline && this.transport.isOnline(session.agentId)) return undefined;
      return this.unreachable(error, session, 'asking for approval');
    }
  }

  private async askDevice(session: SessionEntity): Promise<void> {
    const { agentId } = session;
    const ask = () => this.transport.request(agentId, requestApproval, approvalRequestOf(session));
    try {
      if (this.transport.isOnline(agentId)) return void (await ask());
    } catch (error) {
      // it may have gone to sleep in the very moment in which it was asked
      if (!(error instanceof AgentOffline) || this.transport.isOnline(agentId)) throw error;
    }
    await this.agentWake.wake(agentId, approvalRequestOf(session));
    await ask();
  }

  /** A YES that comes while the relay is being deployed waits for the new one. */
  private async askRelay(session: SessionEntity): Promise<FollowUp | undefined> {
    const waitUntil = performance.now() + LIMITS.ADMISSION_MS;
    for (;;) {
      if (!this.relay.admission().open) {
        const left = Math.max(Math.ceil(waitUntil - performance.now()), 0);
        if (!(await this.relay.admitted(left)))
          return { input: 'halt', detail: 'The deployment of the relay took too long to wait for.' };
        if ((await this.repository.find(session.id))?.state !== 'approved') return undefined;
      }
      const answer = await this.connectionInfo(session);
      const refusedForDeployment = answer.input === 'relay-unavailable' && !this.relay.admission().open;
      if (!refusedForDeployment) return answer;
    }
  }

  private async connectionInfo(session: SessionEntity): Promise<FollowUp> {
    this.timeline.step('S145', session.id);
    try {
      const link = await this.relay.connectionInfo({
        remoteSessionId: session.id,
        // the control plane ends the wait first; the relay alone after a grace
        connectBefore: toInstant(Date.now() + this.config.timeouts.connect + LIMITS.RELAY_EXPIRY_GRACE_MS),
      });
      this.timeline.step('S148', session.id);
      return { input: 'connection-info', ...prepareConnection(session, link) };
    } catch (error) {
      if (!(error instanceof RelayUnavailable)) throw error;
      return { input: 'relay-unavailable', detail: error.detail };
    }
  }

  private async sendConnectionInfo(session: SessionEntity, handout?: ConnectionInfo): Promise<FollowUp | undefined> {
    if (!handout) throw new Error('no connection information to hand out');
    this.timeline.step('S149', session.id);
    try {
      const body = { ...handout, validForSeconds: secondsUntil(session.validUntil), deviceId: session.deviceId };
      const sent = this.transport.request(session.agentId, connectionInfoToDevice, body);
      this.timeline.step('S150', session.id);
      await sent;
      return undefined;
    } catch (error) {
      return this.unreachable(error, session, 'handing out connection information');
    }
  }

  private async withdraw(session: SessionEntity): Promise<undefined> {
    const ending: Ending = session.ending ?? 'cancelled';
    await this.transport
      .request(session.agentId, withdrawApproval, { remoteSessionId: session.id, ending })
      .catch((error: unknown) => this.told(error, session, 'withdrawing the approval request'));
  }

  private async askDeviceToEnd(session: SessionEntity): Promise<FollowUp | undefined> {
    if (session.deviceHalf === 'ended') return undefined;
    this.timeline.step(session.ending === 'halted-by-deployment' ? 'S314' : 'S265', session.id);
    try {
      const body = { remoteSessionId: session.id, ending: session.ending ?? 'failed' };
      const { connected } = await this.transport.request(session.agentId, terminate, body);
      return connected ? undefined : { input: 'silent', detail: 'the agent holds no connection for this session' };
    } catch (error) {
      this.told(error, session, 'asking the device to end its half'); // the wait in this state goes on to force it
      return undefined;
    }
  }

  private async endHalf(session: SessionEntity, half: Half): Promise<FollowUp | undefined> {
    const ended = half === 'device' ? session.deviceHalf : session.terminalHalf;
    if (ended === 'ended' || !session.relayId || !session.linkId) return undefined;
    if (half === 'terminal') this.timeline.step('S331', session.id);
    try {
      await this.relay.endHalf(session.relayId, session.linkId, half, session.ending ?? 'failed');
    } catch (error) {
      this.told(error, session, `having the relay end the ${half}'s half`); // asked again when the relay is back
    }
    return undefined;
  }

  private unreachable(error: unknown, session: SessionEntity, doing: string): FollowUp {
    const detail = this.told(error, session, doing);
    if (!(error instanceof AgentRefused)) return { input: 'device-unreachable', detail };
    return {
      input: 'device-unreachable',
      ending: 'failed',
      detail: `The agent refused: ${error.detail || error.code}`,
    };
  }

  private told(error: unknown, session: SessionEntity, doing: string): string {
    const detail = error instanceof Error ? error.message : String(error);
    this.journal.warn(`${doing} failed`, { remoteSessionId: session.id, detail });
    return detail;
  }
}

const approvalRequestOf = (session: SessionEntity): z.infer<typeof requestApproval.request> => ({
  remoteSessionId: session.id,
  deviceId: session.deviceId,
  applicationId: session.applicationId,
  userName: session.displayName,
  reason: session.reason,
  minutes: session.minutes,
  answerWithinSeconds: secondsUntil(session.deadlineAt),
});
