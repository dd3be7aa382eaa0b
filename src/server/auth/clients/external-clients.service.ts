import { randomBytes, randomUUID } from 'node:crypto';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { z } from 'zod';
import { Journal } from '../../../journal/journal';
import type { externalClientChange, newExternalClient } from '../../../protocol/external-clients';
import { LIMITS } from '../../../protocol/limits';
import { secretHash } from '../../../tunnel/sha256';
import { AccessEvents } from '../access-events';
import { AccountMails } from '../account-mails/account-mails.service';
import type { ActingClient, Actor } from '../actor';
import type { AuditNames } from '../audit/audit.repository';
import { AuditService } from '../audit/audit.service';
import { ClientExists, ClientRevoked, TooManyClients, UnknownClient } from '../auth.errors';
import { actorOf, isInForce, targetOf, type ExternalClientEntity } from './external-client.entity';
import { ExternalClientsRepository } from './external-clients.repository';

const DAY_MS = 24 * 60 * 60_000;
const EXPIRY_CHECK_MS = 2_000;
/** Why a session ended. */
export const EXPIRED = 'the external client has expired';

/** `plc_` is how a scanner for leaked secrets recognizes one. */
const newSecret = (): string => `plc_${randomBytes(32).toString('base64url')}`;

interface WithSecret {
  readonly client: ExternalClientEntity;
  /** Shown once; only its hash is stored. */
  readonly secret: string;
}

