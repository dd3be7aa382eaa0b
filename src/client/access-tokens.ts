import { accessTokenAnswer, oauthError, type ClientScope } from '../protocol/external-clients';
import { parseJson } from '../protocol/parse-json';
import { jittered } from '../protocol/waits';
import { ServerUnusable, TokenRefused } from './client.errors';
import { repeatedFetch, type Fetch, type Patience } from './repeated-fetch';

export interface Credentials {
  readonly clientId: string;
  readonly secret: string;
  /** Without it, every scope that the client has. */
  readonly scopes?: readonly ClientScope[];
}

/** Part of a token's life after which it is replaced, so that clients started together do not come back together. */
const RENEWAL = { least: 0.7, most: 0.9 };
/** Wait after a renewal that failed while the present token still works, in milliseconds. */
const RENEWAL_RETRY_MS = 5_000;

interface HeldToken {
  readonly token: string;
  /** Milliseconds of `performance.now()`. */
  readonly expiresAt: number;
  renewAt: number;
}

/** Access tokens of an external client (OAuth 2.0 client credentials, RFC 6749 4.4), requested one at a time. */
export class AccessTokens {
  readonly #url: URL;
  readonly #credentials: Credentials;
  readonly #fetch: Fetch;
  readonly #patience: Patience;
  #held: HeldToken | undefined;
  #renewal: Promise<HeldToken> | undefined;

  constructor(server: string, credentials: Credentials, fetch: Fetch, patience: Patience) {
    this.#url = new URL('/oauth/token', server);
    this.#credentials = credentials;
    this.#fetch = fetch;
    this.#patience = patience;
  }

  /**
   * A token that works, as far as is known here. It is replaced before it expires, while it still serves.
   * @throws TokenRefused, ServerUnusable
   */
  async get(): Promise<string> {
    const held = this.#held;
    const now = performance.now();
    if (held && now < held.renewAt) return held.token;
    const renewal = this.#renew();
    if (!held || now >= held.expiresAt) return (await renewal).token;
    renewal.catch(() => {
      const again = performance.now() + jittered(RENEWAL_RETRY_MS, { least: 1, most: 2 });
      held.renewAt = Math.min(again, held.expiresAt);
    });
    return held.token;
  }

  /** Call it when the server has refused the token: the next `get` requests another one. */
  drop(token: string): void {
    if (this.#held?.token === token) this.#held = undefined;
  }

  #renew(): Promise<HeldToken> {
    this.#renewal ??= this.#request()
      .then((held) => (this.#held = held))
      .finally(() => (this.#renewal = undefined));
    return this.#renewal;
  }

  async #request(): Promise<HeldToken> {
    const { clientId, secret, scopes } = this.#credentials;
    // both parts are encoded as in a form, before base64 (RFC 6749 2.3.1)
    const basic = Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(secret)}`).toString('base64');
    const request = new Request(this.#url, {
      method: 'POST',
      headers: { Authorization: `Basic ${basic}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', ...(scopes && { scope: scopes.join(' ') }) }),
    });
    const requestedAt = performance.now();
    const answer = await repeatedFetch(this.#fetch, request, this.#patience, true);
    const body = parseJson(await answer.text());
    const refusal = oauthError.safeParse(body);
    if (refusal.success) throw new TokenRefused(refusal.data.error, refusal.data.error_description);
    const { data } = accessTokenAnswer.safeParse(body);
    if (!data) throw new ServerUnusable(`status ${answer.status} of ${this.#url.pathname} without a token`);
    const lifeMs = data.expires_in * 1000;
    return {
      token: data.access_token,
      expiresAt: requestedAt + lifeMs,
      renewAt: requestedAt + jittered(lifeMs, RENEWAL),
    };
  }
}
