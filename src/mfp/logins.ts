import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { ADMINISTRATOR } from './machine/identity';
import { MFP_LIMITS } from './mfp-limits';

const COOKIE = 'mfp_session';
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Who is logged in to the administrator's pages: session cookies, kept as hashes, gone after a while without use. */
export class Logins {
  private readonly expiry = new Map<string, number>();

  permits(user: string, password: string): boolean {
    const right = timingSafeEqual(digest(password), digest(ADMINISTRATOR.password));
    return right && user === ADMINISTRATOR.user;
  }

  /** Value of the Set-Cookie header of a new login. */
  begin(): string {
    const oldest = this.expiry.keys().next();
    if (this.expiry.size >= MFP_LIMITS.LOGINS && !oldest.done) this.expiry.delete(oldest.value);
    const id = randomBytes(24).toString('base64url');
    this.expiry.set(digest(id).toString('hex'), Date.now() + MFP_LIMITS.LOGIN_IDLE_MS);
    return `${COOKIE}=${id}; Path=/; HttpOnly; SameSite=Lax`;
  }

  /** Ends the login of a Cookie header; value of the Set-Cookie header that removes it. */
  end(cookies: string | undefined): string {
    for (const key of keysIn(cookies)) this.expiry.delete(key);
    return `${COOKIE}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0`;
  }

  /** Whether a Cookie header belongs to a login; using it keeps it alive. */
  holds(cookies: string | undefined): boolean {
    for (const key of keysIn(cookies)) {
      const until = this.expiry.get(key);
      if (until === undefined) continue;
      this.expiry.delete(key);
      if (until < Date.now()) continue;
      this.expiry.set(key, Date.now() + MFP_LIMITS.LOGIN_IDLE_MS);
      return true;
    }
    return false;
  }
}

/** A browser may send several cookies of the name, for example of two paths. */
function keysIn(cookies = ''): string[] {
  const values = cookies.split(';').map((pair) => pair.trim().split('='));
  return values.flatMap(([name, value]) => (name === COOKIE && value ? [digest(value).toString('hex')] : []));
}
