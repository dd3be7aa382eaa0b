import { createHash, randomBytes } from 'node:crypto';
import { isLoopback } from '../../protocol/loopback';
import { LIMITS } from '../../protocol/limits';
import type { HttpAddress } from '../configuration/device-address';
import type { DeviceLogin } from '../configuration/device-login';
import { LoginRefused, LoginRequired } from './device-access';

/** One challenge of WWW-Authenticate (RFC 9110 11.6.1); names in lower case. */
export interface Challenge {
  readonly scheme: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** The challenges of a WWW-Authenticate header, or of several joined by commas. */
export function challengesIn(header: string): Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  const items = header.matchAll(/([\w!#$%&'*+.^`|~-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+)))?/g);
  for (const [, name = '', quoted, plain] of items) {
    const value = quoted?.replace(/\\(.)/g, '$1') ?? plain;
    if (value === undefined) challenges.push({ scheme: name.toLowerCase(), parameters: new Map() });
    else challenges.at(-1)?.parameters.set(name.toLowerCase(), value);
  }
  return challenges;
}

/** What a login is sent with. */
export interface LoginTarget {
  readonly address: HttpAddress;
  readonly method: 'POST' | 'PUT';
}

/** The login at one device, sent only when the device asks for it, and to no other address than those configured. */
export class HttpLogin {
  #refusedAt: number | undefined;
  #accepted = false;

  constructor(private readonly login: DeviceLogin) {}

  /** Whether the device has asked for the login and accepted it. */
  get accepted(): boolean {
    return this.#accepted;
  }

  /**
   * Sends a request, and again with the login if the device answers with 401.
   * @param send gets the Authorization header; throws LoginRequired for 401
   * @throws LoginRequired if the login must not be sent; LoginRefused
   */
  async authenticate<T>(target: LoginTarget, send: (authorization?: string) => Promise<T>): Promise<T> {
    let challenges = await this.#challenged(send);
    for (let tries = 0; Array.isArray(challenges); tries++) {
      const authorization = this.#authorization(challenges, target);
      const answer = await this.#challenged(() => send(authorization));
      if (!Array.isArray(answer)) {
        this.#accepted = true;
        this.#refusedAt = undefined;
        return answer.value;
      }
      // RFC 7616 3.3: the login may be right, but its nonce is too old.
      const stale = answer.some(({ parameters }) => parameters.get('stale')?.toLowerCase() === 'true');
      if (!stale || tries > 0) {
        this.#refusedAt = performance.now();
        throw new LoginRefused(REFUSED);
      }
      challenges = answer;
    }
    return challenges.value;
  }

  async #challenged<T>(send: () => Promise<T>): Promise<Challenge[] | { value: T }> {
    try {
      return { value: await send() };
    } catch (error) {
      if (error instanceof LoginRequired) return challengesIn(error.challenge);
      throw error;
    }
  }

  #authorization(challenges: readonly Challenge[], target: LoginTarget): string {
    // A device locks its account after a few wrong logins, and the agent polls it all the time.
    if (this.#refusedAt !== undefined && performance.now() - this.#refusedAt < LIMITS.DEVICE_LOGIN_RETRY_MS)
      throw new LoginRefused(`${REFUSED}. It is not sent again for ${LIMITS.DEVICE_LOGIN_RETRY_MS / 60_000} minutes`);
    const digest = DIGESTS.flatMap(([algorithm]) => challenges.filter((each) => answers(each, algorithm)))[0];
    if (digest) return digestAuthorization(digest, this.login, target);
    if (!challenges.some(({ scheme }) => scheme === 'basic')) {
      const schemes = challenges.map(({ scheme }) => scheme).join(', ') || 'none';
      throw new LoginRequired(`the device asks for a login that the agent does not support: ${schemes.slice(0, 100)}`);
    }
    const { tls, host } = target.address;
    if (tls || isLoopback(host) || this.login.clearText) return basicAuthorization(this.login);
    throw new LoginRequired(
      'the device asks for the password in clear text: use ipps or https, or set "clearText": true in "login"',
    );
  }
}

const REFUSED = 'the device refuses the user or the password of "login" in the configuration of the agent';

/** RFC 7617 2, in UTF-8. */
export const basicAuthorization = ({ user, password }: Pick<DeviceLogin, 'user' | 'password'>): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

/** The supported algorithms (RFC 7616 3.3), best first. */
const DIGESTS = [
  ['sha-256', 'sha256'],
  ['md5', 'md5'],
] as const;
const SESSION = /-sess$/;

const algorithmOf = ({ parameters }: Challenge): string => (parameters.get('algorithm') ?? 'MD5').toLowerCase();
const qopsOf = ({ parameters }: Challenge): string[] | undefined =>
  parameters
    .get('qop')
    ?.split(',')
    .map((each) => each.trim().toLowerCase());

const answers = (challenge: Challenge, algorithm: string): boolean =>
  challenge.scheme === 'digest' &&
  algorithmOf(challenge).replace(SESSION, '') === algorithm &&
  challenge.parameters.has('nonce') &&
  qopsOf(challenge)?.includes('auth') !== false;

/** RFC 7616 3.4; without `qop`, as devices older than RFC 2617 expect it. */
export function digestAuthorization(
  challenge: Challenge,
  { user, password }: Pick<DeviceLogin, 'user' | 'password'>,
  { address: { path }, method }: { address: Pick<HttpAddress, 'path'>; method: string },
  cnonce = randomBytes(24).toString('base64'),
): string {
  const { parameters } = challenge;
  const algorithm = algorithmOf(challenge);
  const [, name] = DIGESTS.find(([each]) => each === algorithm.replace(SESSION, ''))!;
  const hash = (...parts: string[]): string => createHash(name).update(parts.join(':')).digest('hex');
  // Node decodes headers as Latin-1, while devices send UTF-8.
  const realm = Buffer.from(parameters.get('realm') ?? '', 'latin1').toString('utf8');
  const nonce = parameters.get('nonce')!;
  const secret = hash(user, realm, password);
  const key = SESSION.test(algorithm) ? hash(secret, nonce, cnonce) : secret;
  const request = hash(method, path);
  const qop = qopsOf(challenge) && 'auth';
  const count = '00000001';
  const response = qop ? hash(key, nonce, count, cnonce, qop, request) : hash(key, nonce, request);
  const fields = [
    parameters.get('userhash') === 'true' ? `username="${hash(user, realm)}", userhash=true` : usernameField(user),
    quoted('realm', parameters.get('realm') ?? ''),
    quoted('uri', path),
    ...(parameters.has('algorithm') ? [`algorithm=${parameters.get('algorithm')}`] : []),
    quoted('nonce', nonce),
    ...(qop || SESSION.test(algorithm) ? [`nc=${count}`, quoted('cnonce', cnonce)] : []),
    ...(qop ? [`qop=${qop}`] : []),
    quoted('response', response),
    ...(parameters.has('opaque') ? [quoted('opaque', parameters.get('opaque')!)] : []),
  ];
  return `Digest ${fields.join(', ')}`;
}

const quoted = (name: string, value: string): string => `${name}="${value.replace(/["\\]/g, '\\$&')}"`;

/** RFC 7616 3.4.4: users outside ASCII are encoded as RFC 5987 says. */
const usernameField = (user: string): string =>
  /^[ -~]+$/.test(user)
    ? quoted('username', user)
    : `username*=UTF-8''${encodeURIComponent(user).replace(/['()*]/g, (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`)}`;
