import { createHash, randomBytes } from 'node:crypto';
import type { Request } from 'express';
import { MFP_LIMITS } from '../mfp-limits';
import { ADMINISTRATOR } from '../machine/identity';
import type { Logins } from './logins';
import { LoginRequired } from './web.errors';

/** How a program logs in: its password as it is (RFC 7617), or a hash with a nonce (RFC 7616). */
export type LoginScheme = 'basic' | 'digest';

const REALM = 'Platen demo device';
const sha256 = (...parts: string[]): string => createHash('sha256').update(parts.join(':')).digest('hex');

/** The login that programs send with a request, as HTTP defines it. The administrator's pages have a login of their own. */
export class DeviceLogin {
  /** Issued nonces, oldest first. Each is accepted once, so a recorded request is refused. */
  private readonly nonces = new Set<string>();

  constructor(
    private readonly scheme: LoginScheme,
    private readonly logins: Logins,
  ) {}

  /** Admits a request with the administrator's login. @throws LoginRequired */
  require({
    method,
    originalUrl,
    headers: { authorization = '' },
  }: Pick<Request, 'method' | 'originalUrl' | 'headers'>) {
    const [, scheme = '', credentials = ''] = /^(\w+) +(.*)$/.exec(authorization) ?? [];
    if (scheme.toLowerCase() !== this.scheme) throw new LoginRequired(this.challenge());
    if (this.scheme === 'basic') {
      const [, user = '', password = ''] = /^([^:]*):(.*)$/s.exec(Buffer.from(credentials, 'base64').toString()) ?? [];
      if (!this.logins.permits(user, password)) throw new LoginRequired(this.challenge());
      return;
    }
    const fields = digestFields(credentials);
    if (fields.uri !== originalUrl || !isRight(fields, method)) throw new LoginRequired(this.challenge());
    if (!this.nonces.delete(fields.nonce ?? '')) throw new LoginRequired(this.challenge(true));
  }

  /** WWW-Authenticate. @param stale the login is right, but its nonce is not (RFC 7616 3.3) */
  private challenge(stale = false): string {
    if (this.scheme === 'basic') return `Basic realm="${REALM}", charset="UTF-8"`;
    const nonce = randomBytes(24).toString('base64url');
    const [oldest] = this.nonces;
    if (oldest !== undefined && this.nonces.size >= MFP_LIMITS.LOGINS) this.nonces.delete(oldest);
    this.nonces.add(nonce);
    return `Digest realm="${REALM}", qop="auth", algorithm=SHA-256, nonce="${nonce}"${stale ? ', stale=true' : ''}`;
  }
}

type DigestFields = Readonly<Partial<Record<string, string>>>;

function digestFields(credentials: string): DigestFields {
  const pairs = credentials.matchAll(/(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/g);
  return Object.fromEntries(Array.from(pairs, ([, name = '', quoted, plain]) => [name.toLowerCase(), quoted ?? plain]));
}

/** RFC 7616 3.4.1, for SHA-256 with qop=auth. */
function isRight(
  { username, realm, nonce, uri = '', nc = '', cnonce = '', qop, response }: DigestFields,
  method: string,
) {
  if (username !== ADMINISTRATOR.user || realm !== REALM || nonce === undefined || qop !== 'auth') return false;
  const key = sha256(ADMINISTRATOR.user, REALM, ADMINISTRATOR.password);
  return response === sha256(key, nonce, nc, cnonce, qop, sha256(method, uri));
}
