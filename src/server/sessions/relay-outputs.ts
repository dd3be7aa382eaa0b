import { Inject, Injectable } from '@nestjs/common';
import { Journal } from '../../journal/journal';
import { LIMITS } from '../../protocol/limits';
import { toInstant } from '../../protocol/names';
import type { RelayPreference } from '../../protocol/relay-choice';
import { jittered } from '../../protocol/waits';
import type { Half } from '../../protocol/remote-session';
import { CONFIG, type Config } from '../config/config';
import { CustomersService } from '../customers/customers.service';
import { prepareConnection } from './prepare-connection';
import { RelayPort } from './relay.port';
import { halfStateOf, type SessionEntity } from './session.entity';
import { RelayUnavailable } from './session.errors';
import type { SessionFollowUp } from './session.machine';
import { SessionTimeline } from './session-timeline';
import { SessionsRepository } from './sessions.repository';

/** Between requests to relays that are connected and refuse; a relay that connects is asked at once. */
const RETRY_MS = 500;

/** The outputs of the session machine that a relay carries out. */
@Injectable()
export class RelayOutputs {
  constructor(
    private readonly relay: RelayPort,
    private readonly repository: SessionsRepository,
    private readonly customers: CustomersService,
    private readonly timeline: SessionTimeline,
    private readonly journal: Journal,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** S145-S148. A YES waits for the new relay of a deployment, and for a relay that is being restarted. */
  async requestLink(session: SessionEntity): Promise<SessionFollowUp | undefined> {
    const isApproved = async () => (await this.repository.find(session.id))?.state === 'approved';
    const admitBefore = performance.now() + LIMITS.ADMISSION_MS;
    let prepareBefore: number | undefined;
    for (;;) {
      const preferred = await this.customers.relayPreferenceOf(session.siteId);
      if (!this.relay.admission(preferred).open) {
        const left = Math.max(Math.ceil(admitBefore - performance.now()), 0);
        if (!(await this.relay.admitted(left, preferred)))
          return { input: 'halt', detail: 'The deployment of the relay took too long to wait for.' };
        if (!(await isApproved())) return undefined;
      }
      if (prepareBefore === undefined) this.timeline.step('S145', session.id);
      prepareBefore ??= performance.now() + LIMITS.PREPARE_MS;
      const answer = await this.connectionInfo(session, preferred);
      if (answer.input !== 'relay-unavailable') return answer;
      if (!this.relay.admission(preferred).open) continue;
      const left = prepareBefore - performance.now();
      if (left <= 0) return answer;
      await this.relay.change(Math.min(left, jittered(RETRY_MS, { least: 0.75, most: 1.25 })));
      if (!(await isApproved())) return undefined;
    }
  }

  private async connectionInfo(session: SessionEntity, preferred: RelayPreference | null): Promise<SessionFollowUp> {
    try {
      const request = {
        remoteSessionId: session.id,
        deviceId: session.deviceId,
        // the control plane ends the wait first; the relay does so later, in case the control plane is down
        connectBefore: toInstant(Date.now() + this.config.timeouts.connect + LIMITS.RELAY_EXPIRY_GRACE_MS),
      };
      const link = await this.relay.connectionInfo(request, preferred);
      this.journal.info('relay chosen', { remoteSessionId: session.id, relayId: link.relayId, choice: link.choice });
      this.timeline.step('S148', session.id);
      // nothing changes an approved session but what takes it out of this state
      return { input: 'connection-info', row: session, ...prepareConnection(session, link) };
    } catch (error) {
      if (!(error instanceof RelayUnavailable)) throw error;
      return { input: 'relay-unavailable', detail: error.detail };
    }
  }

  /** S331 for the terminal half. A disconnected relay gets the request when it reconnects: `still-relayed`. */
  async endHalf(session: SessionEntity, half: Half): Promise<void> {
    if (halfStateOf(session, half) === 'ended' || !session.relayId || !session.linkId) return;
    if (half === 'terminal') this.timeline.step('S331', session.id);
    try {
      await this.relay.endHalf(session.relayId, session.linkId, half, session.ending ?? 'failed');
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      this.journal.warn(`the relay could not end the ${half} half`, { remoteSessionId: session.id, detail });
    }
  }
}
