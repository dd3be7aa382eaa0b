import { randomBytes, timingSafeEqual } from 'node:crypto';
import { parse } from 'cookie';
import type { CookieOptions, Request, Response } from 'express';
import { sha256, sha256Hex } from '../../tunnel/sha256';
import { ADMINISTRATOR } from '../machine/identity';
import { MFP_LIMITS } from '../mfp-limits';

const COOKIE = 'mfp_session';
const OPTIONS: CookieOptions = { path: '/', httpOnly: true, sameSite: 'lax' };

/** Logins to the administrator's pages: session cookies, kept as hashes, which expire after a while without use. */
export class Logins {
  private readonly expiry = new Map<string, number>();

  permits(user: string, password: string): boolean {
    const right = timingSafeEqual(sha256(password), sha256(ADMINISTRATOR.password));
    return right && user === ADMINISTRATOR.user;
  }

  /** Starts a login, with its cookie. */
  start(response: Response): void {
    const oldest = this.expiry.keys().next();
    if (this.expiry.size >= MFP_LIMITS.LOGINS && !oldest.done) this.expiry.delete(oldest.value);
    const id = randomBytes(24).toString('base64url');
    this.renew(keyOf(id));
    response.cookie(COOKIE, id, OPTIONS);
  }

  /** Ends the login of a request, and removes its cookie. */
  end(request: Request, response: Response): void {
    this.expiry.delete(keyIn(request) ?? '');
    response.cookie(COOKIE, '', { ...OPTIONS, maxAge: 0 });
  }

  /** Whether a request belongs to a login; using it keeps it alive. */
  holds(request: Request): boolean {
    const key = keyIn(request);
    const expires = key === undefined ? undefined : this.expiry.get(key);
    if (key === undefined || expires === undefined) return false;
    this.expiry.delete(key);
    if (expires < Date.now()) return false;
    this.renew(key);
    return true;
  }

  /** As the newest entry: the oldest is dropped first. */
  private renew(key: string): void {
    this.expiry.set(key, Date.now() + MFP_LIMITS.LOGIN_IDLE_MS);
  }
}

const keyOf = (id: string): string => sha256Hex(id);

function keyIn({ headers }: Request): string | undefined {
  const id = parse(headers.cookie ?? '')[COOKIE];
  return id ? keyOf(id) : undefined;
}
