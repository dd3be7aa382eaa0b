import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Store, type SessionData } from 'express-session';
import { LessThan, MoreThan, Repository } from 'typeorm';
import { z } from 'zod';
import { LIMITS } from '../../../protocol/limits';
import { secretHash } from '../../../tunnel/sha256';
import { CookieSessionEntity } from './cookie-session.entity';

type Done<Value = void> = (error?: unknown, value?: Value | null) => void;

/** Where passport stores the user's ID. */
const login = z.object({ passport: z.object({ user: z.string() }) });

/**
 * Stores express-session's data. It has no `touch`: a login expires a fixed time after it was made, even while in use,
 * so reading never writes.
 */
@Injectable()
export class CookieSessionStore extends Store {
  constructor(@InjectRepository(CookieSessionEntity) private readonly rows: Repository<CookieSessionEntity>) {
    super();
  }

  override get(sessionId: string, done: Done<SessionData>): void {
    this.find(sessionId).then((data) => done(null, data), done);
  }
  override set(sessionId: string, data: SessionData, done: Done = () => {}): void {
    this.save(sessionId, data).then(() => done(), done);
  }
  override destroy(sessionId: string, done: Done = () => {}): void {
    this.rows.delete({ idHash: secretHash(sessionId) }).then(() => done(), done);
  }

  /** The user who is logged in with this session. */
  async userOf(sessionId: string): Promise<string | undefined> {
    return login.safeParse(await this.find(sessionId)).data?.passport.user;
  }

  /** Whether a browser is logged in as this user. */
  hasLoginOf(userId: string, now: Date): Promise<boolean> {
    return this.rows.existsBy({ userId, expiresAt: MoreThan(now) });
  }

  private async find(sessionId: string): Promise<SessionData | null> {
    const row = await this.rows.findOneBy({ idHash: secretHash(sessionId) });
    return row && row.expiresAt.getTime() > Date.now() ? (row.data as SessionData) : null;
  }

  private async save(sessionId: string, data: SessionData): Promise<void> {
    const now = Date.now();
    await this.rows.delete({ expiresAt: LessThan(new Date(now)) });
    const expiresAt = data.cookie.expires ? new Date(data.cookie.expires) : new Date(now + LIMITS.COOKIE_SESSION_MS);
    const userId = login.safeParse(data).data?.passport.user ?? null;
    await this.rows.upsert({ idHash: secretHash(sessionId), userId, data, expiresAt }, ['idHash']);
  }
}