/** External clients, as administrators manage them. */
@Injectable()
export class ExternalClientsService implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;
  /** Clients that expired by then have been dealt with. */
  private checkedUntil = new Date();

  constructor(
    private readonly repository: ExternalClientsRepository,
    private readonly access: AccessEvents,
    private readonly audit: AuditService,
    private readonly mails: AccountMails,
    private readonly journal: Journal,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.publishExpired(), EXPIRY_CHECK_MS).unref();
  }
  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  /** Undefined for an unknown, deactivated, revoked or expired client. */
  async actor(id: string): Promise<ActingClient | undefined> {
    const client = await this.repository.find(id);
    return client && isInForce(client, new Date()) ? actorOf(client) : undefined;
  }

  /** For what was open when it expired, which may be noticed before `publishExpired` finds it. */
  async hasExpired(id: string): Promise<boolean> {
    const client = await this.repository.find(id);
    const now = new Date();
    return client !== null && !isInForce(client, now) && isInForce({ ...client, expiresAt: null }, now);
  }

  /** How the audit trail names a client. @throws UnknownClient */
  async auditNames(id: string): Promise<AuditNames> {
    const client = await this.get(id);
    return { actor: actorOf(client).username, target: targetOf(client) };
  }

  all(): Promise<ExternalClientEntity[]> {
    return this.repository.all();
  }

  /** @throws ClientExists, TooManyClients */
  async create(actor: Actor, wanted: z.output<typeof newExternalClient>): Promise<WithSecret> {
    if ((await this.repository.count()) >= LIMITS.CLIENTS) throw new TooManyClients();
    const { name, scopes, limits, requestsPerMinute, expiresInDays } = wanted;
    const createdAt = new Date();
    const secret = newSecret();
    const client: ExternalClientEntity = {
      id: randomUUID(),
      name,
      secretHash: secretHash(secret),
      previousSecretHash: null,
      previousSecretUntil: null,
      scopes: [...new Set(scopes)],
      limits,
      requestsPerMinute,
      active: true,
      expiresAt: expiresInDays === undefined ? null : new Date(createdAt.getTime() + expiresInDays * DAY_MS),
      createdAt,
      createdBy: actor.displayName,
      lastUsedAt: null,
      revokedAt: null,
    };
    if (!(await this.repository.insert(client))) throw new ClientExists(name);
    await this.audit.record(actor, 'client.created', targetOf(client), decided(client));
    await this.mails.tell(actor.userId, 'client-created');
    return { client, secret };
  }

  /**
   * Takes effect with the next request, also for tokens that were issued before, and ends what is open beyond it. A client
   * that is deactivated loses its tokens and all that it has open.
   * @throws UnknownClient, ClientRevoked
   */
  async change(
    actor: Actor,
    id: string,
    { expiresAt, ...fields }: z.output<typeof externalClientChange>,
  ): Promise<ExternalClientEntity> {
    const expiry = expiresAt === undefined ? {} : { expiresAt: expiresAt === null ? null : new Date(expiresAt) };
    await this.get(id);
    const values = { ...fields, ...expiry };
    if (Object.keys(values).length > 0 && !(await this.repository.change(id, values))) throw new ClientRevoked();
    const changed = await this.get(id);
    await this.recordChange(actor, changed, values);
    if (values.active === false) this.endAll(id, 'the external client was deactivated');
    else this.access.publish('narrowed', id);
    return changed;
  }

  /**
   * Without an overlap, the secret counts as stolen: all that the client has open ends.
   * @throws UnknownClient, ClientRevoked
   */
  async rotateSecret(actor: Actor, id: string, overlapMinutes: number): Promise<WithSecret> {
    await this.get(id);
    const secret = newSecret();
    const until = overlapMinutes === 0 ? null : new Date(Date.now() + overlapMinutes * 60_000);
    if (!(await this.repository.rotate(id, secretHash(secret), until))) throw new ClientRevoked();
    const client = await this.get(id);
    await this.audit.record(actor, 'client.secret-rotated', targetOf(client), `overlap ${overlapMinutes} min`);
    if (!until) this.endAll(id, 'the secret of the external client was replaced');
    return { client, secret };
  }

  /** Ends its access tokens, and all that it has open. @throws UnknownClient, ClientRevoked */
  async revoke(actor: Actor, id: string): Promise<ExternalClientEntity> {
    await this.get(id);
    if (!(await this.repository.revoke(id, new Date()))) throw new ClientRevoked();
    const client = await this.get(id);
    await this.audit.record(actor, 'client.revoked', targetOf(client));
    this.endAll(id, 'the external client was revoked');
    return client;
  }

  private async recordChange(
    actor: Actor,
    client: ExternalClientEntity,
    { active, ...values }: Partial<ExternalClientEntity>,
  ): Promise<void> {
    const target = targetOf(client);
    if (active !== undefined)
      await this.audit.record(actor, active ? 'client.activated' : 'client.deactivated', target);
    const detail = decided(values);
    if (detail !== '') await this.audit.record(actor, 'client.changed', target, detail);
  }

  private async get(id: string): Promise<ExternalClientEntity> {
    const client = await this.repository.find(id);
    if (!client) throw new UnknownClient();
    return client;
  }

  private endAll(id: string, detail: string): void {
    this.access.publish('revoked', { userId: id, jobs: true, detail });
  }

  private async publishExpired(): Promise<void> {
    try {
      const now = new Date();
      for (const { id } of await this.repository.expired(this.checkedUntil, now)) this.endAll(id, EXPIRED);
      this.checkedUntil = now;
    } catch (error) {
      this.journal.unexpected(error, 'looking for expired external clients');
    }
  }
}

/** What was decided about a client, for the audit trail. */
function decided({ scopes, limits, requestsPerMinute, expiresAt }: Partial<ExternalClientEntity>): string {
  const limited = Object.entries(limits ?? {}).flatMap(([kind, listed]) =>
    listed === null ? [] : [`${kind}: ${listed.join(', ') || 'none'}`],
  );
  return [
    ...(scopes ? [`scopes: ${scopes.join(', ')}`] : []),
    ...(limits ? [limited.length > 0 ? limited.join('; ') : 'no limits'] : []),
    ...(requestsPerMinute === undefined ? [] : [`requests per minute: ${requestsPerMinute}`]),
    ...(expiresAt === undefined ? [] : [`expires: ${expiresAt?.toISOString() ?? 'never'}`]),
  ].join('; ');
}
