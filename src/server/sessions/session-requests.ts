import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import type { newSession } from '../../protocol/api';
import { LIMITS } from '../../protocol/limits';
import type { Actor } from '../auth/actor';
import { checkApplication } from '../auth/clients/client-limits';
import { AuditService } from '../auth/audit/audit.service';
import { CustomersService } from '../customers/customers.service';
import { DevicesService } from '../devices/devices.service';
import { RelayPort } from './relay.port';
import type { SessionEntity } from './session.entity';
import { DeploymentInProgress, RequestsWaiting, SessionExists } from './session.errors';
import { SessionRevocation } from './session-revocation';
import { SessionLifecycle } from './session.lifecycle';
import { SessionTimeline } from './session-timeline';
import { SessionsRepository } from './sessions.repository';

/** Requests for remote sessions. */
@Injectable()
export class SessionRequests {
  constructor(
    private readonly repository: SessionsRepository,
    private readonly lifecycle: SessionLifecycle,
    private readonly devices: DevicesService,
    private readonly customers: CustomersService,
    private readonly relay: RelayPort,
    private readonly audit: AuditService,
    private readonly revocation: SessionRevocation,
    private readonly timeline: SessionTimeline,
  ) {}

  /**
   * S141: requests a session with an application of a device.
   * @throws BeyondLimits, UnknownDevice, UnknownApplication, DeviceOffline, NoSubstitute, DeploymentInProgress, RelayUnavailable,
   * NoRelayInRegion, RequestsWaiting, SessionExists
   */
  async request(actor: Actor, requested: z.output<typeof newSession>): Promise<SessionEntity> {
    checkApplication(actor, requested.applicationId);
    const inView = await this.devices.application(actor, requested.deviceId, requested.applicationId);
    const { device } = inView;
    await this.devices.checkReachable(inView);
    // the person at the device is not asked for a session that no relay could carry
    const preferred = await this.customers.relayPreferenceOf(inView.siteId);
    const unserved = await this.relay.unserved(LIMITS.RELAY_ABSENT_MS, preferred);
    const admission = this.relay.admission(preferred);
    if (!admission.open) throw new DeploymentInProgress(admission.returnAfterSeconds);
    if (unserved) throw unserved;
    const waiting = await this.repository.countRequested(device.id);
    if (waiting >= LIMITS.REQUESTS_PER_DEVICE) throw new RequestsWaiting(device.id);
    const openPair = `${device.id}/${actor.userId}`;
    const session: SessionEntity = {
      id: randomUUID(),
      askerKind: actor.client ? 'client' : 'user',
      userId: actor.userId,
      username: actor.username,
      displayName: actor.displayName,
      deviceId: device.id,
      deviceName: device.name,
      agentId: device.agentId,
      siteId: inView.siteId,
      apiTokenId: actor.apiTokenId ?? null,
      applicationId: requested.applicationId,
      reason: requested.reason,
      minutes: requested.minutes,
      grant: null,
      openPair,
      state: 'requested',
      deadlineAt: null,
      ending: null,
      denial: null,
      detail: '',
      approvalRecord: null,
      requestedAt: new Date(),
      approvedAt: null,
      establishedAt: null,
      endedAt: null,
      validUntil: null,
      relayId: null,
      linkId: null,
      relayChoice: null,
      deviceTokenHash: null,
      terminalTokenHash: null,
      terminalConnection: null,
      deviceHalf: 'waiting',
      terminalHalf: 'waiting',
      bytesFromDevice: 0,
      bytesFromTerminal: 0,
    };
    session.deadlineAt = this.lifecycle.deadlineOf(session);
    if (!(await this.repository.insert(session))) {
      throw new SessionExists(device.id, (await this.repository.findByOpenPair(openPair))?.id);
    }
    this.timeline.step('S141', session.id);
    await this.audit.record(
      actor,
      'session.requested',
      session.id,
      `${device.id} ${requested.applicationId}: ${requested.reason}`,
    );
    this.lifecycle.start(session);
    await this.revocation.recheckRequest(actor, session);
    return session;
  }
}
