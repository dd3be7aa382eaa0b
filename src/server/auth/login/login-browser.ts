import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { parse } from 'cookie';
import type { Request, Response } from 'express';
import { LIMITS } from '../../../protocol/limits';
import { SECRETS, type Secrets } from '../../config/secrets';

const COOKIE = 'platen.browser';
const SECURE_COOKIE = '__Host-platen.browser';
const PROOF = /^([\w-]{22})\.(\d{1,15})\.([\w-]{43})$/;
const BETWEEN = '~';

const cookieName = (secure: boolean): string => (secure ? SECURE_COOKIE : COOKIE);

/** Of accounts that have to be tried; a forged one fits none. */
const proofsOf = ({ headers, secure }: Request): string[] =>
  (parse(headers.cookie ?? '')[cookieName(secure)] ?? '')
    .split(BETWEEN, LIMITS.LOGIN_BROWSER_ACCOUNTS)
    .filter((proof) => PROOF.test(proof));

/**
 * The cookie with which a browser proves that it has logged in to an account before: a random ID, when it expires, and a
 * signature over both and the account, for each of the last few accounts. It grants nothing; failed logins of such a browser
 * are counted separately, so that an attacker elsewhere does not slow its user down, and its logins are not mailed.
 */
@Injectable()
export class LoginBrowser {
  constructor(@Inject(SECRETS) private readonly secrets: Secrets) {}

  /** The ID of the browser; undefined without a cookie that is valid for this account. */
  of(request: Request, account: string): string | undefined {
    return proofsOf(request)
      .map((proof) => this.idIn(proof, account))
      .find((id) => id !== undefined);
  }

  /** Sets the cookie after a login. @param known the ID that the browser has already */
  remember(request: Request, response: Response, account: string, known: string | undefined): void {
    const { secure } = request;
    const id = known ?? randomBytes(16).toString('base64url');
    const expires = new Date(Date.now() + LIMITS.LOGIN_BROWSER_MS);
    const until = String(expires.getTime());
    const others = proofsOf(request).filter((proof) => this.idIn(proof, account) === undefined);
    const proofs = [`${id}.${until}.${this.sign(id, until, account)}`, ...others];
    const value = proofs.slice(0, LIMITS.LOGIN_BROWSER_ACCOUNTS).join(BETWEEN);
    // not `strict`: a browser also returns from the provider of single sign-on, which is another site
    response.cookie(cookieName(secure), value, { path: '/', httpOnly: true, sameSite: 'lax', secure, expires });
  }

  private idIn(proof: string, account: string): string | undefined {
    const [, id, until, signature] = PROOF.exec(proof) ?? [];
    if (!id || !until || !signature || Number(until) <= Date.now()) return undefined;
    const expected = this.sign(id, until, account);
    return timingSafeEqual(Buffer.from(signature), Buffer.from(expected)) ? id : undefined;
  }

  private sign(id: string, until: string, account: string): string {
    const text = JSON.stringify(['browser', id, until, account]);
    return createHmac('sha256', this.secrets.cookieSecret).update(text).digest('base64url');
  }
}
