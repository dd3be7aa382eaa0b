import { Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { LIMITS } from '../../../protocol/limits';
import { secretHash } from '../../../tunnel/sha256';
import type { ActingUser } from '../actor';
import { identifyPending } from '../access/identity';
import { FactorsService } from '../factors/factors.service';
import { UsersService } from '../users/users.service';

interface StoredPendingLogin {
  readonly userId: string;
  /** Of the password that was proved; another password ends the login. */
  readonly credential: string;
  /** Milliseconds since 1970. */
  readonly until: number;
}
declare module 'express-session' {
  interface SessionData {
    pending?: StoredPendingLogin;
  }
}

/** Logins of which the first factor is proved. */
@Injectable()
export class PendingLogins {
  constructor(
    private readonly users: UsersService,
    private readonly factors: FactorsService,
  ) {}

  /** Stores in a new session that the password of a user was right. */
  async begin(request: Request, { userId }: ActingUser): Promise<void> {
    await newSession(request);
    const { passwordHash } = await this.users.get(userId);
    request.session.cookie.maxAge = LIMITS.PENDING_LOGIN_MS;
    request.session.pending = {
      userId,
      credential: secretHash(passwordHash),
      until: Date.now() + LIMITS.PENDING_LOGIN_MS,
    };
  }

  /** Makes the pending login of a request known to `pendingLoginOf`, unless it has expired or its user has changed. */
  async identify(request: Request): Promise<void> {
    const stored = request.session?.pending;
    if (!stored || stored.until <= Date.now()) return;
    const actor = await this.users.actor(stored.userId);
    if (!actor || secretHash((await this.users.get(stored.userId)).passwordHash) !== stored.credential) return;
    const step = await this.factors.missingStep(actor.userId, actor.role);
    // one that was waived meanwhile is completed by the next login
    if (step) identifyPending(request, { actor, step });
  }
}

/** An earlier session is discarded, because its ID may have been planted (session fixation). */
export const newSession = (request: Request): Promise<void> =>
  new Promise((resolve, reject) => request.session.regenerate((error?: Error) => (error ? reject(error) : resolve())));
