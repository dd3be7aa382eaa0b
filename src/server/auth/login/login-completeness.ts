import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../../config/config';
import type { ActingUser } from '../actor';
import type { LoginOrigin } from './cookie-session.store';

/**
 * Whether a login in a browser was made with all that the role of its user requires now. Role and settings may have
 * changed since: a login without the second factor that is required meanwhile counts no more.
 */
@Injectable()
export class LoginCompleteness {
  constructor(@Inject(CONFIG) private readonly config: Config) {}

  has({ role }: ActingUser, origin: LoginOrigin | undefined): boolean {
    return Boolean(origin?.factor) || !this.config.login.secondFactorRoles.includes(role);
  }
}
