import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { z } from 'zod';
import { Journal } from '../../journal/journal';
import { DENIALS } from '../../protocol/access-conditions';
import { approval } from '../../protocol/control-channel';
import type { Ending } from '../../protocol/remote-session';
import { DeviceTransport } from '../xmpp/device-transport';
import { ApprovalRecords } from './approval-records';
import type { KeptRecord, SessionEntity } from './session.entity';
import { RecordRefused, SessionOver, UnknownSession } from './session.errors';
import { SessionLifecycle } from './session.lifecycle';
import { SessionsRepository } from './sessions.repository';

type Answer = z.infer<typeof approval.request>;
/** The endings by a NO or a denial. */
const ENDED_AT_DEVICE: readonly Ending[] = ['declined', 'denied', 'ended-by-device'];

/** Agents' messages about sessions on the control channel. */
@Injectable()
export class SessionStanzas implements OnModuleInit {
  constructor(
    private readonly transport: DeviceTransport,
    private readonly repository: SessionsRepository,
    private readonly lifecycle: SessionLifecycle,
    private readonly records: ApprovalRecords,
    private readonly journal: Journal,
  ) {}

  onModuleInit(): void {
    this.transport.handle(approval, async (agentId, answer) => {
      await this.decide(agentId, answer);
      return {};
    });
    this.transport.onPresence(({ agentId, online }) => {
      if (online)
        this.repeatRequests(agentId).catch((error: unknown) =>
          this.journal.unexpected(error, 'repeating requests to an agent'),
        );
    });
  }

  /**
   * S144, or NO. A NO or a denial may follow a YES, because the person at the device can end the session or revoke the
   * access condition at any time. An agent decides about its own sessions only. Idempotent.
   */
  private async decide(agentId: string, answer: Answer): Promise<void> {
    const { remoteSessionId: id, decision } = answer;
    const session = await this.repository.find(id);
    if (!session || session.agentId !== agentId) throw new UnknownSession(id);
    // later answers change nothing about the record: a NO ends the session whatever it carries
    const record = session.state === 'requested' ? await this.recordOf(session, answer) : null;
    // a denial may refine an end at the device; other endings that came first stay
    const isLate = answer.denied && session.ending && !ENDED_AT_DEVICE.includes(session.ending);
    const changed = !isLate && (await this.apply(session, answer, record && { approvalRecord: record }));
    if (changed) return;
    const { state, ending } = (await this.repository.find(id)) ?? session;
    const repeated = decision === 'approved' ? !ending : ending && ENDED_AT_DEVICE.includes(ending);
    if (!repeated) throw new SessionOver(id, ending);
    this.journal.debug('the answer was repeated', { remoteSessionId: id, state });
  }

  /** Without a record that proves the answer, the session ends. @throws RecordRefused */
  private async recordOf(session: SessionEntity, answer: Answer): Promise<KeptRecord | null> {
    try {
      return await this.records.check(session, answer);
    } catch (error) {
      if (!(error instanceof RecordRefused)) throw error;
      const { id, agentId } = session;
      this.journal.warn('an approval record was refused', { remoteSessionId: id, agentId, detail: error.detail });
      await this.lifecycle.apply(id, 'device-unreachable', {
        from: 'requested',
        ending: 'failed',
        detail: error.detail,
      });
      throw error;
    }
  }

  private apply(
    row: SessionEntity,
    { decision, grant = 'operate', denied }: Answer,
    kept: Pick<SessionEntity, 'approvalRecord'> | null,
  ): Promise<unknown> {
    if (decision === 'approved') return this.lifecycle.apply(row.id, 'approve', { row, values: { grant, ...kept } });
    if (!denied) return this.lifecycle.apply(row.id, 'decline', { row, values: { ...kept } });
    const detail = DENIALS[denied];
    return this.lifecycle.apply(row.id, 'deny', { row, detail, denial: denied, values: { ...kept } });
  }

  private async repeatRequests(agentId: string): Promise<void> {
    for (const id of await this.repository.awaitingAgent(agentId)) await this.lifecycle.apply(id, 'agent-online');
  }
}
