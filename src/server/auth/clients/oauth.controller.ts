import { Controller, Get, Inject, Post, Req, Res, UseFilters } from '@nestjs/common';
import { Throttle } from '@nestjs/throttler';
import type { Request, Response } from 'express';
import type { z } from 'zod';
import {
  accessTokenAnswer,
  clientScope,
  oauthError,
  oauthMetadata,
  type AccessTokenAnswer,
} from '../../../protocol/external-clients';
import { LIMITS } from '../../../protocol/limits';
import { CONFIG, type Config } from '../../config/config';
import { Documented, DOCUMENTED_SCHEMES } from '../../http/api-docs';
import { Answers } from '../../http/answers';
import { Public } from '../access/access.guard';
import { AccessTokensService, type ClientCredentials } from './access-tokens.service';
import { InvalidClient, InvalidTokenRequest, OauthErrorFilter, UnsupportedGrantType } from './oauth.errors';

const FORM = 'application/x-www-form-urlencoded';

/** The authorization server's part of OAuth 2.0 (RFC 6749): client credentials (4.4), and its metadata (RFC 8414). */
@Controller()
@Public()
export class OauthController {
  constructor(
    private readonly tokens: AccessTokensService,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Issues an access token to an external client. */
  @Post('oauth/token')
  @Throttle({ default: { limit: LIMITS.CLIENT_TOKENS_PER_MINUTE, ttl: 60_000 } })
  @UseFilters(OauthErrorFilter)
  @Documented(({ ApiConsumes }) => ApiConsumes(FORM))
  @Documented(({ ApiBody }) => ApiBody({ schema: TOKEN_REQUEST }))
  @Documented(({ ApiSecurity }) => ApiSecurity(DOCUMENTED_SCHEMES.clientSecret))
  @Documented(({ ApiSecurity }) => ApiSecurity({}))
  @Documented(({ ApiResponse }) =>
    ApiResponse({ status: 400, standardSchema: oauthError, description: 'RFC 6749 5.2' }),
  )
  @Documented(({ ApiResponse }) =>
    ApiResponse({ status: 401, standardSchema: oauthError, description: 'RFC 6749 5.2' }),
  )
  @Documented(({ ApiResponse }) =>
    ApiResponse({ status: 429, standardSchema: oauthError, description: 'Too many requests; see Retry-After' }),
  )
  @Answers(accessTokenAnswer)
  async token(@Req() request: Request, @Res({ passthrough: true }) response: Response): Promise<AccessTokenAnswer> {
    const form = formOf(request);
    const credentials = credentialsOf(request.get('authorization'), form);
    if (!form.has('grant_type')) throw new InvalidTokenRequest('The parameter grant_type is missing.');
    if (form.get('grant_type') !== 'client_credentials') throw new UnsupportedGrantType();
    response.setHeader('Pragma', 'no-cache');
    return this.tokens.issue(credentials, form.get('scope'), request.ip ?? '');
  }

  @Get('.well-known/oauth-authorization-server')
  @Answers(oauthMetadata)
  metadata(@Req() request: Request): z.infer<typeof oauthMetadata> {
    const issuer = this.config.http.publicUrl ?? `${request.protocol}://${request.get('host')}`;
    return {
      issuer,
      token_endpoint: `${issuer}/oauth/token`,
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
      grant_types_supported: ['client_credentials'],
      response_types_supported: [],
      scopes_supported: clientScope.options,
      service_documentation: `${issuer}/api/docs`,
    };
  }
}

const TOKEN_REQUEST = {
  type: 'object',
  required: ['grant_type'],
  properties: {
    grant_type: { type: 'string', enum: ['client_credentials'] },
    scope: { type: 'string', description: 'Names separated by spaces; without it every scope of the client.' },
    client_id: { type: 'string', description: 'Unless in the header Authorization.' },
    client_secret: { type: 'string', description: 'Unless in the header Authorization.' },
  },
};

/** The parameters of the body, which was read as text. None may be repeated (RFC 6749 3.2). */
function formOf(request: Request): Map<string, string> {
  if (!request.is(FORM) || typeof request.body !== 'string')
    throw new InvalidTokenRequest(`The body must have the type ${FORM}.`);
  const form = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(request.body)) {
    if (form.has(name)) throw new InvalidTokenRequest('A parameter is repeated.');
    // a parameter without a value counts as absent
    if (value !== '') form.set(name, value);
  }
  return form;
}

/** RFC 6749 2.3.1: in the header, or in the body, but not in both. */
function credentialsOf(authorization: string | undefined, form: Map<string, string>): ClientCredentials {
  const [id, secret] = [form.get('client_id'), form.get('client_secret')];
  if (authorization === undefined) {
    if (id === undefined || secret === undefined) throw new InvalidClient('The client did not authenticate.');
    return { id, secret };
  }
  if (secret !== undefined) throw new InvalidTokenRequest('The client authenticated in more than one way.');
  const [scheme = '', encoded = ''] = authorization.split(' ');
  if (scheme.toLowerCase() !== 'basic') throw new InvalidClient('The client must authenticate with Basic.');
  const [user, ...password] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
  const basic = { id: formDecoded(user ?? ''), secret: formDecoded(password.join(':')) };
  if (id !== undefined && id !== basic.id) throw new InvalidTokenRequest('client_id names another client.');
  return basic;
}

/** Both parts of the header are encoded as in a form, before base64 (RFC 6749 2.3.1). */
function formDecoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new InvalidClient('The header Authorization is malformed.');
  }
}
