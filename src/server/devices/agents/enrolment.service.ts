import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { z } from 'zod';
import type { newEnrolment } from '../../../protocol/api';
import type { Enrolment, EnrolmentRequest } from '../../../protocol/control-channel';
import { LIMITS } from '../../../protocol/limits';
import { secretHash } from '../../../tunnel/sha256';
import { fingerprintOf } from '../../../tunnel/signing-key';
import type { Actor } from '../../auth/actor';
import { AuditService } from '../../auth/audit/audit.service';
import { CERTIFICATE, type Certificate } from '../../config/certificate';
import { ConfiguredCompany } from '../../config/company';
import { CONFIG, type Config } from '../../config/config';
import { ReleaseKey } from '../../config/release-key';
import { CustomersService } from '../../customers/customers.service';
import { DeviceTransport } from '../../xmpp/device-transport';
import type { ScramKeys } from '../../xmpp/login/agent-accounts';
import { scramKeys } from '../../xmpp/login/scram';
import { shownDeviceIds, type StoredScramKeys } from './agent.entity';
import { DeviceEvents } from '../device-events';
import { AgentsRepository } from './agents.repository';
import { EnrolmentCodeRefused, EnrolmentIncomplete, UnknownEnrolmentCode } from '../devices.errors';
import type { EnrolmentCodeEntity } from './enrolment-code.entity';

const stored = (keys: ScramKeys): StoredScramKeys => ({
  salt: keys.salt.toString('base64'),
  iterations: keys.iterations,
  storedKey: keys.storedKey.toString('base64'),
  serverKey: keys.serverKey.toString('base64'),
});

/** Enrolment: an administrator creates a one-time code, the agent presents it and receives its account. */
@Injectable()
export class EnrolmentService {
  constructor(
    private readonly repository: AgentsRepository,
    private readonly customers: CustomersService,
    private readonly transport: DeviceTransport,
    private readonly events: DeviceEvents,
    private readonly audit: AuditService,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(CERTIFICATE) private readonly certificate: Pick<Certificate, 'controlChannel'>,
    private readonly releaseKey: ReleaseKey,
    private readonly configured: ConfiguredCompany,
  ) {}

  /**
   * Creates an enrolment code, which creates or renews the account of an agent. Only its hash is stored.
   * @returns `ticket`: what the administrator copies to the customer, `<code>.<pin>`
   * @throws UnknownSite, EnrolmentIncomplete
   */
  async createEnrolment(
    actor: Actor,
    { agentId, siteId, deviceIds }: z.infer<typeof newEnrolment>,
  ): Promise<{ agentId: string; ticket: string; expiresAt: Date }> {
    const site = siteId === undefined ? undefined : await this.customers.site(siteId);
    if ((!site || !deviceIds) && !(await this.repository.find(agentId)))
      throw new EnrolmentIncomplete(agentId, { site: !site, deviceIds: !deviceIds });
    const code = randomBytes(32).toString('base64url');
    const expiresAt = new Date(Date.now() + LIMITS.ENROLMENT_CODE_MS);
    await this.repository.addCode({
      ...{ codeHash: secretHash(code), agentId, siteId: siteId ?? null, expiresAt },
      deviceIds: deviceIds ?? null,
    });
    await this.audit.record(
      actor,
      'agent.enrolment-created',
      agentId,
      detailOf(expiresAt.toISOString(), site, deviceIds),
    );
    return { agentId, ticket: `${code}.${this.certificate.controlChannel.pin}`, expiresAt };
  }

  /** Codes that have not been used. */
  open(): Promise<EnrolmentCodeEntity[]> {
    return this.repository.openCodes();
  }

  /** @throws UnknownEnrolmentCode */
  async revoke(actor: Actor, codeHash: string): Promise<void> {
    const code = await this.repository.takeCode(codeHash);
    if (!code) throw new UnknownEnrolmentCode();
    await this.audit.record(actor, 'agent.enrolment-revoked', code.agentId);
  }

  /** @throws EnrolmentCodeRefused */
  async enrol({ code, signingKey }: EnrolmentRequest): Promise<Enrolment> {
    const taken = await this.repository.takeCode(secretHash(code));
    if (!taken || taken.expiresAt.getTime() < Date.now()) throw new EnrolmentCodeRefused();
    const { agentId } = taken;
    const password = randomBytes(32).toString('base64url');
    const [sha1, sha256] = await Promise.all([scramKeys(password, 'sha1'), scramKeys(password, 'sha256')]);
    const earlier = await this.repository.find(agentId);
    const siteId = taken.siteId ?? earlier?.siteId ?? null;
    const kept = await this.repository.save({
      id: agentId,
      scramSha1: stored(sha1),
      scramSha256: stored(sha256),
      version: earlier?.version ?? '',
      createdAt: earlier?.createdAt ?? new Date(),
      lastSeenAt: earlier?.lastSeenAt ?? null,
      siteId,
      deviceIds: taken.deviceIds ?? earlier?.deviceIds ?? [],
      installationId: null,
      continuationHash: null,
      announcementHash: null,
      asleepSince: null,
      wake: null,
      signingKey: signingKey ?? null,
      nextPin: null,
    });
    if (!kept) throw new EnrolmentCodeRefused();
    this.transport.disconnect(agentId);
    if (earlier && earlier.siteId !== siteId) this.events.publish('moved', { agentId, from: earlier.siteId });
    const key = signingKey === undefined ? 'none' : fingerprintOf(signingKey);
    const done = earlier ? `account renewed, signing key: ${key}` : `account made, signing key: ${key}`;
    await this.audit.record(undefined, 'agent.enrolled', agentId, done);
    const { publicHost, publicPort, port, host, domain } = this.config.xmpp;
    return {
      agentId,
      password,
      xmpp: { host: publicHost ?? host, port: publicPort ?? port, domain },
      pin: this.certificate.controlChannel.pin,
      releaseKey: this.releaseKey.key,
      company: this.configured.company,
    };
  }
}

/** For the audit trail. Each text has its translation in the console. */
function detailOf(until: string, site?: { name: string; customerName: string }, deviceIds?: readonly string[]): string {
  if (!deviceIds)
    return site
      ? `for site ${site.name} of customer ${site.customerName}, valid until ${until}`
      : `valid until ${until}`;
  const ids = shownDeviceIds(deviceIds);
  return site
    ? `for site ${site.name} of customer ${site.customerName}, devices ${ids}, valid until ${until}`
    : `devices ${ids}, valid until ${until}`;
}
