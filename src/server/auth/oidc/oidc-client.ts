import { Inject, Injectable } from '@nestjs/common';
import type { Configuration } from 'openid-client';
import { LIMITS } from '../../../protocol/limits';
import { CONFIG, type Config } from '../../config/config';
import { readOidcFiles, type OidcSettings } from '../../config/oidc-settings';
import { OidcNotConfigured } from '../auth.errors';

/** 60 modules, needed only with a provider. */
const library = () => import('openid-client');

/** What a login at the provider is checked against when the browser returns, once. */
export interface OidcRequest {
  readonly state: string;
  readonly nonce: string;
  /** PKCE (RFC 7636). */
  readonly verifier: string;
}

export type Claims = Readonly<Record<string, unknown>>;

/** Server metadata and keys of the provider, or where they come from, do not change often. */
interface Discovered {
  readonly configuration: Configuration;
  /** `performance.now()` */
  readonly at: number;
  readonly secret: string;
}

/** The client of the OpenID Connect provider: authorization code flow with PKCE, state and nonce. */
@Injectable()
export class OidcClient {
  private discovered: Discovered | undefined;
  private discovering: Promise<Configuration> | undefined;

  constructor(@Inject(CONFIG) private readonly config: Config) {}

  get settings(): OidcSettings {
    const { oidc } = this.config.login;
    if (!oidc) throw new OidcNotConfigured();
    return oidc;
  }

  /** @returns where to send the browser, and what to keep until it returns */
  async begin(): Promise<{ url: URL; request: OidcRequest }> {
    const { scopes } = this.settings;
    const oidc = await library();
    const configuration = await this.configuration();
    const request = { state: oidc.randomState(), nonce: oidc.randomNonce(), verifier: oidc.randomPKCECodeVerifier() };
    const url = oidc.buildAuthorizationUrl(configuration, {
      redirect_uri: this.ownUrl('/api/auth/oidc/callback'),
      scope: scopes,
      state: request.state,
      nonce: request.nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(request.verifier),
      code_challenge_method: 'S256',
    });
    return { url, request };
  }

  /**
   * Exchanges the code for the claims about the user: those of the ID token, and what `userinfo` adds.
   * @param callback path and query with which the browser has returned
   * @throws the library's errors, whose `name` and `code` say what did not fit
   */
  async claims(callback: string, { state, nonce, verifier }: OidcRequest): Promise<Claims & { sub: string }> {
    const oidc = await library();
    const configuration = await this.configuration();
    const tokens = await oidc.authorizationCodeGrant(configuration, new URL(this.ownUrl(callback)), {
      expectedState: state,
      expectedNonce: nonce,
      pkceCodeVerifier: verifier,
      idTokenExpected: true,
    });
    const claims = tokens.claims()!;
    if (configuration.serverMetadata().userinfo_endpoint === undefined) return claims;
    return { ...(await oidc.fetchUserInfo(configuration, tokens.access_token, claims.sub)), ...claims };
  }

  /** Where the browser logs out at the provider; undefined: it has no such place. */
  async logoutUrl(): Promise<URL | undefined> {
    const oidc = await library();
    const configuration = await this.configuration();
    if (configuration.serverMetadata().end_session_endpoint === undefined) return undefined;
    const { clientId } = this.settings;
    return oidc.buildEndSessionUrl(configuration, { client_id: clientId, post_logout_redirect_uri: this.ownUrl('/') });
  }

  private ownUrl(path: string): string {
    return new URL(path, this.config.http.publicUrl).href;
  }

  /** From the cache, or by discovery, once for all who wait for it. */
  private async configuration(): Promise<Configuration> {
    const { secret } = readOidcFiles(this.settings);
    const known = this.discovered;
    if (known && known.secret === secret && performance.now() - known.at < LIMITS.OIDC_DISCOVERY_MS)
      return known.configuration;
    this.discovering ??= discover(this.settings, secret)
      .then((configuration) => {
        this.discovered = { configuration, at: performance.now(), secret };
        return configuration;
      })
      .finally(() => (this.discovering = undefined));
    return this.discovering;
  }
}

/** The issuer in the answer must be the configured one (OpenID Connect Discovery 4.3). */
export async function discover({ issuer, clientId }: OidcSettings, secret: string): Promise<Configuration> {
  const oidc = await library();
  const url = new URL(issuer);
  const metadata = { client_secret: secret, [oidc.clockTolerance]: LIMITS.OIDC_CLOCK_SECONDS };
  return oidc.discovery(url, clientId, metadata, undefined, {
    [oidc.customFetch]: boundedFetch,
    timeout: LIMITS.OIDC_TIMEOUT_MS / 1000,
    // the setting permits http: on loopback only
    execute: url.protocol === 'http:' ? [oidc.allowInsecureRequests] : [],
  });
}

/** Reads no more than `OIDC_ANSWER_BYTES` of an answer, and follows no redirection. */
async function boundedFetch(url: string, init: RequestInit): Promise<Response> {
  const answer = await fetch(url, { ...init, redirect: 'manual' });
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (answer.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > LIMITS.OIDC_ANSWER_BYTES) throw new Error(`the answer of ${new URL(url).host} is too long`);
    chunks.push(chunk);
  }
  const body = [204, 304].includes(answer.status) ? null : Buffer.concat(chunks);
  return new Response(body, { status: answer.status, headers: answer.headers });
}
