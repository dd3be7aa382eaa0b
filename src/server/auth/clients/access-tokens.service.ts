import { randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { clientScope, type AccessTokenAnswer, type ClientScope } from '../../../protocol/external-clients';
import { LIMITS } from '../../../protocol/limits';
import { networkOf } from '../../../tunnel/network-of';
import { secretHash, sha256 } from '../../../tunnel/sha256';
import type { ActingClient } from '../actor';
import { AuditService } from '../audit/audit.service';
import { TooManyLogins } from '../auth.errors';
import { LoginThrottle } from '../login/login-throttle';
import { ClientMetrics } from './client-metrics';
import { actorOf, isInForce, targetOf, type ExternalClientEntity } from './external-client.entity';
import { ExternalClientsRepository, type SecretProof } from './external-clients.repository';
import { InvalidClient, InvalidScope } from './oauth.errors';

/** Not every request writes to the database. */
const USE_RECORDED_EVERY_MS = 60_000;
const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const CLIENT_ID = new RegExp(`^${UUID}$`);
const TOKEN = new RegExp(`^pla_(${UUID})_([A-Za-z0-9_-]{43})$`);
/** Of no secret. */
const DECOY_HASH = secretHash(randomBytes(32).toString('base64url'));

export interface ClientCredentials {
  readonly id: string;
  readonly secret: string;
}

/** Access tokens of external clients: `pla_<id>_<secret>`, opaque to them; only a hash of the secret is stored. */
@Injectable()
export class AccessTokensService {
  constructor(
    private readonly repository: ExternalClientsRepository,
    private readonly throttle: LoginThrottle,
    private readonly audit: AuditService,
    private readonly metrics: ClientMetrics,
  ) {}

  /**
   * RFC 6749 4.4.2. A right secret is always accepted: its 256 random bits cannot be guessed. Failures have to wait as failed
   * logins do, so that they fill neither the audit trail nor the log.
   * @param scope names separated by spaces; undefined: every scope of the client
   * @throws InvalidClient, InvalidScope, TooManyLogins
   */
  async issue(
    { id, secret }: ClientCredentials,
    scope: string | undefined,
    address: string,
  ): Promise<AccessTokenAnswer> {
    const now = new Date();
    const client = CLIENT_ID.test(id) ? await this.repository.find(id) : null;
    const proof = proofOf(client, secret, now);
    if (!client || !proof || !isInForce(client, now)) return this.refuse(client, address);
    const scopes = scopesOf(client, scope);
    const token = randomBytes(32).toString('base64url');
    const ends = [client.expiresAt, proof.until].map((end) => end?.getTime() ?? Infinity);
    const lastMoment = Math.min(now.getTime() + LIMITS.CLIENT_TOKEN_MS, ...ends);
    const entity = {
      id: randomUUID(),
      clientId: id,
      secretHash: secretHash(token),
      scopes,
      createdAt: now,
      expiresAt: new Date(lastMoment),
    };
    // the secret may have been replaced, or the client revoked, since it was looked up
    if (!(await this.repository.insertToken(entity, proof, LIMITS.CLIENT_TOKENS))) return this.refuse(client, address);
    await this.audit.record(actorOf(client, entity), 'client.token-issued', targetOf(client), scopes.join(' '));
    this.metrics.token('issued');
    return {
      access_token: `pla_${entity.id}_${token}`,
      token_type: 'Bearer',
      expires_in: Math.max(1, Math.floor((lastMoment - now.getTime()) / 1000)),
      scope: scopes.join(' '),
    };
  }

  /** False once the token was revoked, or has expired and was removed. */
  exists(id: string): Promise<boolean> {
    return this.repository.hasToken(id);
  }

  private async refuse(client: ExternalClientEntity | null, address: string): Promise<never> {
    // all that are unknown count together, because anybody can invent more
    const wait = this.throttle.begin(`client ${client?.id ?? ''}`, networkOf(address));
    if (wait > 0) {
      this.metrics.token('limited');
      throw new TooManyLogins(wait);
    }
    this.metrics.token('refused');
    await this.audit.record(
      undefined,
      'client.refused',
      client ? targetOf(client) : '(unknown client)',
      `from ${address}`,
    );
    throw new InvalidClient('The client is unknown, deactivated, revoked or expired, or its secret is wrong.');
  }

  /**
   * The client of a token; undefined if the token is malformed, unknown or expired, or its client is not in force.
   * What the client may no longer do, an earlier token of it does not permit either.
   */
  async identify(token: string): Promise<ActingClient | undefined> {
    const [, id, secret] = TOKEN.exec(token) ?? [];
    if (!id || !secret) return undefined;
    const entity = await this.repository.findToken(id);
    if (!entity || !isHashOf(entity.secretHash, secret)) return undefined;
    const client = await this.repository.find(entity.clientId);
    const now = new Date();
    if (!client || entity.expiresAt <= now || !isInForce(client, now)) return undefined;
    if (now.getTime() - (client.lastUsedAt?.getTime() ?? 0) > USE_RECORDED_EVERY_MS)
      await this.repository.recordUse(client.id, now);
    return actorOf(client, entity);
  }
}

/** A wrong secret takes as long as a right one, and an unknown client as long as a known one. */
function proofOf(client: ExternalClientEntity | null, secret: string, now: Date): SecretProof | undefined {
  const isPresent = isHashOf(client?.secretHash ?? DECOY_HASH, secret);
  const isPrevious = isHashOf(client?.previousSecretHash ?? DECOY_HASH, secret);
  if (isPresent) return { which: 'secretHash', hash: secretHash(secret), until: null };
  const until = client?.previousSecretUntil ?? now;
  return isPrevious && until > now ? { which: 'previousSecretHash', hash: secretHash(secret), until } : undefined;
}

const isHashOf = (hash: string, secret: string): boolean =>
  timingSafeEqual(sha256(secret), Buffer.from(hash, 'base64url'));

/** RFC 6749 3.3 */
function scopesOf(client: ExternalClientEntity, wanted: string | undefined): ClientScope[] {
  if (wanted === undefined) return client.scopes;
  const names = [...new Set(wanted.split(' '))];
  const scopes = names.flatMap((name) => clientScope.safeParse(name).data ?? []);
  if (scopes.length < names.length) throw new InvalidScope('A scope is unknown.');
  const beyond = scopes.filter((name) => !client.scopes.includes(name));
  if (beyond.length > 0) throw new InvalidScope(`This client does not have the scope ${beyond.join(' ')}.`);
  return scopes;
}
