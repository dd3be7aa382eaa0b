import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Store, type SessionData } from 'express-session';
import { LessThan, MoreThan, Not, Repository } from 'typeorm';
import { z } from 'zod';
import { LIMITS } from '../../../protocol/limits';
import { secretHash } from '../../../tunnel/sha256';
import type { ProvedFactor } from '../factors/factors.service';
import { CookieSessionEntity } from './cookie-session.entity';

type Done<Value = void> = (error?: unknown, value?: Value | null) => void;

/** Where passport stores the user's ID. */
const login = z.object({ passport: z.object({ user: z.string() }) });

/** What a login was made with. */
export interface LoginOrigin {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly address: string;
  readonly userAgent: string;
  /** The second factor that was proved; none with the password only. */
  readonly factor?: ProvedFactor;
}
declare module 'express-session' {
  interface SessionData {
    /** Of a login. */
    origin?: LoginOrigin;
  }
}

/** A login as its user sees it. */
export interface KnownLogin extends Omit<LoginOrigin, 'at' | 'factor'> {
  readonly id: string;
  readonly at: Date;
  readonly lastUsedAt: Date;
  readonly expiresAt: Date;
}

/**
 * Stores express-session's data. It has no `touch`: a login expires a fixed time after it was made, even while in use,
 * so reading writes only, now and then, when it was last used.
 */
@Injectable()
export class CookieSessionStore extends Store {
  constructor(@InjectRepository(CookieSessionEntity) private readonly rows: Repository<CookieSessionEntity>) {
    super();
  }

  override get(sessionId: string, done: Done<SessionData>): void {
    this.use(sessionId).then((data) => done(null, data), done);
  }
  override set(sessionId: string, data: SessionData, done: Done = () => {}): void {
    this.save(sessionId, data).then(() => done(), done);
  }
  override destroy(sessionId: string, done: Done = () => {}): void {
    this.rows.delete({ idHash: secretHash(sessionId) }).then(() => done(), done);
  }

  /** The user who is logged in with this session, and how. */
  async loginOf(sessionId: string): Promise<{ userId: string; origin: LoginOrigin | undefined } | undefined> {
    const row = await this.find(sessionId);
    const userId = login.safeParse(row?.data).data?.passport.user;
    return userId === undefined ? undefined : { userId, origin: (row?.data as Partial<SessionData>).origin };
  }

  /** Whether a browser is logged in as this user. */
  hasLoginOf(userId: string, now: Date): Promise<boolean> {
    return this.rows.existsBy({ userId, expiresAt: MoreThan(now) });
  }

  /** Newest first. */
  async loginsOf(userId: string, now: Date): Promise<KnownLogin[]> {
    const rows = await this.rows.findBy({ userId, expiresAt: MoreThan(now) });
    return rows.map(knownLogin).sort((one, other) => other.at.getTime() - one.at.getTime());
  }

  /** @param which IDs as `KnownLogin` has them @returns how many have ended */
  async endLogins(userId: string, which: { only?: string; except?: string }): Promise<number> {
    const idHash = which.only ?? (which.except === undefined ? undefined : Not(which.except));
    const { affected } = await this.rows.delete({ userId, ...(idHash && { idHash }) });
    return affected ?? 0;
  }

  private async find(sessionId: string): Promise<CookieSessionEntity | null> {
    const row = await this.rows.findOneBy({ idHash: secretHash(sessionId) });
    return row && row.expiresAt.getTime() > Date.now() ? row : null;
  }

  private async use(sessionId: string): Promise<SessionData | null> {
    const row = await this.find(sessionId);
    if (row === null) return null;
    const now = Date.now();
    if (row.userId !== null && now - (row.lastUsedAt?.getTime() ?? 0) > LIMITS.LOGIN_USE_RECORDED_MS)
      await this.rows.update({ idHash: row.idHash }, { lastUsedAt: new Date(now) });
    return row.data as SessionData;
  }

  private async save(sessionId: string, data: SessionData): Promise<void> {
    const now = Date.now();
    await this.rows.delete({ expiresAt: LessThan(new Date(now)) });
    const expiresAt = data.cookie.expires ? new Date(data.cookie.expires) : new Date(now + LIMITS.COOKIE_SESSION_MS);
    const userId = login.safeParse(data).data?.passport.user ?? null;
    await this.rows.upsert({ idHash: secretHash(sessionId), userId, data, expiresAt }, ['idHash']);
  }
}

/** Logins from before their origin was stored have none. */
function knownLogin({ idHash, data, lastUsedAt, expiresAt }: CookieSessionEntity): KnownLogin {
  const { origin } = data as Partial<SessionData>;
  const at = new Date(origin?.at ?? expiresAt.getTime() - LIMITS.COOKIE_SESSION_MS);
  const { address, userAgent } = origin ?? { address: '', userAgent: '' };
  return { id: idHash, at, lastUsedAt: lastUsedAt ?? at, expiresAt, address, userAgent };
}
